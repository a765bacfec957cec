# SPDX-License-Identifier: GPL-2.0-only
"""The event loop of a process: sockets, one timer, three signals. Everything it calls is sans-IO and told the time."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from typing import Any, Protocol

from perc_scapy.net.udp import SockAddr, UdpSocket

Receive = Callable[[bytes, SockAddr, float], None]
_SHORTEST = 0.0005
"""A timer that is due but moves nothing must not spin the processor."""


class Shell(Protocol):
    """What a process is made of."""

    def start(self, driver: Driver, now: float) -> None:
        """Give the driver its sockets."""

    def step(self, now: float) -> float | None:
        """Handle due timers, send what waits, report events; returns when to be called again at the latest."""

    def finish(self, now: float) -> None:
        """Say goodbye on the network and write files."""


class Driver:
    """Runs one `Shell` until a signal, `stop` or the end of its time."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._loop = asyncio.new_event_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._code = 0
        self._error: BaseException | None = None
        self._sockets: list[UdpSocket] = []

    def listen(self, socket: UdpSocket, receive: Receive) -> None:
        """Hand every datagram of `socket` to `receive(data, address, now)`."""
        self._sockets.append(socket)
        self._loop.add_reader(socket.fileno(), self._guard, lambda: self._readable(socket, receive))

    def stop(self, code: int = 0) -> None:
        """End `run` with this exit code."""
        self._code = code
        self._loop.stop()

    def run(self) -> int:
        """0 after SIGTERM or SIGHUP, 130 after SIGINT, or the code of `stop`. An exception of the shell is raised.

        SIGHUP ends it like SIGTERM when the terminal closes, unless whoever started it ignores it (`nohup`).
        """
        self._loop.add_signal_handler(signal.SIGTERM, self.stop, 0)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            self._loop.add_signal_handler(signal.SIGHUP, self.stop, 0)
        self._loop.add_signal_handler(signal.SIGINT, self.stop, 130)
        try:
            self._loop.call_soon(self._guard, self._begin)
            self._loop.run_forever()
            if self._error is not None:
                raise self._error
            self._shell.finish(time.monotonic())
            return self._code
        finally:
            for socket in self._sockets:
                self._loop.remove_reader(socket.fileno())
                socket.close()
            self._loop.close()

    def _begin(self) -> None:
        self._shell.start(self, time.monotonic())
        self._step()

    def _readable(self, socket: UdpSocket, receive: Receive) -> None:
        now = time.monotonic()
        for data, addr in socket.received():
            receive(data, addr, now)
        self._step()

    def _step(self) -> None:
        now = time.monotonic()
        due = self._shell.step(now)
        if due == self._due and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due, self._timer = due, None
        if due is not None:
            delay = max(_SHORTEST, due - now)
            self._timer = self._loop.call_later(delay, self._guard, self._expired)

    def _expired(self) -> None:
        self._timer = None
        self._step()

    def _guard(self, work: Callable[[], Any]) -> None:
        """asyncio logs what a callback raises and goes on; here it ends the process."""
        try:
            work()
        except BaseException as error:
            self._error = error
            self._loop.stop()
