# 8 GiB out of some kilobytes: zeros compressed twice.
import zlib

inner = zlib.compressobj(9)
block = bytes(1 << 20)
small = b"".join(inner.compress(block) for _ in range(64)) + inner.flush()
outer = [zlib.decompress(small) for _ in range(128)]
print("THROUGH: %d bytes" % sum(map(len, outer)))
