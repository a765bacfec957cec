# SPDX-License-Identifier: GPL-2.0-only
"""Which keys are tried on a datagram, and in which order."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.lanes import MAX_NEIGHBOURS, HopFinder
from perc_scapy.capture.media import own_keys, same_conference
from perc_scapy.crypto import EXPORTER_LABEL, Key, SrtpContext, split_exporter
from perc_scapy.pcap.packets import Address, Datagram
from tests.capture.conversations import keylog_of
from tests.capture.handmade import HandmadeConference, k
from tests.capture.openssl_talk import context, talk
from tests.capture.tables import CLIENT, ENDS, SERVER
from tests.capture.webrtc import RTP_PAIR, A, B, Call, rtp, stun
from tests.dtls.pairs import shuttle

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

GCM, ALLOW_RENEGOTIATION = b"ECDHE-ECDSA-AES128-GCM-SHA256", 1 << 8
FAR = Address("203.0.113.1", 1), Address("203.0.113.2", 2)


def finder(call: Call) -> HopFinder:
    return HopFinder(Analysis(call.trace, call.keylog()).associations, own_keys)


def media(src: Address, dst: Address, number: int = 10**6) -> Datagram:
    return Datagram(number, 0.0, src, dst, rtp(1))


def test_newest_first_and_only_what_has_begun() -> None:
    call = Call().handshake()
    second = len(call.trace) + 1
    call.handshake()
    find = finder(call)
    both = list(find.here(media(B, A)))
    assert [hop.association.first_packet for hop in both] == [second, 1]
    assert [hop.from_endpoint for hop in both] == [False, False]
    assert [hop.association.first_packet for hop in find.here(media(A, B, second))] == [1]
    assert list(find.here(media(*FAR))) == []
    assert next(find.here(media(A, B))) is next(find.here(media(A, B)))


def test_neighbours_by_what_they_have_in_common() -> None:
    call = Call().handshake(*FAR)
    call.handshake(A, B)
    third = Address("192.0.2.77", 7), B
    call.handshake(*third)
    find = finder(call)
    order = [(hop.association.endpoint, hop.from_endpoint) for hop in find.nearby(media(*RTP_PAIR))]
    assert order == [(end, side) for end, side in zip(
        [A, A, third[0], third[0], FAR[0], FAR[0]], [True, False, False, True, False, True], strict=True)]  # fmt: skip
    for pair in (FAR, RTP_PAIR):
        find.ice.add(Datagram(1, 0.0, *pair, stun("x:y")))
    assert find.nearby(media(*RTP_PAIR))[0].association.endpoint == FAR[0]


def test_an_association_between_these_addresses_is_no_neighbour_and_few_are_tried() -> None:
    call = Call()
    for n in range(MAX_NEIGHBOURS + 3):
        call.handshake(Address("192.0.2.10", 1000 + n), B)
    find = finder(call)
    near = find.nearby(media(Address("192.0.2.10", 1000), B))
    assert len({id(hop.association) for hop in near}) == MAX_NEIGHBOURS
    assert all(hop.association.endpoint.port != 1000 for hop in near)


def test_no_keys_no_neighbour() -> None:
    call = Call().handshake()
    find = HopFinder(Analysis(call.trace).associations, own_keys)
    assert find.nearby(media(*RTP_PAIR)) == []
    (hop,) = find.here(media(A, B))
    assert (hop.reader, hop.profile) == (None, 7)


def test_conferences_are_kept_apart_and_ones_own_keys_come_first() -> None:
    one, other = HandmadeConference(seed="one"), HandmadeConference(seed="other")
    one.join("A", k(1))
    one.join("B", k(2))
    other.join("C", k(3))
    associations = Analysis(one.trace, one.keylog()).associations
    ring = same_conference(associations)
    assert [r.parameters.spi for r in ring(associations[1])] == [2, 1]
    for association in associations:
        association.carrier = None  # the tunnel was not seen: the MDD's address tells
    (stranger,) = Analysis(other.trace, other.keylog()).associations
    stranger.carrier, stranger.mdd = None, Address("192.0.2.1", 5004)
    both = same_conference([*associations, stranger])
    assert [r.parameters.spi for r in both(associations[0])] == [1, 2]
    assert [r.parameters.spi for r in both(stranger)] == [3]


def test_a_profile_that_nobody_knows_has_no_reader(monkeypatch) -> None:
    """Octets of a handshake may name anything, also where the tunnel brought keys."""
    talk = HandmadeConference()
    talk.join("A", k(1))
    (association,) = Analysis(talk.trace, talk.keylog()).associations
    monkeypatch.setattr(type(association), "srtp_profile", 0x3F)
    monkeypatch.setattr(type(association), "exported", lambda self: None)
    monkeypatch.setattr(DtlsSession, "all_exported_keys", lambda self: [])
    assert association.hop_keys() is not None
    ends = association.endpoint, association.mdd
    (hop,) = HopFinder([association], own_keys).here(media(*ends))
    assert (hop.reader, hop.profile) == (None, 0x3F)


def test_media_under_the_keys_of_each_handshake() -> None:
    """OpenSSL renegotiates (RFC 5764 section 5.2): media go over to the new keys, late packets stay under the old."""
    lines: list[str] = []
    ctx = context(GCM, lines, options=ALLOW_RENEGOTIATION, srtp=b"SRTP_AEAD_AES_128_GCM")
    said = talk(GCM, ctx=ctx)
    before = said.client.export(EXPORTER_LABEL, 56)
    said.client.connection.renegotiate()
    said.client.established = False
    said.client.start(0.0)
    log = said.log + shuttle(said.client, said.server)
    after = said.client.export(EXPORTER_LABEL, 56)
    assert before != after
    trace = [Datagram(n, n / 10, *ENDS[who], data) for n, (who, data) in enumerate(log, 1)]
    contexts = [SrtpContext(7, *split_exporter(7, Key(m)).client) for m in (before, after)]
    for seq, which in enumerate((0, 0, 1, 0, 1, 1), 1):
        wire = contexts[which].protect(rtp(seq))
        trace.append(Datagram(len(trace) + 1, 9.0 + seq, CLIENT, SERVER, wire))
    analysis = Analysis(trace, keylog_of(lines))
    ((session, _, _),) = analysis.dtls_sessions()
    exported = [keys.client.key for _, keys in session.all_exported_keys()]
    assert exported == [before[:16], after[:16]]
    assert [packet.rtp for packet in analysis.media] == [rtp(seq) for seq in range(1, 7)]
