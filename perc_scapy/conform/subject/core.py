# SPDX-License-Identifier: GPL-2.0-only
"""What the rules share about one capture, each view made once and on first use."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.participants import Participant, find_participants
from perc_scapy.capture.steps import Step, Story
from perc_scapy.capture.story import Storyteller
from perc_scapy.codes import ContentType
from perc_scapy.conform.subject.doubts import Doubts
from perc_scapy.conform.subject.ekt_view import EktView
from perc_scapy.conform.subject.end_doubts import EndDoubts
from perc_scapy.conform.subject.inner import InnerView, has_all
from perc_scapy.conform.subject.packets import Packets
from perc_scapy.conform.subject.part import NO_HANDSHAKE, SECRETS, Part
from perc_scapy.conform.subject.tunnel_view import TunnelView
from perc_scapy.conform.subject.wire import WireMessage


class Subject:
    """One capture before its judges."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    # -- views

    @cached_property
    def tunnels(self) -> list[TunnelView]:
        return [TunnelView(tunnel) for tunnel in self.analysis.tunnels]

    @cached_property
    def packets(self) -> Packets:
        return Packets(self.analysis)

    @cached_property
    def doubts(self) -> Doubts:
        """What did not open, and what opens it."""
        return Doubts(self.analysis, self.packets)

    @cached_property
    def ekt(self) -> EktView:
        return EktView(self.analysis, self.packets)

    @cached_property
    def end_doubts(self) -> EndDoubts:
        """The same for end-to-end layers."""
        return EndDoubts(self.analysis, self.packets, self.ekt)

    @cached_property
    def people(self) -> list[Participant]:
        return find_participants(self.analysis)

    @cached_property
    def inner(self) -> list[InnerView]:
        """Every association, with what both of its sights show."""
        views = {id(v.tunnel): v for v in self.tunnels}
        return [
            InnerView(a, views.get(id(a.tunnel)) if a.tunnel is not None else None)
            for a in self.analysis.associations
        ]

    @cached_property
    def story(self) -> Story:
        return Storyteller(self.analysis, self.people).story()

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Numbered steps of the flows by id."""
        return {step.id: step for step in self.story.steps()}

    # -- selections

    def draft00(self) -> Iterator[TunnelView]:
        """Tunnels of draft-jones-perc-dtls-tunnel-00."""
        return (t for t in self.tunnels if t.version == "draft00")

    def rfc9185(self) -> Iterator[TunnelView]:
        """Tunnels of RFC 9185."""
        return (t for t in self.tunnels if t.version == "rfc9185")

    def messages(self) -> Iterator[tuple[TunnelView, WireMessage]]:
        """Every message of draft-00 tunnels."""
        return ((tunnel, m) for tunnel in self.draft00() for m in tunnel.messages)

    def tunneled(self, version: str | None = None) -> Iterator[InnerView]:
        """Associations that were carried in a tunnel."""
        for view in self.inner:
            if view.tunnel is not None and version in (None, view.tunnel.version):
                yield view

    @cached_property
    def whole(self) -> bool:
        """Nothing tells that packets are missing: no hole in the record numbers of any DTLS session, and no packet from
        the MDD whose origin is not there. Only then is what is not there something that was not sent.
        """
        seen = [session for session, _, _ in self.analysis.dtls_sessions()]
        seen += [a.tunneled for a in self.analysis.associations if a.tunneled and not a.direct]
        return all(map(has_all, seen)) and not self.packets.orphans

    # -- what stayed closed

    @cached_property
    def opened(self) -> int:
        """Protected records and packets that could be read."""
        records = sum(
            seen.content is not None and seen.record.epoch > 0
            for session in self._sessions()
            for seen in session.records
        )
        packets = sum(m.opened.outer is not None for m in self.packets.rtp + self.packets.rtcp)
        return records + packets

    @cached_property
    def closed(self) -> Part:
        """Parts that the capture has and that no secret at hand opens."""
        found = Part.NOTHING
        carriers = {id(view.tunnel.session) for view in self.tunnels}
        for session, _, _ in self.analysis.dtls_sessions():
            if id(session) not in carriers and not session.has_secret:
                sealed = {s.record.type for s in session.records if s.record.epoch}
                found |= Part.TUNNEL if ContentType.APPLICATION_DATA in sealed else Part.NOTHING
                found |= Part.INNER if ContentType.HANDSHAKE in sealed else Part.NOTHING
        for association in self.analysis.associations:
            found |= Part.INNER if _sealed(association) else Part.NOTHING
        keyed = {id(a) for a in self.analysis.associations if a.hop_keys() is not None}
        media = self.packets.rtp + self.packets.rtcp
        if any(m.opened.outer is None and id(m.association) not in keyed for m in media):
            found |= Part.HOP
        if any(m.opened.outer is not None and m.opened.plain is None for m in self.packets.rtp):
            found |= Part.END if not self.ekt.has_sets else Part.NOTHING
        return found

    def _sessions(self) -> Iterator[DtlsSession]:
        for session, _, _ in self.analysis.dtls_sessions():
            yield session
        for tunnel in self.analysis.tunnels:
            for carried in tunnel.associations.values():
                yield from carried.flow.sessions

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Secrets that would open more, in words."""
        if self.remark:
            return ()
        return tuple(text for part, text in SECRETS.items() if part in self.closed)

    @cached_property
    def remark(self) -> str:
        """What there is to say of a capture with media and nothing of DTLS; empty for any other."""
        about = self.analysis
        keyed = about.associations or about.tunnels or about.dtls_sessions() or about.tls_sessions()
        return NO_HANDSHAKE if Part.HOP in self.closed and not keyed else ""

    def why_not(self, needs: Part, about: str) -> str:
        """Why a rule that looked at nothing did so."""
        if self.remark and needs & (Part.HOP | Part.END):
            return f"{about}: {self.remark}"
        lacking = [text for part, text in SECRETS.items() if part in needs & self._behind]
        if lacking:
            return f"{about}: needs {' and '.join(lacking)}"
        return f"the capture shows no {about}"

    @cached_property
    def _behind(self) -> Part:
        """What is closed, with what is inside of it."""
        found = self.closed
        if Part.TUNNEL in found:
            found |= Part.INNER if not self.analysis.tunnels else Part.NOTHING
        if found & (Part.TUNNEL | Part.INNER):
            found |= Part.END if not self.ekt.has_sets else Part.NOTHING
        return found


def _sealed(association: Association) -> bool:
    return any(
        seen.content is None and not session.has_secret
        for session in association.sessions
        for seen in session.records
    )
