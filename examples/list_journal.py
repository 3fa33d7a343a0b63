"""Lists what is in a journal of realtimed: one line per record. The argument is a state directory or a segment.

Needs nothing but Python; with python3-msgpack it also shows the descriptions of the segments. The format: docs/journal.md.
"""
import pathlib
import struct
import sys
from collections import Counter
from datetime import datetime, timezone

KINDS = {1: "admitted", 2: "tick", 3: "imputed", 4: "reset", 5: "put", 6: "forgotten", 7: "evicted", 8: "owed",
         9: "setup", 10: "prediction"}
IS_ID, HAS_RUN, HAS_SEQ, HAS_TIME = 1, 2, 4, 8


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def changes(payload, count):
    place = 24
    for _ in range(count):
        kind, bits, model, row, length, flags = struct.unpack_from("<BBHiII", payload, place)
        place += 16 + 8 * sum(1 for bit in (HAS_SEQ, HAS_TIME, HAS_RUN) if bits & bit)
        place += length * 8 if kind in (2, 10) else (length + 7) // 8 * 8
        yield KINDS[kind]


def list_segment(path):
    data = path.read_bytes()
    magic, version, length, first, *_ = struct.unpack_from("<8sIIQqQQqQ", data)
    if magic != b"RTJRNL1\n" or version != 1:
        sys.exit(f"{path}: no journal of version 1")
    try:
        import msgpack
        print(f"{path.name}: from {first}, {msgpack.unpackb(data[64:64 + length])}")
    except Exception:  # no msgpack, or no map
        print(f"{path.name}: from {first}")
    place = 64 + (length + 7) // 8 * 8 + 8
    while place + 24 <= len(data):
        size, crc, number, durable = struct.unpack_from("<IIQQ", data, place)
        if size == 0:  # a footer, or nothing more
            break
        payload = data[place + 24:place + 24 + size]
        if crc32c(data[place:place + 4] + data[place + 8:place + 24] + payload) != crc:
            sys.exit(f"{path} at byte {place}: not a whole record")
        frame, now, _, count = struct.unpack_from("<qqII", payload)
        time = datetime.fromtimestamp(now / 1e9, timezone.utc).isoformat(timespec="milliseconds")
        print(number, frame, time, *(f"{kind}:{n}" for kind, n in Counter(changes(payload, count)).items()))
        place += 24 + size


target = pathlib.Path(sys.argv[1])
for segment in sorted(target.glob("journal-*.rtj")) if target.is_dir() else [target]:
    list_segment(segment)
