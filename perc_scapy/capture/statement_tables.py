# SPDX-License-Identifier: GPL-2.0-only
"""TOML tables with secrets in them: every complaint names file, table and field, and none shows a value."""

from __future__ import annotations

import base64
import binascii
import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping
from ipaddress import ip_address
from typing import Any, TypeVar

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import ConfigError

T = TypeVar("T")
Kind = Callable[[Any], T]
"""Makes a value of what TOML gave; raises `ValueError` with a reason that does not show it."""
_SDES_NAMES = {
    "AES_CM_128_HMAC_SHA1_80": ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_32,
    "AEAD_AES_128_GCM": ProtectionProfile.SRTP_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": ProtectionProfile.SRTP_AEAD_AES_256_GCM,
}
"""Crypto suites of SDES (RFC 4568 section 6.2, RFC 7714 section 14.1)."""
PROFILE_NAMES: dict[str, int] = (
    {row.name: int(row.code) for row in SRTP_PROFILES.values()}
    | {row.openssl_name: int(row.code) for row in SRTP_PROFILES.values() if row.openssl_name}
    | {name: int(code) for name, code in _SDES_NAMES.items()}
)
"""Registry names, OpenSSL's, and those of SDES."""


def read_tables(text: str, name: str, known: Collection[str]) -> dict[str, list[Table]]:
    """The arrays of tables `[[known]]` of a TOML text. Raises `ConfigError`; `name` is the file's."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: not valid TOML{_place(str(error))}") from None
    found = {}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"{name}: {key}: {_unknown(key, known, 'table')}")
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ConfigError(f"{name}: {key}: must be an array of tables, written [[{key}]]")
        found[key] = [
            Table(table, name, f"{key}[{number}]") for number, table in enumerate(value, 1)
        ]
    return found


def _place(problem: str) -> str:
    """Line and column of a TOML error, without the words, which may quote the text."""
    at = problem.rfind("(at ")
    return f" {problem[at:]}" if at >= 0 else ""


class Table:
    """One table. `take` each field once, then `finish`: what is left over was a mistake."""

    def __init__(self, values: Mapping[str, Any], file: str, name: str) -> None:
        self.file, self.name = file, name
        self._values = dict(values)
        self._known: list[str] = []

    @property
    def where(self) -> str:
        """File and table, for people."""
        return f"{self.file}: {self.name}"

    def __contains__(self, field: str) -> bool:
        return field in self._values

    def take(self, field: str, kind: Kind[T]) -> T:
        """A field that must be there. Raises `ConfigError`."""
        value = self.optional(field, kind)
        if value is None:
            raise self._missing(field)
        return value

    def optional(self, field: str, kind: Kind[T]) -> T | None:
        """A field that may be absent. Raises `ConfigError`."""
        self._known.append(field)
        if field not in self._values:
            return None
        try:
            return kind(self._values.pop(field))
        except ValueError as error:
            raise self.error(field, str(error)) from None

    def allow(self, *fields: str) -> None:
        """Fields that this kind of table may have, for the hints of `finish`."""
        self._known += fields

    def finish(self) -> None:
        """Raise `ConfigError` for the first field that nobody took."""
        for field in self._values:
            raise self.error(field, _unknown(field, self._known, "field"))

    def error(self, field: str, problem: str) -> ConfigError:
        return ConfigError(f"{self.where}: {field}: {problem}")

    def _missing(self, field: str) -> ConfigError:
        """A field that looks like the missing one is its misspelling, and says more."""
        near = difflib.get_close_matches(field, set(self._values) - set(self._known), n=1)
        if near:
            return self.error(near[0], f"unknown field; did you mean {field}?")
        return self.error(field, "is missing")


def _unknown(given: str, known: Collection[str], what: str) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    return f"unknown {what}; {hint}"


# -- kinds


def octets(length: int | None = None) -> Kind[bytes]:
    """Octets in hex (`:`, `-` and blanks allowed) or base64; exactly `length` when that is known."""
    wanted = "octets" if length is None else f"{length} octets"

    def kind(value: Any) -> bytes:
        text = _text(value)
        for read in (_hex, _base64):
            found = read(text)
            if found is not None and (length is None or len(found) == length):
                return found
        size = next((len(f) for read in (_hex, _base64) if (f := read(text)) is not None), None)
        seen = "" if size is None else f", not {size}"
        raise ValueError(f"must be {wanted} in hex or base64{seen}")

    return kind


def _hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text.replace(":", "").replace("-", ""))
    except ValueError:
        return None


def _base64(text: str) -> bytes | None:
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except (ValueError, binascii.Error):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text in quotes")
    return value


def number(low: int, high: int) -> Kind[int]:
    """A whole number within limits; also as a text such as "0x1a2b"."""

    def kind(value: Any) -> int:
        try:
            found = int(value, 0) if isinstance(value, str) else value
        except ValueError:
            found = None
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            raise ValueError(f"must be a whole number from {low} to {high:#x}")
        return found

    return kind


def one_of(names: Collection[str]) -> Kind[str]:
    """One of these words."""

    def kind(value: Any) -> str:
        text = _text(value)
        if text not in names:
            near = difflib.get_close_matches(text, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"must be one of {', '.join(names)}{hint}")
        return text

    return kind


def profile(value: Any) -> int:
    """An SRTP profile by name (registry, OpenSSL, SDES) or number."""
    if isinstance(value, int) and value in SRTP_PROFILES:
        return value
    if not isinstance(value, str):
        raise ValueError("must be the name of an SRTP protection profile")
    found = PROFILE_NAMES.get(value.upper())
    if found is None:
        near = difflib.get_close_matches(value.upper(), PROFILE_NAMES, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(PROFILE_NAMES)}"
        raise ValueError(f"unknown profile; {hint}")
    return found


def ekt_cipher(value: Any) -> int:
    """An EKT cipher by name or number."""
    if value in (1, 2) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.upper() in EktCipher.__members__:
        return EktCipher[value.upper()]
    raise ValueError(f"must be {' or '.join(EktCipher.__members__)}")


def endpoint(value: Any) -> tuple[str, int | None]:
    """`HOST`, `HOST:PORT`, `[V6]:PORT`: a numeric address and a port or None."""
    text = _text(value)
    host, port = _cut_port(text)
    try:
        return str(ip_address(host)), port
    except ValueError:
        raise ValueError("must be an IP address, with a port or without") from None


def _cut_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, end, rest = text[1:].partition("]")
        port = None if end and not rest else rest[1:] if rest.startswith(":") else "?"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, None
    if port is not None and not (port.isdecimal() and 0 < int(port) <= 0xFFFF):
        raise ValueError("must be an IP address, with a port from 1 to 65535 or without")
    return host, None if port is None else int(port)
