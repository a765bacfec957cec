# SPDX-License-Identifier: GPL-2.0-only
"""H.264 out of RTP: single NAL units, STAP-A and FU-A, the forms of packetization modes 0 and 1 (RFC 6184)."""

from __future__ import annotations

STAP_A, FU_A = 24, 28
START_CODE = b"\0\0\0\1"
"""Before each NAL unit of a byte stream (ITU-T H.264 annex B)."""
SEQUENCE_PARAMETERS = 7
PROFILES = {44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 138, 139, 134, 135, 244}
"""profile_idc, the octet behind the NAL unit's header (ITU-T H.264 section 7.3.2.1.1)."""
LEVELS = {9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62}
"""level_idc, two octets further (annex A)."""
MAX_NAL = 1 << 24
"""Octets of the longest NAL unit put together."""


class H264Depacketizer:
    """Feed payloads in order of sequence numbers."""

    def __init__(self) -> None:
        self._parts: list[bytes] | None = None
        self._size = 0
        self.dropped = 0
        """Payloads that brought nothing: malformed, of another mode, or pieces of a NAL unit with a hole."""

    def add(self, payload: bytes, *, lost: bool = False) -> list[bytes]:
        """NAL units that are whole now. `lost`: packets are missing just before this one."""
        if lost:
            self._give_up()
        kind = payload[0] & 0x1F if payload else 0
        if kind == FU_A:
            return self._fragment(payload)
        self._give_up()
        if 1 <= kind <= 23:
            return [payload]
        found = aggregated(payload) if kind == STAP_A else []
        self.dropped += not found
        return found

    def _fragment(self, payload: bytes) -> list[bytes]:
        """Section 5.8: FU indicator, FU header with start and end marks and the NAL unit's type, then its octets."""
        if len(payload) < 3:
            self.dropped += 1
            return []
        start, end, kind = payload[1] & 0x80, payload[1] & 0x40, payload[1] & 0x1F
        if start:
            self._give_up()
            self._parts, self._size = [bytes((payload[0] & 0xE0 | kind,))], 1
        if self._parts is None or self._size + len(payload) > MAX_NAL:
            self._give_up()
            self.dropped += 1
            return []
        self._parts.append(payload[2:])
        self._size += len(payload) - 2
        if not end:
            return []
        whole, self._parts = b"".join(self._parts), None
        return [whole]

    def _give_up(self) -> None:
        if self._parts is not None:
            self.dropped += len(self._parts) - 1
            self._parts = None


def aggregated(payload: bytes) -> list[bytes]:
    """NAL units of a STAP-A (section 5.7.1); none when a length does not fit."""
    found, at = [], 1
    while at < len(payload):
        length = int.from_bytes(payload[at : at + 2], "big")
        unit = payload[at + 2 : at + 2 + length]
        if not length or len(unit) < length:
            return []
        found.append(unit)
        at += 2 + length
    return found


def nal_types(payload: bytes) -> set[int]:
    """Types of the NAL units that a payload holds, begins or goes on with; empty when it is no H.264 payload."""
    if not payload or payload[0] & 0x80:  # the forbidden bit
        return set()
    kind = payload[0] & 0x1F
    if kind == FU_A:
        return {payload[1] & 0x1F} if len(payload) > 2 and payload[1] & 0xC0 != 0xC0 else set()
    if kind == STAP_A:
        units = aggregated(payload)
        return {unit[0] & 0x1F for unit in units}
    return {kind} if 1 <= kind <= 12 else set()


def has_parameters(payload: bytes) -> bool:
    """Whether a payload holds sequence parameters of a profile and level that exist."""
    aggregate = bool(payload) and payload[0] & 0x1F == STAP_A
    return any(
        unit[0] & 0x1F == SEQUENCE_PARAMETERS and unit[1] in PROFILES and unit[3] in LEVELS
        for unit in (aggregated(payload) if aggregate else [payload])
        if len(unit) > 3
    )
