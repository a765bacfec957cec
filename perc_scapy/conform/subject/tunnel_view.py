# SPDX-License-Identifier: GPL-2.0-only
"""One tunnel as a judge sees it: every message on the wire, good or bad, and whether the capture has them all."""

from __future__ import annotations

from bisect import bisect_right
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
        last = self._before_holes[from_mdd]
        return last is None or until <= last

    def settled(self, packet: int) -> bool:
        """All that the MDD sent before `packet` is there: its record numbers run on beyond it without a hole."""
        if self.version != "draft00":
            return True
        later = bisect_right(self._sent_by_mdd, packet)
        return later < len(self._sent_by_mdd) and self.complete(
            from_mdd=True, until=self._sent_by_mdd[later]
        )

    @cached_property
    def _sent_by_mdd(self) -> list[int]:
        return sorted(packet for _, packet in self._numbered(from_mdd=True))

    @cached_property
    def _before_holes(self) -> dict[bool, int | None]:
        return {side: _before_a_hole(self._numbered(from_mdd=side)) for side in (True, False)}

    def _numbered(self, *, from_mdd: bool) -> list[tuple[int, int]]:
        """(number, packet) of the protected records of one side."""
        session, from_client = self.tunnel.session, from_mdd == self.mdd_is_client
        return [
            (seen.record.sequence, seen.packet)
            for seen in session.records
            if seen.record.epoch and (seen.sender == session.client) == from_client
        ]


def _mdd_is_client(messages: list[WireMessage]) -> bool:
    """Profiles and ClientHellos come from the MDD, keys from the KMF. Told by the majority, as one may lie."""
    votes = 0
    for message in messages:
        by_mdd = message.profiles is not None or message.has_client_hello
        if by_mdd or message.keys is not None:
            votes += 1 if message.from_client == by_mdd else -1
    return votes >= 0


def _before_a_hole(seen: list[tuple[int, int]]) -> int | None:
    """The packet of the last record before the first number that is missing: what is lost may have stood right behind.
    None without a hole. Numbers of an epoch begin with 0 (RFC 6347 section 4.1).
    """
    packets: dict[int, int] = {}
    for number, packet in seen:
        packets.setdefault(number, packet)
    missing = next(n for n in range(len(packets) + 1) if n not in packets)
    if missing == len(packets):
        return None
    return packets[missing - 1] if missing else 0
