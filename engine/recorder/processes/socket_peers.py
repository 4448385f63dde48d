"""Which socket of the machine is the other end of another, as the system's own sockets for such questions tell
(sock_diag(7), Linux).
"""

import contextlib
import socket
import struct

_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20  # the protocol; its one kind of message
_REQUEST, _SHOW_PEER = 1, 4
_PEER = 2  # kind of an attribute
_ANY = (1 << 32) - 1
_HEADER = struct.Struct("=IHHII")  # length, kind, flags, sequence, sender
_QUESTION = struct.Struct("=BBHIIIII")  # family, protocol, padding, states, inode, what to show, cookie (two words)
_ANSWER_SIZE = 16  # before its attributes
_ATTRIBUTE = struct.Struct("=HH")  # length, kind


def peer_of(inode: int) -> int:
    """The inode of the Unix socket at the other end of this one; 0: it has none, is no such socket, or nobody tells."""
    question = _QUESTION.pack(socket.AF_UNIX, 0, 0, _ANY, inode, _SHOW_PEER, _ANY, _ANY)
    header = _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _REQUEST, 1, 0)
    with (
        contextlib.suppress(OSError, AttributeError),  # where there are no such sockets
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _SOCK_DIAG) as asking,
    ):
        asking.send(header + question)
        return _peer_in(asking.recv(4096))
    return 0


def _peer_in(message: bytes) -> int:
    length, kind, *_ = _HEADER.unpack_from(message)
    place = _HEADER.size + _ANSWER_SIZE
    while kind == _SOCK_DIAG_BY_FAMILY and place + _ATTRIBUTE.size <= length:
        size, attribute = _ATTRIBUTE.unpack_from(message, place)
        if attribute == _PEER:
            return int.from_bytes(message[place + _ATTRIBUTE.size : place + size], "little")
        place += max(size + 3 & ~3, _ATTRIBUTE.size)
    return 0
