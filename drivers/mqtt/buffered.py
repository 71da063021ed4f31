"""A socket with memory in front of it, for a client that reads and writes piece by piece.

paho reads each packet in three calls and writes each by a call of its own. Were those system calls, they would cost
more than paho itself does. Here it is one system call for all that has arrived and one for all there is to say, and
what has not been taken from the kernel waits at the broker. Whoever knows how to read many packets at a time finds them
in one piece.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

CHUNK = 16 * 1024  # bytes taken at a time: no less than a TLS record, or part of one would wait unseen
MOST = 64 * 1024  # bytes that may wait to be sent before `send` takes no more

_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """Stands for a non-blocking socket, plain or TLS. `fill` and `flush` move bytes, all else only memory."""

    def __init__(self, inner: socket.socket) -> None:
        self.error = ""
        self._inner = inner
        self._incoming = b""
        self._at = 0
        self._outgoing = bytearray()
        self._ended = self._closed = False

    # for the one who waits for the socket

    def fill(self) -> None:
        """Take what has arrived, or the news that nothing more will."""
        try:
            data = self._inner.recv(CHUNK)
        except _LATER:
            return
        except OSError as error:
            self._end(error)
            return
        if data:
            self._incoming = self._incoming[self._at :] + data
            self._at = 0
        else:
            self._ended = True

    @property
    def unread(self) -> bool:
        """Whether `recv` has something to give, be it the end."""
        return (self._at < len(self._incoming) or self._ended) and not self._closed

    def flush(self) -> bool:
        """Send what there is to send. False while the other side does not take it all."""
        while self._outgoing:
            try:
                sent = self._inner.send(self._outgoing)
            except _LATER:
                return False
            except OSError as error:
                self._end(error)
            else:
                del self._outgoing[:sent]
        return True

    def abort(self) -> None:
        """Have whoever reads or writes next find a broken connection."""
        self._end(ConnectionAbortedError("given up"))

    def scan(self, reader: Callable[[bytes, int], int]) -> None:
        """Have `reader` take what it can: given all that has arrived and where to begin, it says where it ended."""
        self._at = reader(self._incoming, self._at)

    def holds(self, unfinished: Callable[[bytes, int], bool]) -> bool:
        """Whether what is unread is something `unfinished`, and more may come."""
        return not self._ended and unfinished(self._incoming, self._at)

    def put(self, data: bytes) -> bool:
        """Take `data`, whatever waits already. False after the end."""
        if self._ended:
            return False
        self._outgoing += data
        return True

    # for paho

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes, or b"" at the end. Raises BlockingIOError while there are none."""
        data = self._incoming[self._at : self._at + size]
        if data:
            self._at += len(data)
        elif not self._ended:
            raise BlockingIOError
        return data

    def send(self, data: bytes | bytearray) -> int:
        """Take `data`. Raises BlockingIOError where too much waits already, ConnectionAbortedError after the end."""
        if self._ended:
            raise ConnectionAbortedError
        if len(self._outgoing) >= MOST:
            raise BlockingIOError
        self._outgoing += data
        return len(data)

    def fileno(self) -> int:
        return self._inner.fileno()

    def close(self) -> None:
        """Send what can be sent at once, and close."""
        if not self._closed:
            self.flush()
            self._closed = True
            self._inner.close()

    def _end(self, error: OSError) -> None:
        self._ended = True
        self.error = self.error or str(error)
        self._outgoing.clear()
