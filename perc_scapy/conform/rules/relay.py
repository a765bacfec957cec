# SPDX-License-Identifier: GPL-2.0-only
"""What the MDD does with datagrams: DTLS both ways, and media only when it has the keys."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.inner import InnerView
from perc_scapy.conform.subject.packets import Heard
from perc_scapy.dtls.record import encode_record, split_records
from perc_scapy.pcap.packets import Address
from perc_scapy.wire import classify

RELAYED = "datagrams of endpoints whose link and tunnel are both captured"
PATIENCE = 4
"""Datagrams in a row that may be missing on the other side: losses between tap and MDD happen, once or twice."""


@rule(
    "T00-MDD-07",
    "SLD-FUN-03",
    "R8871-03",
    expected="every DTLS datagram is passed on, octet for octet, both ways",
    about=RELAYED,
    needs=Part.TUNNEL,
    broken_by="an MDD that cuts the endpoint's datagrams, or keeps them",
    shown_in="violation-dtls-split",
)
def dtls_is_passed_on(subject: Subject) -> Iterator[Finding]:
    """Everything tunneled for an association is on its endpoint's link with the same octets; and of what the
    endpoint or the KMF sends, no four datagrams in a row are missing on the other side."""
    both = links(subject)
    for view in subject.tunneled("draft00"):
        endpoint = seen_endpoint(view)
        if endpoint is not None:
            up, down = both[endpoint]
            yield from _unaltered(subject, view, up)
            yield from _never_passed(view, down)
    yield from whole_answers(subject)


def _unaltered(subject: Subject, view: InnerView, up: set[bytes]) -> Iterator[Finding]:
    """Tunneled datagrams against the link. Where packets are missing nothing is said of one that the link lacks, unless
    a record of the same number is there with other octets."""
    session = view.association.direct
    sent = [s.record for s in session.records if s.sender == session.client] if session else []
    known = {record.number: record.fragment for record in sent}
    for message in view.messages:
        if message.dtls and message.from_mdd:
            ok = message.dtls in up
            other = any(known.get(r.number, r.fragment) != r.fragment for r in message.records)
            if ok or other or subject.whole:
                yield Finding(message.packet, ok, "octets that no endpoint sent")


def whole_answers(subject: Subject) -> Iterator[Finding]:
    """DTLS datagrams toward endpoints: each is one dtls_message of the KMF, never a part of one."""
    answers: dict[object, set[bytes]] = defaultdict(set)
    for view in subject.tunneled("draft00"):
        endpoint = seen_endpoint(view)
        if endpoint is not None:
            said = (bytes(m.dtls) for m in view.messages if not m.from_mdd and m.dtls)
            answers[endpoint].update(said)
    pieces = {end: {r for one in said for r in _records(one)} for end, said in answers.items()}
    for datagram in subject.analysis.datagrams if answers else ():
        end = datagram.dst
        if end in answers and classify(datagram.data) == "dtls":
            if datagram.data in answers[end]:
                yield Finding(datagram.number, True)
            elif any(record in pieces[end] for record in _records(datagram.data)):
                yield Finding(datagram.number, False, "a part of what the KMF sent")


def _records(datagram: bytes) -> list[bytes]:
    """Records that are like no other: a ChangeCipherSpec is."""
    return [
        encode_record(r.type, r.number, r.fragment, r.version)
        for r in split_records(datagram)[0]
        if len(r.fragment) >= 16
    ]


def seen_endpoint(view: InnerView) -> Address | None:
    """The endpoint, if the datagrams of its link are in the capture as they passed."""
    direct = view.association.direct
    return None if direct is None or not direct.as_sent else view.association.endpoint


def links(subject: Subject) -> dict[object, tuple[set[bytes], set[bytes]]]:
    """Address -> (datagrams that it sent, datagrams that it was sent)."""
    found: dict[object, tuple[set[bytes], set[bytes]]] = defaultdict(lambda: (set(), set()))
    for datagram in subject.analysis.datagrams:
        found[datagram.src][0].add(datagram.data)
        found[datagram.dst][1].add(datagram.data)
    return found


def _never_passed(view: InnerView, down: set[bytes]) -> Iterator[Finding]:
    """Runs of datagrams that one side of the MDD has and the other lacks."""
    tunneled = {m.dtls for m in view.messages if m.from_mdd}
    session = view.association.direct
    sent: dict[int, bool] = {}
    if session is not None and view.alone:
        datagrams = {s.packet for s in session.records if s.sender == session.client}
        sent = {p: d in tunneled for p, d in _data(view, datagrams)}
    answers = {m.packet: m.dtls in down for m in view.messages if not m.from_mdd and m.dtls}
    for passed, what in ((sent, "the endpoint"), (answers, "the KMF")):
        run = 0
        for packet, ok in sorted(passed.items()):
            run = 0 if ok else run + 1
            yield Finding(packet, run < PATIENCE, f"{run} datagrams of {what} were kept back")


def _data(view: InnerView, packets: set[int]) -> Iterator[tuple[int, bytes]]:
    session = view.association.direct
    parts: dict[int, list[bytes]] = defaultdict(list)
    for seen in session.records if session is not None else ():
        if seen.packet in packets:
            record = seen.record
            whole = encode_record(record.type, record.number, record.fragment, record.version)
            parts[seen.packet].append(whole)
    return ((packet, b"".join(pieces)) for packet, pieces in parts.items())


@rule(
    "T00-MDD-09",
    expected="the DTLS of a message with keys goes on to the endpoint as well",
    about="key information for endpoints whose link is captured",
    needs=Part.TUNNEL,
    broken_by="an MDD that takes the keys and swallows the Finished beside them",
)
def dtls_beside_keys_is_passed_on(subject: Subject) -> Iterator[Finding]:
    """The KMF's last flight is found on the link; one may be lost, but not each of two or more."""
    both = links(subject)
    for view in subject.tunneled("draft00"):
        flights = [m for m in view.key_messages if m.dtls]
        endpoint = seen_endpoint(view)
        if endpoint is None or not flights:
            continue
        down = both[endpoint][1]
        passed = any(m.dtls in down for m in flights)
        if passed or len(flights) > 1:
            yield Finding(flights[-1].packet, passed, "the flight beside the keys was kept back")


