# SPDX-License-Identifier: GPL-2.0-only
"""Where the parts of a protected packet end: the forms that EKT fields, MKIs and OHBs have had.

All take whole octets and give what is left in front, or nothing when the form does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from perc_scapy.crypto.double import synthetic_header
from perc_scapy.errors import DecodeError
from perc_scapy.explain.search import Option
from perc_scapy.wire import Ohb, peel_ekt, peel_ohb

WHOLE = "RFC 8870 section 4.1: Length counts the whole field, from the ciphertext to the type octet"
LAYOUT = "RFC 8870 section 4.1: ciphertext, SPI, epoch, length, 02"
EVERY = "RFC 8870 section 4.3: every SRTP packet ends in a full or a short field"
BEHIND = "RFC 8870 section 4.1: the field stands behind the tag, outside every layer"
NO_MKI = "RFC 8870 section 4: no MKI with EKT"
MKI = "RFC 5764 section 4.1.3: an MKI of the negotiated length"
OHB = "RFC 8723 section 4: [PT] [SEQ] Config at the end of the outer plaintext"


class Cut(NamedTuple):
    """An SRTP packet without what stands behind it."""

    srtp: bytes
    behind: bytes


def ends(wire: bytes, *, has_ekt: bool) -> list[Option]:
    """Ways to find the end of the SRTP packet, the right one first."""
    found = list(_with_ekt(wire) if has_ekt else _without_ekt(wire))
    return found or [Option(Cut(wire, b""))]


def _with_ekt(wire: bytes) -> Iterator[Option]:
    try:
        srtp, field = peel_ekt(wire)
        yield Option(Cut(srtp, field.raw))
    except DecodeError:
        yield Option(Cut(b"", b""))
    yield _cut(wire, 0, "there is no EKT field", EVERY)
    for name, length, clause in _forms(wire):
        if 0 < length < len(wire):
            yield _cut(wire, length, name, clause)


def _forms(wire: bytes) -> Iterator[tuple[str, int, str]]:
    """(form, octets of the field, clause) of earlier and mistaken forms (draft history of RFC 8870)."""
    kind, said = wire[-1:], int.from_bytes(wire[-3:-1], "big")
    if kind == b"\x02":
        yield "the Length of the EKT field counts its ciphertext only", said + 7, WHOLE
        yield "the Length of the EKT field counts all but itself and the type", said + 3, WHOLE
        yield (
            "the EKT field has no epoch, and its Length counts the ciphertext only",
            said + 5,
            LAYOUT,
        )
        for ciphertext in (32, 40, 48, 56, 88):
            yield (
                f"the EKT field has no epoch ({ciphertext + 5} octets; drafts of 2016 to 2018)",
                ciphertext + 5,
                LAYOUT,
            )
            yield (
                f"the Length of the EKT field is wrong; it has {ciphertext + 7} octets",
                ciphertext + 7,
                WHOLE,
            )
    if kind and kind[0] & 1:
        for ciphertext in (32, 40, 48, 56):
            name = f"the EKT field ends in a 15-bit SPI and a 1 bit, ciphertext of {ciphertext} octets (early 2016)"
            yield name, ciphertext + 2, LAYOUT
    yield "the last octet is no EKT field's type, but a short field all the same", 1, LAYOUT
    for size in (1, 2, 4):
        yield f"an MKI of {size} octets stands behind the short EKT field", size + 1, NO_MKI


def _without_ekt(wire: bytes) -> Iterator[Option]:
    yield Option(Cut(wire, b""))
    yield _cut(
        wire,
        1,
        "a short EKT field ends the packet, though EKT was not negotiated",
        "RFC 8870 section 5.2.1",
    )
    try:
        _, field = peel_ekt(wire)
        yield _cut(
            wire,
            len(field.raw),
            "an EKT field ends the packet, though EKT was not negotiated",
            "RFC 8870 section 5.2.1",
        )
    except DecodeError:
        pass
    for size in (1, 2, 4, 8):
        yield _cut(
            wire, size, f"an MKI of {size} octets ends the packet, though none was negotiated", MKI
        )


def _cut(wire: bytes, length: int, name: str, clause: str) -> Option:
    end = len(wire) - length
    return Option(Cut(wire[:end], wire[end:]), name, clause)


class Inside(NamedTuple):
    """What the end-to-end layer is tried on: the header its sender saw, as far as the OHB tells it, and the rest."""

    header: bytes
    """Fixed part and CSRC list, PT, SEQ and M as the OHB has them."""
    body: bytes


def insides(header: bytes, payload: bytes) -> list[Option]:
    """Ways to read the OHB, the right one first."""
    found = []
    try:
        body, ohb = peel_ohb(payload)
        found.append(Option(Inside(synthetic_header(header, ohb), body)))
    except DecodeError:
        found.append(Option(Inside(b"", b"")))
    found += _other_ohbs(header, payload)
    return found


def _other_ohbs(header: bytes, payload: bytes) -> Iterator[Option]:
    plain = synthetic_header(header)
    yield Option(Inside(plain, payload), "there is no OHB", OHB)
    config = payload[-1] if payload else 0
    seq, pt = bool(config & 1), bool(config & 2)
    if seq and pt and len(payload) > 4:
        ohb = Ohb(payload[-2] & 0x7F, int.from_bytes(payload[-4:-2], "big"), _marker(config))
        yield Option(
            Inside(synthetic_header(header, ohb), payload[:-4]), "the OHB has SEQ before PT", OHB
        )
    for mask, where in ((0x80, "bit 80"), (0x10, "bit 10")):
        if config & mask or config & 0x04:
            tolerant = _lenient(payload)
            if tolerant is not None:
                body, ohb = tolerant
                changed = ohb._replace(marker=bool(config & mask))
                name = f"the original marker is in {where} of the OHB's Config"
                yield Option(
                    Inside(synthetic_header(header, changed), body),
                    name,
                    "RFC 8723 section 4: B is bit 08 (the printed mask 80 is a misprint)",
                )
    tolerant = _lenient(payload)
    if tolerant is not None:
        yield from _changed_ohbs(header, config, *tolerant)
    for octets in (1, 2, 3, 4):
        name = f"the last {octets} octets of the outer plaintext are no OHB, yet stand there"
        yield Option(Inside(plain, payload[:-octets]), name, OHB)


def _changed_ohbs(header: bytes, config: int, body: bytes, ohb: Ohb) -> Iterator[Option]:
    plain, meant = synthetic_header(header), synthetic_header(header, ohb)
    if config & 0xF0:
        name = "reserved bits of the OHB are set"
        yield Option(Inside(meant, body), name, "RFC 8723 section 4: R must be 0")
    if plain != meant:
        name = "the changed header, not the original one, is authenticated"
        yield Option(Inside(plain, body), name, "RFC 8723 section 5.3 step 4")
    if ohb.marker is not None:
        changed = ohb._replace(marker=not ohb.marker)
        yield Option(
            Inside(synthetic_header(header, changed), body), "the OHB has the marker inverted", OHB
        )


def _marker(config: int) -> bool | None:
    return bool(config & 8) if config & 4 else None


def _lenient(payload: bytes) -> tuple[bytes, Ohb] | None:
    """The OHB with reserved bits ignored."""
    if not payload:
        return None
    config = payload[-1] & 0x0F
    config = config if config & 0x04 else config & 0x07
    try:
        return peel_ohb(payload[:-1] + bytes((config,)))
    except DecodeError:
        return None
