# SPDX-License-Identifier: GPL-2.0-only
"""The engine on a real loopback socket, against programs that other people wrote."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perc_scapy.dtls import Identity

PATIENCE = 20.0
"""Seconds until a run counts as hung; nothing is measured with it."""


def need(program: str) -> str:
    """Path of a program, or skip with its name."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def write_identity(identity: Identity, folder: Path) -> tuple[str, str]:
    """PEM files of certificate and key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(identity.certificate_pem())
    key.write_bytes(identity.private_key_pem())
    return str(certificate), str(key)


@contextlib.contextmanager
def running(command: list[str], output: Path) -> Iterator[subprocess.Popen]:
    """A program with its stdin held open and its output in a file; ended with the block."""
    with output.open("wb") as sink:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sink, stderr=sink)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdin.close()


def wait_for(output: Path, pattern: str) -> str:
    """First group of `pattern` as soon as the program has printed it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        text = output.read_text(errors="replace")
        if match := re.search(pattern, text):
            return match[1] if match.groups() else match[0]
        time.sleep(0.02)
    raise AssertionError(f"{pattern!r} never came:\n{output.read_text(errors='replace')}")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class UdpEngine:
    """Carries an engine's datagrams. A server learns its peer from the first datagram."""

    def __init__(self, engine, peer: tuple[str, int] | None = None, filter_=None) -> None:
        self.engine, self.peer, self._filter = engine, peer, filter_
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def run(self, until: Callable[[], bool]) -> None:
        """Until `until()`."""
        end = time.monotonic() + PATIENCE
        while not until():
            now = time.monotonic()
            assert now < end, f"not done: {self.engine}"
            for datagram in self.engine.datagrams_to_send(now):
                self.socket.sendto(datagram, self.peer)
            timer = self.engine.get_timer()
            if timer is not None and timer <= now:
                self.engine.handle_timer(now)
            elif select.select([self.socket], [], [], 0.05)[0]:
                self._receive(now)
        for datagram in self.engine.datagrams_to_send(time.monotonic()):
            self.socket.sendto(datagram, self.peer)

    def _receive(self, now: float) -> None:
        try:
            data, self.peer = self.socket.recvfrom(65536)
        except ConnectionRefusedError:
            return
        reply = self._filter(data) if self._filter else None
        if reply is not None:
            self.socket.sendto(reply, self.peer)
        else:
            self.engine.receive_datagram(data, now)


def environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C"}
