held = []
for i in range(1024):
    held.append(bytearray(b"x") * (4 << 20))
print("THROUGH: 4 GiB of memory")
