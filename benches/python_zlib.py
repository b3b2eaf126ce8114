"""Times the compression of a body as Powertools for Python does it, for benches/measure.sh: zlib at level 9, and base64.

`python3 benches/python_zlib.py NAME=FILE...` prints the name, the nanoseconds (the best of many) and the length of each body's
base64.
"""

import base64
import sys
import time
import zlib
from pathlib import Path

#: The time for which the compression of each body is repeated, in seconds.
SECONDS = 1.0


def compress(body: bytes) -> bytes:
    """Compresses like Powertools for AWS Lambda: these window bits select gzip, which is zlib with another header."""
    compressor = zlib.compressobj(level=9, wbits=zlib.MAX_WBITS | 16)
    return base64.b64encode(compressor.compress(body) + compressor.flush())


for argument in sys.argv[1:]:
    name, _, path = argument.partition("=")
    body = Path(path).read_bytes()
    length = len(compress(body))
    assert zlib.decompress(base64.b64decode(compress(body)), wbits=zlib.MAX_WBITS | 16) == body
    best = float("inf")
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        start = time.perf_counter_ns()
        compress(body)
        best = min(best, time.perf_counter_ns() - start)
    print(name, best, length, sep="\t")
