# Saved jobs changed behind their checksum: what a reader meets when somebody means harm.
from __future__ import annotations

import struct

HEADER = 32
CHECKSUM_AT = 24
MASK = 2**64 - 1
BLOBS_AT = 5  # behind the byte order and the version of the image
STRINGS, VALUES = 1, 3


def checksum(data: bytes) -> int:
    """The checksum of an envelope whose own digits are zeros: four lanes of 64-bit words."""
    padded = data + bytes(-len(data) % 8)
    words = struct.unpack(f"<{len(padded) // 8}Q", padded)
    lanes = [1, 2, 3, 4]
    for i, word in enumerate(words):
        lanes[i % 4] = mix(lanes[i % 4], word)
    total = len(data)
    for lane in lanes:
        total = mix(total, lane)
    return total


def mix(total: int, word: int) -> int:
    total = (total ^ word) * 0x9E3779B97F4A7C15 & MASK
    return total ^ total >> 32


def split(saved: bytes) -> tuple[bytes, list[bytes]]:
    """What stands before the blobs, and the four blobs of the image."""
    identity_size = int.from_bytes(saved[12:16], "little")
    at = HEADER + identity_size + BLOBS_AT
    before, blobs = saved[:at], []
    while at < len(saved):
        size = int.from_bytes(saved[at : at + 8], "little")
        blobs.append(saved[at + 8 : at + 8 + size])
        at += 8 + size
    return before, blobs


def sealed(before: bytes, blobs: list[bytes]) -> bytes:
    """A file of these blobs, with lengths and a checksum that fit."""
    body = b"".join(len(blob).to_bytes(8, "little") + blob for blob in blobs)
    made = bytearray(before + body)
    identity_size = int.from_bytes(made[12:16], "little")
    made[16:24] = (len(made) - HEADER - identity_size).to_bytes(8, "little")
    made[CHECKSUM_AT:HEADER] = bytes(8)
    made[CHECKSUM_AT:HEADER] = checksum(bytes(made)).to_bytes(8, "little")
    return bytes(made)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def with_blob(saved: bytes, which: int, blob: bytes) -> bytes:
    before, blobs = split(saved)
    blobs[which] = blob
    return sealed(before, blobs)


def with_only_value(saved: bytes, value: bytes) -> bytes:
    """The file of one payload of one field, with other bytes for the field's value."""
    _, blobs = split(saved)
    assert blobs[VALUES][0] == 1, "there is more than one payload"
    size_end = 1
    while blobs[VALUES][size_end] > 127:
        size_end += 1
    names = blobs[VALUES][size_end + 1 : size_end + 2]  # their number in the table of strings
    entry = names + value
    return with_blob(saved, VALUES, varint(1) + varint(len(entry)) + entry)


def with_name(saved: bytes, name: str, other: str) -> bytes:
    """The same file, with another text of the same length in its table of strings."""
    _, blobs = split(saved)
    assert len(name) == len(other)
    assert name.encode() in blobs[STRINGS]
    return with_blob(saved, STRINGS, blobs[STRINGS].replace(name.encode(), other.encode()))