@rule(
    "T00-MDD-14",
    expected="no media to an endpoint before the keys of its hop have come",
    about="media toward endpoints whose keys are seen to arrive",
    needs=Part.TUNNEL,
    broken_by="an MDD that forwards media to whoever has sent a ClientHello",
)
def media_waits_for_keys(subject: Subject) -> Iterator[Finding]:
    """SRTP and SRTCP from the MDD to an endpoint, in packets after its ClientHello: none stands before its first
    key information."""
    waiting = _waiting(subject)
    for datagram in subject.analysis.datagrams if waiting else ():
        wait = waiting.get(datagram.dst)
        if wait is not None and classify(datagram.data) in ("rtp", "rtcp"):
            early = wait.first < datagram.number < wait.keyed
            if wait.certain or not early:
                yield Finding(datagram.number, not early, "media before key information")


class _Wait(NamedTuple):
    """From an endpoint's ClientHello to its first keys; `certain`: no message of the KMF is missing before these."""

    first: int
    keyed: int
    certain: bool


def _waiting(subject: Subject) -> dict[object, _Wait]:
    """By endpoint; only the first association of an address."""
    found: dict[object, _Wait] = {}
    for view in subject.tunneled("draft00"):
        endpoint, keys, tunnel = view.association.endpoint, view.key_messages, view.tunnel
        if endpoint is not None and tunnel is not None and keys and endpoint not in found:
            packet = keys[0].packet
            certain = tunnel.complete(from_mdd=False, until=packet)
            found[endpoint] = _Wait(view.association.first_packet, packet, certain)
    return found


