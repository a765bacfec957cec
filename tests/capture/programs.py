# SPDX-License-Identifier: GPL-2.0-only
"""Command-line programs of other stacks, driven by their standard input and recorded by a relay."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.dtls import Identity
from tests.capture.relay import Relay, free_port, wait_for


class Program:
    """A child process: what it prints is collected."""

    def __init__(self, *command: str, environment: dict[str, str] | None = None) -> None:
        self.output = b""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while data := os.read(self._process.stdout.fileno(), 65536):
            self.output += data

    def say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def expect(self, text: bytes, times: int = 1) -> None:
        """Until it has printed `text` so often, in all."""
        wait_for(lambda: self.output.count(text) >= times or self._process.poll() is not None)
        assert self.output.count(text) >= times, self.output.decode(errors="replace")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


class Recorded(NamedTuple):
    client: Program
    server: Program
    relay: Relay
    secrets: Path

    def keylog(self) -> KeyLog:
        keylog = KeyLog()
        keylog.add_file(self.secrets)
        return keylog

    def exchange(self, number: int = 1) -> None:
        """One line each way: `lines(number)`."""
        (_, ours), (_, theirs) = lines(number)
        self.client.say(ours)
        self.server.expect(ours.strip())
        self.server.say(theirs)
        self.client.expect(theirs.strip())


def lines(number: int = 1) -> list[tuple[bool, bytes]]:
    """(from the client?, what was said); another number is another text, so that nothing is expected in vain."""
    return [(True, b"client says %d\n" % number), (False, b"server says %d\n" % number)]


@contextlib.contextmanager
def openssl(
    folder: Path, *both: str, client: tuple[str, ...] = (), server: tuple[str, ...] = (), tcp=False
) -> Iterator[Recorded]:
    """`openssl s_client` through a relay to `openssl s_server`, both with these options."""
    port, secrets = free_port(tcp=tcp), folder / "secrets"
    listener = Program("openssl", "s_server", "-accept", f"127.0.0.1:{port}", *both, *server)
    try:
        listener.expect(b"ACCEPT")
        with Relay(port, tcp=tcp) as relay:
            dialer = Program(
                "openssl", "s_client", "-connect", f"127.0.0.1:{relay.port}",
                "-keylogfile", str(secrets), *both, *client,
            )  # fmt: skip
            try:
                yield Recorded(dialer, listener, relay, secrets)
            finally:
                dialer.end()
    finally:
        listener.end()


@contextlib.contextmanager
def gnutls(folder: Path, priority: str, *server: str) -> Iterator[Recorded]:
    """`gnutls-cli` through a relay to `gnutls-serv`, over UDP."""
    port, secrets = free_port(), folder / "secrets"
    listener = Program(
        "gnutls-serv", "--udp", "--echo", "--port", str(port), "--priority", priority,
        "--disable-client-cert", *server,
    )  # fmt: skip
    try:
        listener.expect(b"done")
        with Relay(port) as relay:
            dialer = Program(
                "gnutls-cli", "--udp", "--insecure", "--priority", priority, "--port",
                str(relay.port), "127.0.0.1", environment={"SSLKEYLOGFILE": str(secrets)},
            )  # fmt: skip
            try:
                yield Recorded(dialer, listener, relay, secrets)
            finally:
                dialer.end()
    finally:
        listener.end()


def pem_files(folder: Path, who: Identity) -> tuple[str, str]:
    """Paths of certificate and private key."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509 import load_der_x509_certificate

    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(load_der_x509_certificate(who.certificate).public_bytes(Encoding.PEM))
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(who.private_key.private_bytes(*form))
    return str(certificate), str(key)
