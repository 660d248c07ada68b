import sys

for stream in [sys.stdout, sys.stderr]:
    print(stream, stream.buffer, stream.line_buffering, stream.write_through, stream.errors)
    print(stream.encoding, stream.isatty(), stream.seekable(), stream.newlines)
print(sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__)
