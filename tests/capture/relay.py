# SPDX-License-Identifier: GPL-2.0-only
"""A man in the middle who only listens: records what two programs on this machine say to each other."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from types import TracebackType


class Relay:
    """Forwards datagrams or octets between whoever connects to `port` and `target`.

    `logs` has what was said, with the sender, a list for each connection; all datagrams are one.
    """

    def __init__(self, target: int, *, tcp: bool = False) -> None:
        self.logs: list[list[tuple[str, bytes]]] = [] if tcp else [[]]
        self._tcp, self._target = tcp, ("127.0.0.1", target)
        self._front = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
        )
        self._front.bind(("127.0.0.1", 0))
        self.port: int = self._front.getsockname()[1]
        self._stop = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._client: tuple[str, int] | None = None
        self._back: dict[socket.socket, socket.socket] = {}
        self._names: dict[socket.socket, tuple[str, int]] = {}
        if tcp:
            self._front.listen()
        self._selector.register(self._front, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        for one in [self._front, *self._back]:
            one.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._selector.select(0.02):
                try:
                    (self._stream if self._tcp else self._datagram)(key.fileobj)
                except OSError:
                    self._drop(key.fileobj)

    def _datagram(self, ready: socket.socket) -> None:
        data, source = ready.recvfrom(65536)
        if ready is self._front:
            self._client = source
            if not self._back:
                self._back[self._dial(socket.SOCK_DGRAM)] = self._front
            self.logs[0].append(("client", data))
            next(iter(self._back)).send(data)
        elif self._client is not None:
            self.logs[0].append(("server", data))
            self._front.sendto(data, self._client)

    def _stream(self, ready: socket.socket) -> None:
        if ready is self._front:
            near, _ = self._front.accept()
            far = self._dial(socket.SOCK_STREAM)
            self._back |= {near: far, far: near}
            self._names |= {near: ("client", len(self.logs)), far: ("server", len(self.logs))}
            self.logs.append([])
            self._selector.register(near, selectors.EVENT_READ)
            return
        data = ready.recv(65536)
        if not data:
            self._drop(ready)
            return
        name, connection = self._names[ready]
        self.logs[connection].append((name, data))
        self._back[ready].sendall(data)

    def _dial(self, kind: int) -> socket.socket:
        back = socket.socket(socket.AF_INET, kind)
        back.connect(self._target)
        self._selector.register(back, selectors.EVENT_READ)
        return back

    def _drop(self, gone: socket.socket) -> None:
        """One side closed, or nobody listens there: the other side is told."""
        if gone is self._front or gone not in self._back:
            return
        self._selector.unregister(gone)
        other = self._back[gone]
        if self._tcp and other is not self._front:
            try:
                other.shutdown(socket.SHUT_WR)
            except OSError:
                return


def free_port(*, tcp: bool = False) -> int:
    """A port that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: object, seconds: float = 20.0) -> None:
    """Until `what()` is true; a failure that says so rather than a hang."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"{what} did not come true in {seconds} s"
        time.sleep(0.005)
