# SPDX-License-Identifier: GPL-2.0-only
"""Records that nobody owns: a handshake that begins before the capture, and ends whose addresses changed on the way.

Both are settled by trial, with the keys at hand on a few records, and never more often than a budget allows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.handshakes import Assembly
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.openers import Opener, can_open
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.secured import Move, parse_server_hello
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import ServerHello

MAX_TRIALS = 20_000
"""Records tried under keys that need not be theirs, in one capture: about a second."""


class Trials:
    """A budget of trials."""

    def __init__(self, left: int = MAX_TRIALS) -> None:
        self.left = left

    def take(self) -> bool:
        """One trial; False when there is none left."""
        self.left -= 1
        return self.left >= 0


class _Hello(NamedTuple):
    server: Hashable
    hello: ServerHello


# -- a ClientHello that the capture lacks


def recover(flow: DtlsFlow, keylog: KeyLog, trials: Trials) -> bool:
    """Find the client random of ServerHellos without a ClientHello among those of the key log."""
    found = False
    different = {(server, hello.random): hello for server, hello in _lonely_hellos(flow)}
    samples: list[SeenRecord] = []
    for (server, _), hello in different.items():
        samples = samples or [seen for seen in _closed(flow) if seen.record.epoch == 1]
        if not samples:
            break
        opener = _search(flow, server, hello, samples, keylog, trials)
        client = flow.peer_of(server)
        if opener is not None and client is not None:
            _take_over(flow, DtlsSession(client, opener.client_random), opener)
            found, samples = True, []  # some of them are open now
    return found


def _closed(flow: DtlsFlow) -> Iterator[SeenRecord]:
    for records in (flow.orphans, *(session.records for session in flow.sessions)):
        yield from (seen for seen in records if seen.content is None)


def _lonely_hellos(flow: DtlsFlow) -> Iterator[_Hello]:
    """ServerHellos before any ClientHello, and those that no key of their session agrees with."""
    for server, body in _hellos_in(flow.orphans):
        hello = parse_server_hello(body)
        if hello is not None and can_open(hello):
            yield _Hello(server, hello)
    for session in flow.sessions:
        server = flow.peer_of(session.client)
        used = session.opener.hello if session.opener and session.opener.confirmed else None
        for message in session.server_hellos():
            hello = parse_server_hello(message.body)
            if server is not None and hello is not None and hello != used and can_open(hello):
                yield _Hello(server, hello)


def _hellos_in(records: Iterable[SeenRecord]) -> Iterator[tuple[Hashable, bytes]]:
    assemblies: dict[Hashable, Assembly] = {}
    for seen in records:
        if seen.record.type == ContentType.HANDSHAKE and seen.content is not None:
            for message in assemblies.setdefault(seen.sender, Assembly()).add(seen, False):
                if message.type == HandshakeType.SERVER_HELLO:
                    yield seen.sender, message.body


def _search(
    flow: DtlsFlow,
    server: Hashable,
    hello: ServerHello,
    samples: list[SeenRecord],
    keylog: KeyLog,
    trials: Trials,
) -> Opener | None:
    taken = {session.client_random for session in flow.sessions}
    sample = next((s for s in samples if s.sender == server), next(iter(samples), None))
    if sample is None:
        return None
    for random, master in keylog.masters():
        if random not in taken:
            if not trials.take():
                return None
            opener = Opener(hello, master, random)
            if opener.open(sample.record, sample.sender != server) is not None:
                return opener
    return None


def _take_over(flow: DtlsFlow, session: DtlsSession, opener: Opener) -> None:
    """A session of its own, with all orphans; records that wrongly went to others find it when the flow is resolved."""
    session.adopt(opener)
    session.records, flow.orphans = flow.orphans, []
    if not session.records:
        for other in flow.sessions:
            mine = [seen for seen in other.records if seen.content is None and session.open(seen)]
            gone = {id(seen) for seen in mine}
            other.records = [seen for seen in other.records if id(seen) not in gone]
            session.records += mine
    flow.append(session)


# -- addresses that changed


class Home(NamedTuple):
    """A session whose keys have opened something, and the flow that it is of."""

    flow: DtlsFlow
    session: DtlsSession


def homes(flows: Iterable[DtlsFlow]) -> list[Home]:
    """Where records of other flows may belong."""
    every = (Home(flow, session) for flow in flows for session in flow.sessions)
    return [home for home in every if home.session.opener and home.session.opener.confirmed]


def rebind(flow: DtlsFlow, known: list[Home], trials: Trials) -> bool:
    """Give records that nobody's keys open in this flow to a session of another flow, if its keys do."""
    samples: dict[Hashable, SeenRecord] = {}
    for seen in _closed(flow):
        samples.setdefault(seen.sender, seen)
    if not samples or trials.left <= 0:
        return False
    # A NAT changes one end and leaves the other.
    others = [home for home in known if home.flow is not flow]
    for home in sorted(others, key=lambda home: not flow.ends.keys() & home.flow.ends.keys()):
        clients = _directions(home.session, samples.values(), trials)
        if clients is not None:
            _move(flow, home.flow, home.session, clients)
            return True
        if trials.left <= 0:
            break
    return False


def _directions(
    session: DtlsSession, samples: Iterable[SeenRecord], trials: Trials
) -> dict[Hashable, bool] | None:
    """Which senders are the client, when the session's keys open what they sent."""
    found: dict[Hashable, bool] = {}
    for seen in samples:
        for from_client in (True, False):
            if trials.take() and session.opens(seen.record, from_client=from_client):
                found[seen.sender] = from_client
    return found or None


def _move(
    flow: DtlsFlow, home: DtlsFlow, session: DtlsSession, clients: dict[Hashable, bool]
) -> None:
    """Records keep the session's own names for their senders, so that directions stay what they are."""
    server = home.peer_of(session.client)
    client_now = next((end for end, is_client in clients.items() if is_client), None)
    server_now = next((end for end, is_client in clients.items() if not is_client), None)
    client_now = client_now or flow.peer_of(server_now)
    moved = []
    for seen in list(_closed(flow)):
        seen_from = seen.sender
        seen.sender = session.client if seen_from == client_now else server
        if session.open(seen):
            moved.append(seen)
        else:
            seen.sender = seen_from
    _remove(flow, moved)
    session.records += moved
    if moved:
        server_now = server_now or flow.peer_of(client_now)
        session.moves.append(Move(min(seen.packet for seen in moved), client_now, server_now))


def _remove(flow: DtlsFlow, moved: list[SeenRecord]) -> None:
    gone = {id(seen) for seen in moved}
    flow.orphans = [seen for seen in flow.orphans if id(seen) not in gone]
    for session in flow.sessions:
        session.records = [seen for seen in session.records if id(seen) not in gone]
