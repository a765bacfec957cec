# SPDX-License-Identifier: GPL-2.0-only
"""Kinds of configuration values that only PERC has: conference ids, protection profiles, EKT ciphers, fingerprints."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.errors import ConfigError
from perc_scapy.net.toml import text

if TYPE_CHECKING:
    from perc_scapy.dtls.identity import Identity

CERTIFICATE_SUFFIXES = (".pem", ".crt", ".cer")


def conference_id(value: Any) -> bytes:
    """16 octets from 32 hex digits; `-` and `:` between them are allowed, so that a UUID can be pasted."""
    digits = text(value).replace("-", "").replace(":", "")
    try:
        octets = bytes.fromhex(digits)
    except ValueError:
        octets = b""
    if len(octets) != 16:
        raise ValueError(f"must be 32 hex digits (16 octets), not {value!r}")
    return octets


def _code(kinds: type[IntEnum], value: Any, known: Callable[[], str]) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # the role says whether it knows and allows it
    name = text(value).upper()
    if name in kinds.__members__:
        return kinds[name]
    raise ValueError(f"unknown name {value!r}; known: {known()}")


def _profiles() -> str:
    """Names of those that a role may allow: the doubles always, single ones for `hbh_only`, NULL never."""
    from perc_scapy.crypto.profiles import SRTP_PROFILES

    rows = [row for row in SRTP_PROFILES.values() if row.cipher != "null"]
    double = ", ".join(row.name for row in rows if row.is_double)
    single = ", ".join(row.name for row in rows if not row.is_double)
    return f"{double}; with hbh_only: {single}"


def profile(value: Any) -> int:
    """An SRTP protection profile by registry name or number."""
    return _code(ProtectionProfile, value, _profiles)


def ekt_cipher(value: Any) -> int:
    """An EKT cipher by name or number."""
    return _code(EktCipher, value, lambda: ", ".join(EktCipher.__members__))


def fingerprint_in(folder: Path) -> Callable[[Any], str]:
    """A kind: a SHA-256 fingerprint, or the name of a PEM certificate that is read for its fingerprint."""

    def convert(value: Any) -> str:
        return fingerprint_or_file(text(value), folder)

    return convert


def fingerprint_or_file(value: str, folder: Path = Path()) -> str:
    """Canonical fingerprint of `value`: one in any usual spelling, or a PEM file's. Raises `ConfigError`."""
    from perc_scapy.crypto import parse_fingerprint

    if value.endswith(CERTIFICATE_SUFFIXES):
        return certificate_fingerprint(folder / value)
    return parse_fingerprint(value)


def certificate_fingerprint(path: Path) -> str:
    """Fingerprint of a PEM certificate. Raises `ConfigError`."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from perc_scapy.crypto import fingerprint

    try:
        certificate = x509.load_pem_x509_certificate(read(path))
    except ValueError:
        raise ConfigError(f"{path}: no PEM certificate") from None
    return fingerprint(certificate.public_bytes(Encoding.DER))


def read(path: Path) -> bytes:
    """A file's octets; `ConfigError` says which file and why not."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise ConfigError(f"{path}: {error}") from None


def load_identity(certificate: Path, private_key: Path) -> Identity:
    """Certificate and key from PEM files. Raises `ConfigError`, which never shows the key."""
    from perc_scapy.dtls.identity import Identity

    try:
        return Identity.load(read(certificate), read(private_key))
    except ConfigError as error:
        if str(error).startswith((str(certificate), str(private_key))):
            raise
        raise ConfigError(f"{certificate}, {private_key}: {error}") from None
