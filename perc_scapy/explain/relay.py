# SPDX-License-Identifier: GPL-2.0-only
"""What an MDD did to a packet: how it left for the receiver beside how it came from the sender (RFC 8723 5.2)."""

from __future__ import annotations

from functools import cached_property

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.double import OuterPacket
from perc_scapy.errors import DecodeError
from perc_scapy.explain.absent import INNER
from perc_scapy.explain.cause import FOUND, Cause
from perc_scapy.wire import Ohb, peel_ohb

ALLOWED = "RFC 8723 section 5.2: an MDD may change PT, SEQ and M, and puts their original values into the OHB"


TAG = 16
"""Octets of the inner layer at least; fewer say nothing about where they come from."""


class Relays:
    """The packets that came into MDDs, to be found again behind them."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    @cached_property
    def _ingress(self) -> list[MediaPacket]:
        return [
            m
            for m in self._analysis.media
            if m.kind == "rtp" and m.from_endpoint and m.opened.outer is not None
        ]

    @cached_property
    def _by_ciphertext(self) -> dict[bytes, MediaPacket]:
        found: dict[bytes, MediaPacket] = {}
        for m in self._ingress:
            body = _body(m)
            if body is not None and len(body) >= TAG:
                found.setdefault(body, m)
        return found

    @cached_property
    def _by_index(self) -> dict[tuple[int, int, int], MediaPacket]:
        """One timestamp may have many packets (a video frame), of which the capture may lack some: SEQ tells them."""
        found = {(m.ssrc, m.timestamp, _original_seq(m)): m for m in reversed(self._ingress)}
        return {(ssrc, time, seq): m for (ssrc, time, seq), m in found.items() if seq is not None}

    @cached_property
    def _sent(self) -> set[int]:
        return {m.ssrc for m in self._ingress}

    @property
    def sees_any(self) -> bool:
        """The capture has what came into the MDD, so that what is missing there was never sent."""
        return bool(self._ingress)

    def sends(self, ssrc: int) -> bool:
        """Whether any endpoint sends this SSRC."""
        return ssrc in self._sent

    def explain(self, media: MediaPacket) -> Cause | None:
        """What the MDD changed and should not have; None when it changed nothing of the kind."""
        if media.from_endpoint or media.opened.outer is None:
            return None
        same = self._by_ciphertext.get(_body(media) or b"")
        if same is not None:
            return _changed_header(same, media)
        seq = _original_seq(media)
        near = None if seq is None else self._by_index.get((media.ssrc, media.timestamp, seq))
        if near is None:
            return None
        text = f"the MDD altered the payload: what its sender sealed, in packet {near.number}, is not the same here"
        return Cause(INNER, FOUND, text, ALLOWED)


def _original_seq(media: MediaPacket) -> int | None:
    """SEQ as its sender made it; None when the OHB cannot be read."""
    try:
        return None if media.opened.outer is None else _seq(*_original(media.opened.outer))
    except DecodeError:
        return None


def _body(media: MediaPacket) -> bytes | None:
    """Inner ciphertext and tag; None when the OHB cannot be cut off."""
    try:
        return None if media.opened.outer is None else peel_ohb(media.opened.outer.payload)[0]
    except DecodeError:
        return None


def _original(outer: OuterPacket) -> tuple[bytes, Ohb]:
    """(header as received, OHB)."""
    return outer.header, peel_ohb(outer.payload)[1]


def _changed_header(sent: MediaPacket, got: MediaPacket) -> Cause | None:
    assert sent.opened.outer is not None
    assert got.opened.outer is not None
    before, first = _original(sent.opened.outer)
    after, last = _original(got.opened.outer)
    faults = [
        f"{name} {_shown(here)} became {_shown(there)}"
        for name, here, there in (
            ("SSRC", before[8:12], after[8:12]),
            ("timestamp", before[4:8], after[4:8]),
            ("CSRC list", before[12 : _csrc(before)], after[12 : _csrc(after)]),
            ("padding bit", before[:1][0] & 0x20, after[:1][0] & 0x20),
        )
        if here != there
    ]
    faults += _ohb_faults(before, first, after, last)
    if not faults:
        return None
    text = f"the MDD changed what packet {sent.number} had: {'; '.join(faults)}"
    return Cause(INNER, FOUND, text, ALLOWED)


def _csrc(header: bytes) -> int:
    return 12 + 4 * (header[0] & 0x0F)


def _shown(value: bytes | int) -> str:
    return (value.hex() or "none") if isinstance(value, bytes) else str(value)


def _ohb_faults(before: bytes, first: Ohb, after: bytes, last: Ohb) -> list[str]:
    """Values that the OHB puts back and that are not what the sender had."""
    faults = []
    for name, sent, got in (
        ("SEQ", _seq(before, first), _seq(after, last)),
        ("PT", _pt(before, first), _pt(after, last)),
        ("marker", _marker(before, first), _marker(after, last)),
    ):
        if sent != got:
            faults.append(f"its OHB gives back {name} {got} where the sender had {sent}")
    return faults


def _seq(header: bytes, ohb: Ohb) -> int:
    return int.from_bytes(header[2:4], "big") if ohb.seq is None else ohb.seq


def _pt(header: bytes, ohb: Ohb) -> int:
    return header[1] & 0x7F if ohb.pt is None else ohb.pt


def _marker(header: bytes, ohb: Ohb) -> int:
    return header[1] >> 7 if ohb.marker is None else int(ohb.marker)
