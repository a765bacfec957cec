# SPDX-License-Identifier: GPL-2.0-only
"""Expert information that no single layer can give: what the analysis noted, repeats, gaps, keys past their time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.repeats import repeats
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.capture.tunnels import SeenMessage
from perc_scapy.view.expert import Expert
from perc_scapy.view.media_watch import MediaWatch
from perc_scapy.view.parts import Part

if TYPE_CHECKING:
    from perc_scapy.view.viewed import Viewed

KEY_LAYERS = {"DTLSEKTKey", "SRTPKeyInformation", "TunnelMediaKeys"}
"""Layers with key octets: nobody should see them without a key."""
_KEYED = ("dtls", "perc_tunnel")


class Remarks:
    """Feed views in capture order, or `prepare` with all media and ask in any."""

    def __init__(self, analysis: Analysis) -> None:
        self._by_packet: dict[int, list[Expert]] = defaultdict(list)
        self.general: list[Expert] = []
        """What belongs to no packet."""
        self._watch = MediaWatch(analysis)
        self._prepared: dict[int, list[Expert]] | None = None
        self._refused: dict[int, list[SeenMessage]] = defaultdict(list)
        for tunnel in analysis.tunnels:
            for seen in tunnel.messages:
                if seen.message is None:
                    self._refused[seen.packet].append(seen)
        for note in getattr(analysis, "notes", ()):
            if any(seen.fault == note.text for seen in self._refused.get(note.packet or 0, ())):
                continue  # said below, as an error
            remark = Expert(note.severity, note.text)
            (self.general if note.packet is None else self._by_packet[note.packet]).append(remark)
        for session, _, _ in analysis.dtls_sessions():
            self._repeats(session)
        for tunnel in analysis.tunnels:
            for carrier in tunnel.associations.values():
                for session in carrier.flow.sessions:
                    self._repeats(session, "tunneled ")

    def prepare(self, media: Iterable[MediaPacket]) -> None:
        """Look at all media now: packets may then be asked for in any order."""
        self._prepared = {m.number: found for m in media if (found := self._watch.see(m))}

    def of(self, view: Viewed) -> list[Expert]:
        """Remarks on a packet, beside those that its layers make."""
        found = list(self._by_packet.get(view.number, ()))
        found += [
            Expert("error", seen.fault)
            for seen in self._refused.get(view.number, ())
            if not any(_says_it(part, seen) for part in view.parts)
        ]
        media = view.media
        if media is not None:
            if self._prepared is None:
                found += self._watch.see(media)
            else:
                found += self._prepared.get(view.number, ())
        elif any(map(_has_clear_keys, view.parts)):
            found.append(Expert("error", "key octets in clear"))
        if view.payload is not None and view.payload.missing:
            text = f"{view.payload.missing} octets are missing in the capture"
            found.append(Expert("warning", text))
        return found

    def _add(self, packet: int, remark: Expert) -> None:
        if remark not in self._by_packet[packet]:
            self._by_packet[packet].append(remark)

    def _repeats(self, session: SecuredSession, where: str = "") -> None:
        for packet, what in repeats(session):
            self._add(packet, Expert("note", f"{where}DTLS: {what}"))


def _says_it(part: Part, seen: SeenMessage) -> bool:
    """The layer finds the fault by itself: not what is wrong only in this direction."""
    if part.protocol != "perc_tunnel" or part.data != seen.raw:
        return False
    return any(remark.severity == "error" for remark in part.faults())


def _has_clear_keys(part: Part) -> bool:
    return not part.decrypted and part.protocol in _KEYED and _shows_keys(part.tree())


def _shows_keys(tree: Any) -> bool:
    if isinstance(tree, dict):
        return tree.get("layer") in KEY_LAYERS or any(map(_shows_keys, tree.values()))
    return isinstance(tree, list) and any(map(_shows_keys, tree))
