import bz2, gzip, lzma, zlib

data = b'much the same ' * 1000
print([len(m.decompress(m.compress(data))) for m in (bz2, gzip, lzma, zlib)])