@rule(
    "T00-MDD-08",
    "R8871-11",
    "SLD-FUN-02",
    expected="media of a hop is under the keys that the KMF gave for this hop",
    about="hops with media and known keys",
    needs=Part.HOP,
    broken_by="an MDD that uses one endpoint's keys toward another",
)
def hops_use_their_own_keys(subject: Subject) -> Iterator[Finding]:
    """Packets from the MDD authenticate under the server keys of their receiver. Those that open with the keys of
    another hop are a fault; so are three that nothing opens, on a hop where nothing opens at all."""
    opened: Counter[object] = Counter()
    wrong = {id(m): name for m, name in subject.doubts.foreign if not m.from_endpoint}
    for m in subject.packets.rtp + subject.packets.rtcp:
        if not m.from_endpoint and m.association is not None and m.opened.outer is not None:
            opened[m.datagram.dst] += id(m) not in wrong
            text = f"opens with the keys of {wrong.get(id(m))}"
            yield Finding(m.number, id(m) not in wrong, text)
    sealed: Counter[object] = Counter()
    for doubt in subject.doubts.closed:
        if doubt.m.from_endpoint:
            continue
        sealed[doubt.m.datagram.dst] += 1
        if doubt.foreign_hop:
            yield Finding(doubt.m.number, False, f"opens with the keys of {doubt.foreign_hop}")
        elif not opened[doubt.m.datagram.dst] and sealed[doubt.m.datagram.dst] >= 3:
            yield Finding(doubt.m.number, False, "opens with no key of the hop")


@rule(
    "R8871-09",
    expected="the MDD relays only what authenticated on its ingress hop",
    about="relayed packets whose ingress is captured",
    needs=Part.HOP,
    broken_by="an MDD that forwards a packet whose tag is wrong",
)
def only_authentic_packets_are_relayed(subject: Subject) -> Iterator[Finding]:
    """Each relayed packet has an ingress copy that authenticated. One that has none, while a packet with its SSRC,
    timestamp and number failed to authenticate before, was relayed unchecked."""
    for _, out in subject.packets.relayed:
        yield Finding(out.number, True)
    failed = {}
    for m in subject.packets.closed:
        if m.from_endpoint:
            failed[m.datagram.data[2:12]] = m.number
    relayed = {id(out) for _, out in subject.packets.relayed}
    for heard in subject.packets.heard if failed else ():
        if heard.m.from_endpoint or id(heard) in relayed:
            continue
        name = heard.original_seq.to_bytes(2, "big") + heard.header[4:12]
        if name in failed and failed[name] < heard.number:
            text = f"packet {failed[name]} did not authenticate and was relayed"
            yield Finding(heard.number, False, text)


@rule(
    "R8871-13",
    "FW16-09",
    expected="one inner packet toward one receiver once",
    about="packets toward endpoints with two layers",
    needs=Part.HOP,
    broken_by="an MDD that seals an old packet again at a fresh outer index",
    shown_in="violation-replay-relayed",
)
def inner_packets_leave_once(subject: Subject) -> Iterator[Finding]:
    """Inner octets toward each endpoint: a second copy under another outer index is an end-to-end replay, which only
    the receiver's own list stops."""
    seen: dict[object, Heard] = {}
    for heard in subject.packets.heard:
        if heard.double and not heard.m.from_endpoint and not heard.ohb_fault:
            before = seen.setdefault((subject.packets.hop(heard.m), heard.body), heard)
            ok = before is heard or heard.m.datagram.data == before.m.datagram.data
            yield Finding(heard.number, ok, f"the packet that left as {before.number} leaves again")


@rule(
    "R8871-12",
    expected="no packet that came again is relayed again",
    about="relayed packets whose ingress is captured",
    needs=Part.HOP,
    broken_by="an MDD without a replay list",
)
def replays_are_not_relayed(subject: Subject) -> Iterator[Finding]:
    """A datagram that came a second time at the ingress, and a copy of what was made of it that left after that."""
    again = _came_again(subject)
    for _, out in subject.packets.relayed:
        yield Finding(out.number, True)
    for m in subject.packets.rtp:
        if not m.from_endpoint and m.opened.repeat and m.opened.outer is None:
            first = again["out"].get(m.datagram.data)
            back = again["in"].get(m.datagram.data[4:12] + m.datagram.data[2:4])
            if first and back and first < back < m.number:
                yield Finding(m.number, False, f"left as {first}, came again as {back}, left again")


def _came_again(subject: Subject) -> dict[str, dict[bytes, int]]:
    """`in`: timestamp, SSRC and number of what came twice -> its second packet; `out`: datagram -> first packet."""
    seen: set[bytes] = set()
    found: dict[str, dict[bytes, int]] = {"in": {}, "out": {}}
    for m in subject.packets.rtp:
        data = m.datagram.data
        if not m.from_endpoint:
            found["out"].setdefault(data, m.number)
        elif data in seen:
            found["in"].setdefault(data[4:12] + data[2:4], m.number)
        else:
            seen.add(data)
    return found
