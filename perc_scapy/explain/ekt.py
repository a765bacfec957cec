# SPDX-License-Identifier: GPL-2.0-only
"""What is in a full EKT field, in every form that it has had, under every EKT key at hand (RFC 8870 section 4.1)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cryptography.hazmat.primitives import keywrap

from perc_scapy.crypto.ekt import EktParameters, unwrap
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import CryptoError
from perc_scapy.explain.octets import LAYOUT, WHOLE

PLAINTEXT = "RFC 8870 section 4.1: length of the key, key, SSRC, ROC"
WRAP = "RFC 8870 section 4.4.1: AES key wrap with padding (RFC 5649)"
SPI = "RFC 8870 section 4.2: the SPI names the EKT key"
SALT = "RFC 8870 section 4.3.2: the first octets of the salt that came with the EKT key"
NAMES_STREAM = "RFC 8870 section 4.3.2 step 5: the SSRC in the field is that of the packet"
_LEGACY = "form of the drafts of"


class Announced(NamedTuple):
    """A master key taken out of an EKT field."""

    master: MasterKey
    ssrc: int
    roc: int
    spi: int
    """Of the EKT key that unwraps it."""
    octets: int
    """Of the field, read from the end of the packet."""
    faults: tuple[tuple[str, str], ...]
    """(what is done differently, clause); empty for a right field."""


class _Trailer(NamedTuple):
    size: int
    spi: int | None
    name: str


def announced(wire: bytes, sets: Iterable[EktParameters]) -> Announced | None:
    """What the field at the end of `wire` announces, right forms first; None when no EKT key unwraps any form."""
    known = list(sets)
    for ciphertext, trailer in _ciphertexts(wire):
        ordered = sorted(known, key=lambda p: p.spi != trailer.spi)
        for parameters in ordered:
            found = _open(ciphertext, trailer, parameters)
            if found is not None:
                return found
    return None


def _ciphertexts(wire: bytes) -> Iterator[tuple[bytes, _Trailer]]:
    """(ciphertext, what follows it), right form first."""
    for trailer in _trailers(wire):
        said = _said(wire, trailer)
        for length in dict.fromkeys((said, 40, 56, 88, 32, 48, 34)):
            end = len(wire) - trailer.size
            if length > 0 and end - length >= 12:
                wrong = length != said and trailer.size in (5, 7)
                name = trailer.name or ("the Length of the EKT field is wrong" if wrong else "")
                yield wire[end - length : end], trailer._replace(name=name)


def _said(wire: bytes, trailer: _Trailer) -> int:
    length = int.from_bytes(wire[-3:-1], "big")
    return length - trailer.size if trailer.size in (5, 7) else 0


def _trailers(wire: bytes) -> Iterator[_Trailer]:
    if wire[-1:] == b"\x02":
        yield _Trailer(7, int.from_bytes(wire[-7:-5], "big"), "")
        yield _Trailer(
            5,
            int.from_bytes(wire[-5:-3], "big"),
            f"the EKT field has no epoch: {_LEGACY} 2016 to 2018",
        )
    if wire[-1:] and wire[-1] & 1:
        spi = int.from_bytes(wire[-2:], "big") >> 1
        yield _Trailer(
            2, spi, f"the EKT field ends in a 15-bit SPI and a 1 bit: {_LEGACY} early 2016"
        )


def _open(ciphertext: bytes, trailer: _Trailer, parameters: EktParameters) -> Announced | None:
    for plain, wrapping in _unwrapped(ciphertext, parameters.key):
        for key, ssrc, roc, form in _plaintexts(plain):
            faults = [
                (trailer.name, WHOLE if "Length" in trailer.name else LAYOUT),
                (wrapping, WRAP),
                (form, PLAINTEXT),
            ]
            if trailer.spi != parameters.spi:
                named = f"{trailer.spi or 0:#06x}"
                text = f"the field names SPI {named}, but the EKT key of SPI {parameters.spi:#06x} wraps it"
                faults.append((text, SPI))
            master = MasterKey(Key(key), Key(parameters.salt[:12]))
            size = len(ciphertext) + trailer.size
            seen = tuple(fault for fault in faults if fault[0])
            return Announced(master, ssrc, roc, parameters.spi, size, seen)
    return None


def _unwrapped(ciphertext: bytes, key: bytes) -> Iterator[tuple[bytes, str]]:
    try:
        yield unwrap(key, ciphertext), ""
        return
    except CryptoError:
        pass
    with contextlib.suppress(keywrap.InvalidUnwrap, ValueError):
        yield (
            keywrap.aes_key_unwrap(key, ciphertext),
            "the key is wrapped without padding (RFC 3394)",
        )
    if len(key) == 32:
        with contextlib.suppress(CryptoError):
            yield unwrap(key[:16], ciphertext), "only the first 16 octets of the EKT key are used"


def _plaintexts(plain: bytes) -> Iterator[tuple[bytes, int, int, str]]:
    if plain and plain[0] == len(plain) - 9 and len(plain) > 9:
        yield *_cut(plain[1:]), ""
    elif len(plain) in (24, 40, 72):
        yield *_cut(plain), f"the wrapped key has no length octet: {_LEGACY} early 2016"
    elif len(plain) in (26, 42, 74):
        yield (
            *_cut(plain[:-2]),
            f"two octets (TTL or ISN) follow the ROC: {_LEGACY} 2014 to mid-2016",
        )


def _cut(plain: bytes) -> tuple[bytes, int, int]:
    return plain[:-8], int.from_bytes(plain[-8:-4], "big"), int.from_bytes(plain[-4:], "big")
