# SPDX-License-Identifier: GPL-2.0-only
"""All keys at hand for a capture: key logs, Decryption Secrets Blocks, and tables of stated keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.statements import Statement, read_statements
from perc_scapy.errors import ConfigError
from perc_scapy.pcap.pcap_reader import MAGICS
from perc_scapy.pcap.pcapng_reader import MAGIC
from perc_scapy.pcap.unzip import MAGIC as GZIP

MAX_FILE = 1 << 26
"""Octets of the longest key file that is read."""
_TABLE = re.compile(r"\s*\[|\s*[\w.\"'-]+\s*=")
"""How a line of TOML begins; no line of a key log does."""


class Keyring:
    """`keylog`: secrets of TLS and DTLS by client random; `statements`: keys from TOML tables."""

    def __init__(self, keylog: KeyLog | None = None) -> None:
        self.keylog = KeyLog() if keylog is None else keylog
        self.statements: list[Statement] = []

    @classmethod
    def of(cls, paths: Iterable[str | Path]) -> Keyring:
        """A ring of these files. Raises `ConfigError`."""
        ring = cls()
        for path in paths:
            ring.add_file(path)
        return ring

    @classmethod
    def from_keys(cls, keys: KeyLog | Keyring | None) -> Keyring:
        """What takes keys takes either."""
        return keys if isinstance(keys, Keyring) else cls(keys)

    def __len__(self) -> int:
        return len(self.keylog) + len(self.statements)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __repr__(self) -> str:
        return f"Keyring({len(self.keylog)} secrets, {len(self.statements)} stated keys)"

    def add_text(self, text: bytes, name: str = "keys") -> None:
        """Take a key log or TOML tables, told apart by content. Raises `ConfigError` for TOML with a mistake."""
        if is_toml(text):
            try:
                self.statements += read_statements(text.decode("utf-8"), name)
            except UnicodeDecodeError:
                raise ConfigError(f"{name}: not valid TOML: not UTF-8") from None
        else:
            self.keylog.add_text(text)

    def add_file(self, path: str | Path) -> None:
        """Take a key file, or the secrets inside a pcapng file. Raises `ConfigError` when there are none in it."""
        data = _read(path)
        if _begins_capture(data):
            self._add_capture(path)
            return
        given = Keyring()
        given.add_text(data, str(path))
        if not given:
            raise ConfigError(f"{path}: no key in it: neither a line of a key log nor a key table")
        self.statements += given.statements
        self.keylog.add_text(b"" if given.statements else data)

    def add_beside(self, paths: Iterable[str | Path]) -> list[str]:
        """Take key files that were found, not named: what is wrong with one is told here, and costs no capture."""
        remarks = []
        for path in paths:
            try:
                self.add_file(path)
            except ConfigError as error:
                remarks.append(f"key file not used: {error}")
        return remarks

    def _add_capture(self, path: str | Path) -> None:
        from perc_scapy.pcap.reader import open_capture

        with open_capture(path) as capture:
            for _ in capture:
                pass
        if not capture.secrets:
            raise ConfigError(f"{path}: a capture without Decryption Secrets Blocks")
        for secret in capture.secrets:
            self.keylog.add_text(secret)


def is_capture(path: str | Path) -> bool:
    """Whether a file is a capture rather than a key file; standard input is taken for one. Raises `ConfigError`."""
    if str(path) == "-":
        return True
    try:
        with Path(path).open("rb") as file:
            return _begins_capture(file.read(4))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def _begins_capture(start: bytes) -> bool:
    return start[:4] in (MAGIC, *MAGICS) or start[:2] == GZIP


def is_toml(text: bytes) -> bool:
    """Whether the first line that says something is TOML rather than a line of a key log."""
    for line in text.removeprefix(b"\xef\xbb\xbf").splitlines():
        if line.strip() and not line.lstrip().startswith(b"#"):
            return _TABLE.match(line.decode("utf-8", "replace")) is not None
    return False


def _read(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    if not _begins_capture(data) and len(data) > MAX_FILE:
        raise ConfigError(f"{path}: too long for a key file")
    return data
