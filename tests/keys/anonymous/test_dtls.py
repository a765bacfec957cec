# SPDX-License-Identifier: GPL-2.0-only
"""DTLS datagrams: whole and in pieces, repeated and cut anew."""

from __future__ import annotations

import random

import pytest

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.codes import HandshakeType
from perc_scapy.dtls.codec import decode_certificate, encode_fragment
from perc_scapy.dtls.record import encode_record
from perc_scapy.keys.anonymous.dtls import DtlsNames
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from tests.capture.conversations import observed, recorded
from tests.dtls.pairs import identity

SEED = Pseudonyms(bytes(32))


def names() -> DtlsNames:
    return DtlsNames(SEED)


def anonymous(log: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    found = names()
    for sender, data in log:
        found.learn(sender, data)
    return [(sender, found.anonymous(sender, data)) for sender, data in log]


def certificates(flow: DtlsFlow) -> list[bytes]:
    (session,) = flow.sessions
    return [
        decode_certificate(session.first(HandshakeType.CERTIFICATE, side).body)[0]
        for side in (True, False)
    ]


@pytest.mark.parametrize("mtu", [1200, 200])
def test_conversations_still_decrypt_and_nobody_is_named(mtu: int) -> None:
    talk = recorded("anonymous", mtu=mtu)
    new = anonymous(talk.log)
    assert [len(data) for _, data in new] == [len(data) for _, data in talk.log]
    flow = observed(new, talk.keylog)
    (session,) = flow.sessions
    contents = [each.content for each in session.contents(23)]
    assert contents == [b"from the client", b"from the server"]
    assert len(session.messages) == len(observed(talk.log, talk.keylog).sessions[0].messages)
    octets = b"".join(data for _, data in new)
    for name, found in zip(("client", "server"), certificates(flow), strict=True):
        real = identity(name).certificate
        assert len(found) == len(real)
        assert found != real
        assert real[-30:-10] not in octets


def test_repeats_in_other_pieces_get_the_same_stand_in() -> None:
    body = next(
        m.body
        for m in observed(recorded().log).sessions[0].messages
        if m.type == HandshakeType.CERTIFICATE
    )
    pieces = [(0, 100), (100, 250), (50, 180), (250, len(body)), (0, len(body))]
    log = [
        ("s", encode_record(22, n, encode_fragment(11, len(body), 2, a, body[a:b])))
        for n, (a, b) in enumerate(pieces)
    ]
    random.Random(3).shuffle(log)
    new = [data[25:] for _, data in anonymous(log)]
    whole = next(data for data in new if len(data) == len(body))
    old = [data[25:] for _, data in log]
    for was, now in zip(old, new, strict=True):
        at = body.index(was)
        assert now == whole[at : at + len(now)]


def test_a_piece_whose_rest_is_missing_becomes_zeros() -> None:
    piece = encode_record(22, 0, encode_fragment(11, 500, 2, 100, b"certificate of alice"))
    ((_, new),) = anonymous([("s", piece)])
    assert new == piece[:25] + bytes(20)
    done = encode_record(22, 0, encode_fragment(14, 500, 2, 100, b"not a name"))
    assert anonymous([("s", done)]) == [("s", done)]


def test_two_handshakes_between_the_same_ends_are_not_mixed() -> None:
    first, second = (recorded(seed, mtu=150).log for seed in ("one", "two"))
    new = anonymous([*first, *second])
    for log, part in ((first, new[: len(first)]), (second, new[len(first) :])):
        assert certificates(observed(part)) == certificates(observed(anonymous(log)))


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b"\x16alice", 0),
        (b"\x17\xfe\xfd" + bytes(8) + b"\0\5alice", 13),  # application data that is not encrypted
        (b"\x17\xfe\xfd\0\1" + bytes(6) + b"\0\5alice", 18),
        (b"\x2falice", 0),  # a record of DTLS 1.3, or a text: there was no handshake
        (b"\x16\xfe\xfd" + bytes(8) + b"\0\5alice", 13),  # a handshake record without a message
        (b"\x15\xfe\xfd" + bytes(8) + b"\0\2\1\0rest", 15),
    ],
)
def test_what_may_be_read_and_is_no_handshake(data: bytes, kept: int) -> None:
    assert names().anonymous("s", data) == data[:kept] + bytes(len(data) - kept)


def test_short_records_of_dtls13_after_a_handshake() -> None:
    log = [
        ("c", encode_record(22, 0, encode_fragment(2, 4, 0, 0, b"hell"))),
        ("c", b"\x2f\0\1\0\5alice"),
    ]
    assert anonymous(log) == log
