"""Just enough CBOR (RFC 8949) and Sparkplug B (protobuf) to write what devices write."""

import struct


def cbor(value) -> bytes:
    def head(major: int, number: int) -> bytes:
        if number < 24:
            return bytes([major << 5 | number])
        for extra, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if number < 1 << 8 * width:
                return bytes([major << 5 | extra]) + number.to_bytes(width, "big")
        raise ValueError(number)

    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            return head(4, len(value)) + b"".join(cbor(each) for each in value)
        case dict():
            return head(5, len(value)) + b"".join(cbor(name) + cbor(each) for name, each in value.items())
    raise TypeError(type(value))


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number: int, value) -> bytes:
    """A field of protobuf: integers as varints, floats as doubles, bytes and text with their length."""
    match value:
        case int():
            return varint(number << 3) + varint(value)
        case float():
            return varint(number << 3 | 1) + struct.pack("<d", value)
        case str():
            return field(number, value.encode())
        case bytes():
            return varint(number << 3 | 2) + varint(len(value)) + value
    raise TypeError(type(value))


# Data types of sparkplug_b.proto: UInt64 8, Double 10.
def metric(value, *, name: str | None = None, alias: int | None = None, at: int | None = None) -> bytes:
    out = b""
    if name is not None:
        out += field(1, name)
    if alias is not None:
        out += field(2, alias)
    if at is not None:
        out += field(3, at)
    if name is not None:
        out += field(4, 10 if isinstance(value, float) else 8)
    return out + (field(13, value) if isinstance(value, float) else field(11, value))


def sparkplug(sequence: int, at: int, *metrics: bytes) -> bytes:
    """A payload with its time in milliseconds."""
    return field(1, at) + b"".join(field(2, each) for each in metrics) + field(3, sequence)
