# All numbers there are: words in any number and order must not do.
print(*range(-1000, 1000))
