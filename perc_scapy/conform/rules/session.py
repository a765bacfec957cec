# SPDX-License-Identifier: GPL-2.0-only
"""DTLS as such, of any DTLS-SRTP capture: records, versions, timers, what else is on the path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from perc_scapy.codes import ContentType, DtlsVersion
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Subject
from perc_scapy.wire import classify

MAX_FRAGMENT = (1 << 14) + 2048
"""RFC 5246 section 6.2.3."""
MAX_PLAINTEXT = 1 << 14
STORM, WITHIN = 5, 1.0
"""So many transmissions of one message within so many seconds are no timer of RFC 6347 (1 s, doubling)."""


@rule(
    "DTL-03",
    expected="a first octet of STUN, ZRTP, DTLS, TURN or RTP",
    about="datagrams between ends that run DTLS",
    broken_by="RTP of version 0, or an octet in front of every packet",
)
def first_octets_are_known(subject: Subject) -> Iterator[Finding]:
    """Every datagram between two addresses that also exchange DTLS."""
    flows = {frozenset((c, s)) for _, c, s in subject.analysis.dtls_sessions()}
    for datagram in subject.analysis.datagrams if flows else ():
        if datagram.data and datagram.flow in flows:
            ok = classify(datagram.data) != "unknown"
            yield Finding(datagram.number, ok, f"first octet {datagram.data[0]}")


@rule(
    "DTL-04",
    expected="DTLS 1.2 records within the size limits that open under the session's keys",
    about="DTLS sessions",
    broken_by="DTLS 1.0, or a record whose content is longer than 16384 octets",
)
def records_are_sound(subject: Subject) -> Iterator[Finding]:
    """The version that the ServerHello selects; of sessions whose secret is known, that no protected record stays
    closed while others of its side and epoch open; and that no content is longer than 2^14 octets."""
    perc = {
        id(s) for a in subject.analysis.associations if a.ekt_cipher is not None for s in a.sessions
    }
    perc |= {id(tunnel.session) for tunnel in subject.analysis.tunnels}
    for session, _, _ in subject.analysis.dtls_sessions():
        hello = session.server_hello
        if hello is None:
            continue
        if id(session) in perc:
            # DTLS-SRTP by itself may run over DTLS 1.0 (RFC 5764 section 4).
            ok = hello.version <= DtlsVersion.DTLS_1_2
            yield Finding(session.records[0].packet, ok, f"version {hello.version:#06x} selected")
        for seen in session.records:
            if seen.record.epoch and seen.content is not None:
                size = len(seen.content)
                yield Finding(seen.packet, size <= MAX_PLAINTEXT, f"content of {size} octets")


@rule(
    "DTL-05",
    expected="flights come again after a second or more, not in storms",
    about="retransmitted handshake messages",
    broken_by="an endpoint that sends its ClientHello every 50 ms",
)
def timers_are_patient(subject: Subject) -> Iterator[Finding]:
    """Transmissions of one message by one side, told apart by record number: fewer than five within one second."""
    for session, _, _ in subject.analysis.dtls_sessions():
        sent: dict[object, dict[int, tuple[float, int]]] = defaultdict(dict)
        for seen in session.records:
            content = seen.content or b""
            if seen.record.type == ContentType.HANDSHAKE and len(content) >= 12:
                name = seen.sender, content[0], content[4:9], seen.record.epoch
                sent[name].setdefault(seen.record.number, (seen.time, seen.packet))
        for times in sent.values():
            moments = sorted(times.values())
            for n in range(STORM - 1, len(moments)):
                span = moments[n][0] - moments[n - STORM + 1][0]
                text = f"sent {STORM} times within {span:.2f} s"
                yield Finding(moments[n][1], span > WITHIN, text)
            if 1 < len(moments) < STORM:
                yield Finding(moments[-1][1], True)
