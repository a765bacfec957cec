# SPDX-License-Identifier: GPL-2.0-only
"""NSS key logs: the secrets of TLS and DTLS sessions, one a line, by the client's random.

`CLIENT_RANDOM <random> <master secret>` and, for TLS 1.3, `<LABEL> <random> <secret>`; also the older forms that give
a premaster secret (`RSA`, `PMS_CLIENT_RANDOM`) or name a session id (`RSA Session-ID:… Master-Key:…`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from perc_scapy.crypto.secret import Key
from perc_scapy.errors import ConfigError

MAX_SECRETS = 250_000
"""Secrets held; beyond it the oldest are forgotten. About 100 MB."""
MAX_LEARNED = 4096
"""Session ids and tickets remembered with the master secret they stand for."""
ENCRYPTED_PREFIX = 8
"""Octets of the encrypted premaster secret that a line `RSA` names it by."""

_HEX = rb"((?:[0-9a-fA-F]{2})+)"
_TLS13 = rb"(?:CLIENT|SERVER)_(?:HANDSHAKE_TRAFFIC_SECRET|TRAFFIC_SECRET_(?:\d{1,4}|N))"
_OTHER13 = rb"CLIENT_EARLY_TRAFFIC_SECRET|EARLY_EXPORTER(?:_MASTER)?_SECRET|EXPORTER_SECRET"
_FORMS = (
    ("master", re.compile(rb"(CLIENT_RANDOM)\s+([0-9a-fA-F]{64})\s+([0-9a-fA-F]{96})")),
    ("secret", re.compile(rb"(" + _TLS13 + rb"|" + _OTHER13 + rb")\s+([0-9a-fA-F]{64})\s+" + _HEX)),
    ("premaster", re.compile(rb"(PMS_CLIENT_RANDOM)\s+([0-9a-fA-F]{64})\s+" + _HEX)),
    ("rsa", re.compile(rb"(RSA)\s+([0-9a-fA-F]{16})\s+([0-9a-fA-F]{96})")),
    ("session", re.compile(rb"(RSA) Session-ID:" + _HEX + rb" Master-Key:([0-9a-fA-F]{96})")),
)
MAX_SECRET_LENGTH = 512
"""Octets of the longest premaster secret: that of an 4096-bit Diffie-Hellman group."""

_Entry = tuple[str, str, bytes]
"""Kind, label and what the secret is found by."""


class KeyLog:
    """Secrets by client random. Lines that are none are counted, never shown."""

    def __init__(self) -> None:
        self._entries: dict[_Entry, Key] = {}
        self._learned: dict[bytes, Key] = {}
        self.ignored = 0
        """Lines with another label, or damaged."""
        self.dropped = 0
        """Secrets forgotten because there were more than `MAX_SECRETS`."""

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"KeyLog({len(self)} secrets)"

    def add_text(self, text: bytes) -> None:
        """Take all lines of a key log; comments and empty lines are skipped."""
        for line in text.splitlines():
            self._line(line.strip())

    def add_file(self, path: str | Path) -> None:
        """Take a key log file. Raises `ConfigError`."""
        try:
            self.add_text(Path(path).read_bytes())
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None

    def _line(self, line: bytes) -> None:
        if not line or line.startswith(b"#"):
            return
        for kind, form in _FORMS:
            match = form.fullmatch(line)
            if match is not None:
                label, name, secret = (part.decode() for part in match.groups())
                if len(secret) <= 2 * MAX_SECRET_LENGTH:
                    self._add((kind, label, bytes.fromhex(name)), Key.fromhex(secret))
                    return
        self.ignored += 1

    def _add(self, entry: _Entry, secret: Key) -> None:
        self._entries[entry] = secret
        if len(self._entries) > MAX_SECRETS:
            del self._entries[next(iter(self._entries))]
            self.dropped += 1

    # -- asking

    def master_secret(self, client_random: bytes) -> Key | None:
        """The 48-octet master secret of a session up to (D)TLS 1.2, if this log knows it."""
        return self._entries.get(("master", "CLIENT_RANDOM", client_random))

    def secret(self, label: str, client_random: bytes) -> Key | None:
        """A secret of TLS 1.3, by its label (`CLIENT_HANDSHAKE_TRAFFIC_SECRET` …)."""
        return self._entries.get(("secret", label, client_random))

    def premaster_secret(self, client_random: bytes, encrypted: bytes = b"") -> Key | None:
        """The premaster secret, by client random or by the encrypted form that the client sent (RSA)."""
        found = self._entries.get(("premaster", "PMS_CLIENT_RANDOM", client_random))
        if found is None and len(encrypted) >= ENCRYPTED_PREFIX:
            found = self._entries.get(("rsa", "RSA", encrypted[:ENCRYPTED_PREFIX]))
        return found

    def resumed_secret(self, handle: bytes) -> Key | None:
        """The master secret of the session that a session id or a ticket stands for."""
        return self._learned.get(handle) or self._entries.get(("session", "RSA", handle))

    def learn(self, handle: bytes, master: Key) -> None:
        """Remember what a session id or a ticket stands for, so that a resumed session needs no line of its own."""
        if handle and handle not in self._learned:
            self._learned[handle] = master
            if len(self._learned) > MAX_LEARNED:
                del self._learned[next(iter(self._learned))]

    def randoms(self) -> Iterator[bytes]:
        """Client randoms of all sessions that a line names by it, each once."""
        kinds = ("master", "secret", "premaster")
        return iter(dict.fromkeys(name for kind, _, name in self._entries if kind in kinds))

    @property
    def learned(self) -> int:
        """How many session ids and tickets were learned."""
        return len(self._learned)

    def knows(self, client_random: bytes) -> bool:
        """Any line about this session."""
        if self.master_secret(client_random) or self.premaster_secret(client_random):
            return True
        return self.secret("SERVER_HANDSHAKE_TRAFFIC_SECRET", client_random) is not None

    def masters(self) -> Iterator[tuple[bytes, Key]]:
        """(client random, master secret) of every session up to (D)TLS 1.2."""
        return ((name, key) for (kind, _, name), key in self._entries.items() if kind == "master")

    @property
    def sessions(self) -> int:
        """How many sessions these secrets are of."""
        tls13 = {name for kind, _, name in self._entries if kind == "secret"}
        return len(tls13) + sum(kind != "secret" for kind, _, _ in self._entries)

    def to_text(self) -> bytes:
        """A clean key log with one line a secret."""
        lines = (_dress(*entry, key) for entry, key in self._entries.items())
        return "".join(lines).encode()


def _dress(kind: str, label: str, name: bytes, secret: Key) -> str:
    if kind == "session":
        return f"{label} Session-ID:{name.hex()} Master-Key:{secret.hex()}\n"
    return f"{label} {name.hex()} {secret.hex()}\n"
