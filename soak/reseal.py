# SPDX-License-Identifier: GPL-2.0-only
"""Mutated plaintext under the right keys: DTLS records and outer SRTP layers are opened, changed, sealed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto import tls12
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.dtls.record import encode_record, split_records
from perc_scapy.errors import PercError
from perc_scapy.pcap.packets import Datagram
from soak.mutate import mutate


class Resealer:
    """Made from a good conversation; gives mutants of its protected datagrams by packet number."""

    def __init__(self, analysis: Analysis) -> None:
        self._records = {
            r.packet: (s, r)
            for s in _sessions(analysis)
            for r in s.records
            if r.record.epoch and r.content
        }
        self._media = {
            m.number: m
            for m in analysis.media
            if m.opened.outer is not None
            and m.kind == "rtp"
            and m.association is not None
            and m.association.hop_keys()
        }
        self._keylog = getattr(analysis.keylog, "keylog", analysis.keylog)

    def mutant(self, draw: Random, datagram: Datagram) -> Datagram | None:
        """The datagram with other content under the same keys; None when it is not protected."""
        try:
            if datagram.number in self._media:
                return replace(datagram, data=_srtp(draw, self._media[datagram.number]))
            if datagram.number in self._records:
                return self._record(draw, datagram)
        except PercError:  # a mutant that cannot be sealed is none
            return None
        return None

    def _record(self, draw: Random, datagram: Datagram) -> Datagram | None:
        session, seen = self._records[datagram.number]
        hello, master = session.server_hello, self._keylog.master_secret(session.client_random)
        suite = tls12.CIPHER_SUITES.get(hello.cipher_suite) if hello is not None else None
        if hello is None or master is None or suite is None:
            return None
        prf = tls12.Prf(master, suite.prf_hash)
        both = tls12.protections(suite, prf, session.client_random, hello.random)
        protection = both[0 if seen.sender == session.client else 1]
        content = mutate(draw, seen.content or b"")[: 1 << 14]
        fragment = protection.seal(seen.record.number, seen.record.type, content)
        records, _ = split_records(datagram.data)
        parts = [
            encode_record(r.type, r.number, fragment if r == seen.record else r.fragment)
            for r in records
        ]
        return replace(datagram, data=b"".join(parts))


def _sessions(analysis: Analysis) -> Iterator[DtlsSession]:
    """Sessions whose records are in datagrams as they are: not those inside a tunnel."""
    for session, _, _ in analysis.dtls_sessions():
        if isinstance(session, DtlsSession):
            yield session


def _srtp(draw: Random, media: MediaPacket) -> bytes:
    wire = media.datagram.data
    assert media.association is not None
    assert media.opened.outer is not None
    keys = media.association.hop_keys()
    assert keys is not None
    side = keys.client if media.from_endpoint else keys.server
    context = SrtpContext(keys.profile, *side)
    end = header_end(wire)
    field = b"" if media.opened.ekt is None else media.opened.ekt.raw
    payload = mutate(draw, media.opened.outer.payload)
    changed = mutate(draw, field) if field and draw.random() < 0.3 else field
    return (
        wire[:end] + context.seal(wire[:end], payload, int.from_bytes(wire[2:4], "big")) + changed
    )
