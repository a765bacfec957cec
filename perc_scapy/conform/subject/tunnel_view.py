# SPDX-License-Identifier: GPL-2.0-only
"""One tunnel as a judge sees it: every message on the wire, good or bad, and whether the capture has them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from perc_scapy.capture.tunnels import Tunnel
from perc_scapy.codes import ContentType
from perc_scapy.conform.subject import wire_draft00, wire_rfc9185
from perc_scapy.conform.subject.wire import WireMessage

READERS = {"draft00": wire_draft00.read_untrusted, "rfc9185": wire_rfc9185.read_untrusted}


class TunnelView:
    """Messages in capture order, with the side that sent them."""

    def __init__(self, tunnel: Tunnel) -> None:
        self.tunnel = tunnel
        self.version = tunnel.version

    @cached_property
    def messages(self) -> list[WireMessage]:
        """All application data of the tunnel, read."""
        found = list(self._raw())
        reader = READERS.get(self.version, wire_draft00.read_untrusted)
        for message in found:
            reader(message)
        mdd_is_client = _mdd_is_client(found)
        for message in found:
            message.from_mdd = message.from_client == mdd_is_client
        return found

    def _raw(self) -> Iterator[WireMessage]:
        if self.version == "draft00":
            for opened in self.tunnel.session.contents(ContentType.APPLICATION_DATA):
                yield WireMessage(
                    opened.packet, opened.time, opened.from_client, opened.number, opened.content
                )
            return
        for seen in self.tunnel.messages:
            raw: bytes = getattr(seen, "raw", b"")
            yield WireMessage(seen.packet, seen.time, seen.sender == "mdd", 0, raw)

    @property
    def mdd_is_client(self) -> bool:
        """Who dialled: told by what each side sends, as the roles may be the wrong way round."""
        return all(m.from_client == m.from_mdd for m in self.messages[:1])

    def of(self, association_id: bytes | None) -> list[WireMessage]:
        """Messages of one association, in capture order."""
        return self._by_id.get(association_id or b"", [])

    @cached_property
    def by_association(self) -> dict[bytes, list[WireMessage]]:
        """Association id -> its messages."""
        return {id_: group for id_, group in self._by_id.items() if id_}

    @cached_property
    def _by_id(self) -> dict[bytes, list[WireMessage]]:
        found: dict[bytes, list[WireMessage]] = defaultdict(list)
        for message in self.messages:
            found[message.association_id or b""].append(message)
        return dict(found)

    def complete(self, *, from_mdd: bool, until: int) -> bool:
        """No record of that side is missing among those up to packet `until`: what is absent was not sent."""
        if self.version != "draft00":
            return True
        first = self._first_gap[from_mdd]
        return first is None or until < first

    @cached_property
    def _first_gap(self) -> dict[bool, int | None]:
        """Side -> packet from which on its record numbers have a hole."""
        session = self.tunnel.session
        gaps: dict[bool, int | None] = {}
        for from_mdd in (True, False):
            from_client = from_mdd == self.mdd_is_client
            seen = [
                (record.record.number, record.packet)
                for record in session.records
                if record.record.epoch and (record.sender == session.client) == from_client
            ]
            gaps[from_mdd] = _gap(seen)
        return gaps


def _mdd_is_client(messages: list[WireMessage]) -> bool:
    """Profiles and ClientHellos come from the MDD, keys from the KMF. Told by the majority, as one may lie."""
    votes = 0
    for message in messages:
        by_mdd = message.profiles is not None or message.has_client_hello
        if by_mdd or message.keys is not None:
            votes += 1 if message.from_client == by_mdd else -1
    return votes >= 0


def _gap(seen: list[tuple[int, int]]) -> int | None:
    """The packet of the first record number that stands above a missing one."""
    packets: dict[int, int] = {}
    for number, packet in seen:
        packets.setdefault(number, packet)
    numbers = sorted(packets)
    missing = next((n for n, number in enumerate(numbers) if number - numbers[0] != n), None)
    if missing is None:
        return None
    return min(packets[number] for number in numbers[missing:])
