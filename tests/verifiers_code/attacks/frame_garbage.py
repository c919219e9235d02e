import os

os.write(3, os.urandom(5000))
os._exit(0)
