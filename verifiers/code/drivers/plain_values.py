# Python values as tagged JSON, and frames of it on a descriptor. Placed in front of every Python
# driver; any Python >= 3.8, standard library only.
#
# Only plain data crosses: what an object says of itself (__eq__, __hash__, __class__) stays behind.
# The tags are listed in verifiers/code/proxy_value.h, whose validator has the last word on each frame.
import json
import os

MAX_DEPTH = 64
MAX_NODES = 1000000
MAX_FRAME = 4 << 20
EXACT_INT = 1 << 53
PLAIN_TYPES = (bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, object, type, type(None))
TYPE_BY_NAME = {t.__name__: t for t in PLAIN_TYPES}


class NotPlain(Exception):
    """A value that is no plain data; the message names its type."""


class TooLarge(NotPlain):
    """A value beyond a limit of what may cross; the message names the limit."""


class _Encoder:
    def __init__(self):
        self.nodes = 0

    def many(self, items, depth):
        # Lazily: an endless iterable meets the node limit, not the memory limit.
        return [self.one(item, depth + 1) for item in items]

    def one(self, v, depth=0):
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLarge("more than %d values in one" % MAX_NODES)
        if depth > MAX_DEPTH:
            raise TooLarge("nested deeper than %d" % MAX_DEPTH)
        if v is None or v is True or v is False:
            return v
        t = type(v)
        if t is int or isinstance(v, int):
            v = int.__index__(v)
            return v if -EXACT_INT <= v <= EXACT_INT else {"i": format(v, "x")}
        if t is str or isinstance(v, str):
            v = str.__str__(v)
            try:
                v.encode("utf-8")
                return v
            except UnicodeEncodeError:
                return {"u": [ord(c) for c in v]}
        if t is float or isinstance(v, float):
            return {"f": float.hex(v)}
        if t is list or isinstance(v, list):
            return self.many(list.__iter__(v), depth)
        if t is tuple or isinstance(v, tuple):
            return {"t": self.many(tuple.__iter__(v), depth)}
        if t is dict or isinstance(v, dict):
            return {"d": [self.many(pair, depth + 1) for pair in dict.items(v)]}
        if t is set or isinstance(v, set):
            return {"s": self.many(set.__iter__(v), depth)}
        if t is frozenset or isinstance(v, frozenset):
            return {"z": self.many(frozenset.__iter__(v), depth)}
        if t is bytes or isinstance(v, bytes):
            return {"b": bytes.hex(v)}
        if t is bytearray or isinstance(v, bytearray):
            return {"a": bytearray.hex(v)}
        if t is complex or isinstance(v, complex):
            return {"c": [float.hex(v.real), float.hex(v.imag)]}
        if t is range:
            return {"r": [self.one(x, depth + 1) for x in (v.start, v.stop, v.step)]}
        if t is type and any(v is p for p in PLAIN_TYPES):
            return {"y": v.__name__}
        raise NotPlain("a value of type %s" % t.__name__)


def encode(value):
    """The tagged form of a value, ready for json.dumps. Raises NotPlain."""
    return _Encoder().one(value)


def decode(x):
    """The value of a tagged form that the validator has passed."""
    if isinstance(x, list):
        return [decode(item) for item in x]
    if not isinstance(x, dict):
        return x
    ((tag, body),) = x.items()
    return _DECODERS[tag](body)


def _decode_many(kind):
    return lambda body: kind(decode(item) for item in body)


_DECODERS = {
    "i": lambda body: int(body, 16),
    "u": lambda body: "".join(map(chr, body)),
    "f": float.fromhex,
    "t": _decode_many(tuple),
    "d": lambda body: {decode(k): decode(v) for k, v in body},
    "s": _decode_many(set),
    "z": _decode_many(frozenset),
    "b": bytes.fromhex,
    "a": bytearray.fromhex,
    "c": lambda body: complex(*map(float.fromhex, body)),
    "r": lambda body: range(*map(decode, body)),
    "y": TYPE_BY_NAME.__getitem__,
}


def framed(message, _dumps=json.dumps):
    """One frame: its length as four bytes, little-endian, then JSON. Raises TooLarge."""
    body = _dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_FRAME:
        raise TooLarge("a value of %d bytes" % len(body))
    return len(body).to_bytes(4, "little") + body


def send_frame(fd, frame, _write=os.write):
    data = memoryview(frame)
    while data:
        data = data[_write(fd, data):]


def send(fd, message, _framed=framed, _send_frame=send_frame):
    _send_frame(fd, _framed(message))


def _read_exactly(fd, size, _read=os.read):
    parts = []
    while size:
        part = _read(fd, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive(fd, _loads=json.loads):
    """The next frame's message, or None at the end of the conversation."""
    head = _read_exactly(fd, 4)
    body = head and _read_exactly(fd, int.from_bytes(head, "little"))
    return body and _loads(body.decode("ascii"))
