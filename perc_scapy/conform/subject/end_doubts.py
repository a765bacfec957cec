# SPDX-License-Identifier: GPL-2.0-only
"""Packets whose hop layer opened and whose end-to-end layer did not, tried with what somebody mistaken would use."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform.subject.ekt_view import EktView, inner_header
from perc_scapy.conform.subject.packets import Heard, Packets, profile_of
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import CryptoError, DecodeError, LocalError

MAX_DOUBTS = 100
"""Packets looked into."""


class EndDoubts:
    """Made once for a capture."""

    def __init__(self, analysis: Analysis, packets: Packets, ekt: EktView) -> None:
        self._associations, self._packets, self._ekt = analysis.associations, packets, ekt

    @cached_property
    def closed(self) -> list[Heard]:
        """Double-protected packets that no key opened and that are no repeats."""
        found = [
            h
            for h in self._packets.heard
            if h.double and h.m.opened.plain is None and not h.m.opened.repeat and not h.ohb_fault
        ]
        return found[:MAX_DOUBTS]

    def _keys(self, heard: Heard) -> Iterator[MasterKey]:
        """End-to-end keys that fields of the packet's SSRC announce."""
        for stream in self._packets.streams:
            if stream.ssrc == heard.m.ssrc:
                ids = {
                    one.plain.key.id for one in self._ekt.announced(stream) if one.plain is not None
                }
                yield from (self._ekt.masters[id_] for id_ in ids if id_ in self._ekt.masters)
                return

    @cached_property
    def exported_salts(self) -> list[tuple[Heard, str]]:
        """Those that open with a key of their field and the inner half of an exported salt."""
        salts = [
            master.salt
            for a in self._associations
            for full in (a.exported(),)
            if full is not None and (row := profile_of(a)) is not None and row.is_double
            for master in (full.inner().client, full.inner().server)
        ]
        found = []
        for heard in self.closed if salts else ():
            for key in self._keys(heard):
                tries = (MasterKey(key.key, salt) for salt in salts)
                if any(self.opens(heard, master, inner_header(heard)) for master in tries):
                    found.append((heard, "opens with the salt that DTLS-SRTP exported"))
                    break
        return found

    @cached_property
    def whole_headers(self) -> list[Heard]:
        """Those whose inner tag covers the header with its extension."""
        return [
            heard
            for heard in self.closed
            if heard.header[0] & 0x10
            and any(self.opens(heard, key, heard.original) for key in self._keys(heard))
        ]

    @staticmethod
    def opens(heard: Heard, master: MasterKey, header: bytes) -> bool:
        """Whether the inner layer authenticates with this key and header, at a low rollover counter."""
        row = profile_of(heard.m.association)
        if row is None:
            return False
        for roc in range(2):
            try:
                context = SrtpContext(row.layer.code, *master)
                context.open(header, heard.body, roc << 16 | heard.original_seq)
            except (CryptoError, DecodeError, LocalError):
                continue
            return True
        return False
