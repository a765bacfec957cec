# SPDX-License-Identifier: GPL-2.0-only
"""Which secrets there are, by names that are safe to show, and what each of them opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.statements import EktStatement, End, SrtpStatement, Statement
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.pcap.packets import Address

_LONG, _SHOWN = 48, 16
"""Hex digits shown of a client random, which is no secret."""


class Entry(NamedTuple):
    """One secret."""

    kind: str
    """Label of its key log line; `srtp hop`, `srtp end-to-end`, `ekt` for stated keys."""
    name: str
    """What it is found by: client random, SPI, stream."""
    id: str
    """Safe name of the key itself."""
    source: str
    """File it comes from."""
    opens: tuple[str, ...]
    """What of the capture it opens; empty when nothing."""

    @property
    def short(self) -> str:
        """`name` as people compare it."""
        words = self.name.split()
        return " ".join(w if len(w) <= _LONG else w[:_SHOWN] + "…" for w in words)

    def to_json(self) -> dict[str, object]:
        """One JSON object."""
        return self._asdict() | {"opens": list(self.opens)}


def log_entries(log: KeyLog, source: str, analysis: Analysis | None) -> list[Entry]:
    """One entry for each line of a key log."""
    uses = {} if analysis is None else _uses(analysis)
    return [_of_line(line, source, uses) for line in log.to_text().decode("ascii").splitlines()]


def _of_line(line: str, source: str, uses: dict[str, list[str]]) -> Entry:
    label, *name, secret = line.split()
    name[-1] = name[-1].lower()
    key = Key.fromhex(secret.removeprefix("Master-Key:"))
    return Entry(label, " ".join(name), key.id, source, tuple(uses.get(name[-1], ())))


def _uses(analysis: Analysis) -> dict[str, list[str]]:
    """Client random in hex -> sessions whose records its secrets open."""
    found: dict[str, list[str]] = {}
    for what, session, client, server in _sessions(analysis):
        opened = sum(1 for _ in session.protected(opened=True))
        if opened:
            text = f"{what} {client} → {server}, {opened} records"
            found.setdefault(session.client_random.hex(), []).append(text)
    return found


def _sessions(
    analysis: Analysis,
) -> Iterator[tuple[str, DtlsSession | TlsSession, Address | str, Address | str]]:
    tunnels = {id(t.session): f"tunnel ({t.version})" for t in analysis.tunnels}
    for dtls, client, server in analysis.dtls_sessions():
        yield tunnels.get(id(dtls), dtls.version or "DTLS"), dtls, client, server
    for tls, client, server in analysis.tls_sessions():
        yield tunnels.get(id(tls), tls.version or "TLS"), tls, client, server
    for association in analysis.associations:
        if association.tunneled is not None:
            yield "DTLS inside the tunnel", association.tunneled, "endpoint", "KMF"


def stated_entries(statements: Iterable[Statement], media: Iterable[MediaPacket]) -> list[Entry]:
    """One entry for each stated key; `media`: what was read with them."""
    counts: Counter[int] = Counter()
    keys: Counter[str | None] = Counter()
    spis: Counter[int | None] = Counter()
    for packet in media:
        if packet.opened.plain is not None:
            counts[id(packet.stated)] += packet.stated is not None
            keys[packet.opened.key_id] += 1
            spis[packet.opened.spi] += 1
    return [
        _ekt(each, spis[each.parameters.spi])
        if isinstance(each, EktStatement)
        else _srtp(each, counts[id(each)] or keys[each.key.id])
        for each in statements
    ]


def _opens(count: int) -> tuple[str, ...]:
    return (f"{count} packets",) if count else ()


def _srtp(statement: SrtpStatement, count: int) -> Entry:
    scope = statement.scope
    ends = [f"{way} {_end(end)}" for way, end in (("from", scope.src), ("to", scope.dst)) if end]
    ssrc = [] if scope.ssrc is None else [f"SSRC {scope.ssrc:08x}"]
    name = " ".join([SRTP_PROFILES[statement.profile].name, *ssrc, *ends])
    return Entry(f"srtp {statement.layer}", name, statement.key.id, statement.where, _opens(count))


def _end(end: End) -> str:
    return end[0] if end[1] is None else str(Address(end[0], end[1]))


def _ekt(statement: EktStatement, count: int) -> Entry:
    parameters = statement.parameters
    name = f"SPI {parameters.spi:#06x}"
    return Entry("ekt", name, parameters.key.id, statement.where, _opens(count))
