# SPDX-License-Identifier: GPL-2.0-only
"""NSS key logs: `CLIENT_RANDOM <random> <master secret>`, one DTLS 1.2 association a line."""

from __future__ import annotations

import re
from pathlib import Path

from perc_scapy.crypto.secret import Key
from perc_scapy.errors import ConfigError

_LINE = re.compile(rb"CLIENT_RANDOM[ \t]+([0-9a-fA-F]{64})[ \t]+([0-9a-fA-F]{96})[ \t]*")


class KeyLog:
    """Master secrets by client random. Lines that say nothing to DTLS 1.2 are counted, never shown."""

    def __init__(self) -> None:
        self._masters: dict[bytes, Key] = {}
        self.ignored = 0
        """Lines with another label, or damaged."""

    def __len__(self) -> int:
        return len(self._masters)

    def __repr__(self) -> str:
        return f"KeyLog({len(self)} secrets)"

    def add_text(self, text: bytes) -> None:
        """Take all lines of a key log; comments and empty lines are skipped."""
        for line in text.splitlines():
            if not line.strip() or line.lstrip().startswith(b"#"):
                continue
            match = _LINE.fullmatch(line.strip())
            if match is None:
                self.ignored += 1
            else:
                random, master = (bytes.fromhex(part.decode()) for part in match.groups())
                self._masters[random] = Key(master)

    def add_file(self, path: str | Path) -> None:
        """Take a key log file. Raises `ConfigError`."""
        try:
            self.add_text(Path(path).read_bytes())
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None

    def master_secret(self, client_random: bytes) -> Key | None:
        """The 48-octet master secret, if this log knows it."""
        return self._masters.get(client_random)

    def to_text(self) -> bytes:
        """A clean key log with one line a secret."""
        lines = (f"CLIENT_RANDOM {r.hex()} {m.hex()}\n" for r, m in self._masters.items())
        return "".join(lines).encode()
