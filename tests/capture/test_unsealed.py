# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs: a tunnel without its session, DTLS that was open when it was written."""

from __future__ import annotations

import io

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.key_material import KeyMaterial
from perc_scapy.capture.unsealed import UnsealedFlow, UnseenSession
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.conform.judging import judge
from perc_scapy.explain.report import explain
from perc_scapy.keys.share import shared, write_shared
from perc_scapy.pcap.exported import TUNNEL, ExportedPduWriter
from perc_scapy.pcap.packets import datagrams
from tests.capture.handmade import HandmadeConference, three_flows
from tests.keys.files import frames


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


def read_again(talk: HandmadeConference, keylog=None, **options) -> Analysis:
    stream = io.BytesIO()
    write_shared(stream, shared(Analysis(talk.trace, talk.keylog()), **options))
    return Analysis(datagrams(frames(stream.getvalue())), keylog)


def test_the_tunnel_without_its_session(talk: HandmadeConference) -> None:
    before, after = Analysis(talk.trace, talk.keylog()), read_again(talk)
    (old,), (new,) = before.tunnels, after.tunnels
    assert isinstance(new.session, UnseenSession)
    assert (new.version, new.transport) == ("draft00", "exported")
    assert [(m.sender, m.message.dtls) for m in new.messages] == [
        (m.sender, m.message.dtls) for m in old.messages
    ]
    assert list(new.associations) == list(old.associations)
    assert len(after.associations) == len(before.associations)
    assert [item[1:] for item in after.dtls_sessions() if item[0] is new.session] == [
        item[1:] for item in before.dtls_sessions() if item[0] is old.session
    ]


def test_blotted_keys_are_no_keys(talk: HandmadeConference) -> None:
    after = read_again(talk)
    assert any(list(a.key_messages()) for a in after.associations)
    assert [a.hop_keys() for a in after.associations] == [None] * len(after.associations)
    assert not any(a.ekt_keys() for a in after.associations)


def test_keys_that_were_shared_are_keys(talk: HandmadeConference) -> None:
    before, after = Analysis(talk.trace, talk.keylog()), read_again(talk, keys=True)
    for old, new in zip(before.associations, after.associations, strict=True):
        assert new.hop_keys().client.key == old.hop_keys().client.key
        assert [k.parameters.key for k in new.ekt_keys()] == [
            k.parameters.key for k in old.ekt_keys()
        ]


def test_secrets_open_what_is_inside(talk: HandmadeConference) -> None:
    closed, opened = read_again(talk), read_again(talk, talk.keylog())
    assert not any(a.tunneled.ekt_keys() for a in closed.associations)
    assert all(a.tunneled.has_secret and a.exported() for a in opened.associations)
    assert all(a.tunneled.ekt_keys() for a in opened.associations)


def test_nobody_is_blamed_for_what_was_not_exported(talk: HandmadeConference) -> None:
    for keylog in (None, talk.keylog()):
        found = read_again(talk, keylog)
        failed = [r.id for r in judge(found).results if r.result == "fail"]
        assert failed == []
        assert not [e for e in explain(found) if "differs" in e.cause.text]


def test_what_was_opened_gets_its_epoch_back() -> None:
    flow = UnsealedFlow()
    number = iter(range(100))

    def send(who: str, kind: int, body: bytes) -> None:
        head = bytes((kind,)) + b"\xfe\xfd" + next(number).to_bytes(8, "big")
        flow.add(1, 0.0, who, head + len(body).to_bytes(2, "big") + body)

    finished = bytes((HandshakeType.FINISHED,)) + bytes(23)
    certificate = bytes((HandshakeType.CERTIFICATE,)) + bytes(11)
    send("a", ContentType.HANDSHAKE, certificate)
    send("a", ContentType.CHANGE_CIPHER_SPEC, b"\1")
    send("a", ContentType.HANDSHAKE, finished)
    send("a", ContentType.HANDSHAKE, certificate)  # an earlier flight, sent again
    send("b", ContentType.HANDSHAKE, finished)  # whose ChangeCipherSpec has not come
    send("a", ContentType.ALERT, b"\1\0")
    assert [seen.record.epoch for seen in flow.orphans] == [0, 0, 1, 0, 0, 1]
    assert all(seen.content == seen.record.fragment for seen in flow.orphans)


def test_messages_without_addresses(talk: HandmadeConference) -> None:
    stream = io.BytesIO()
    writer = ExportedPduWriter(stream)
    for pdu in shared(Analysis(talk.trace, talk.keylog())):
        if pdu.protocol == TUNNEL:
            writer.packet(0, TUNNEL, pdu.data)
    found = Analysis(datagrams(frames(stream.getvalue())))
    assert [m.fault for tunnel in found.tunnels for m in tunnel.messages if m.fault] == []
    assert len(found.associations) == len(Analysis(talk.trace, talk.keylog()).associations)


def test_octets_that_are_no_messages_make_no_tunnel() -> None:
    stream = io.BytesIO()
    writer = ExportedPduWriter(stream)
    writer.packet(0, TUNNEL, b"nothing of the kind")
    writer.packet(0, TUNNEL, b"")
    found = Analysis(datagrams(frames(stream.getvalue())))
    assert (found.tunnels, found.associations) == ([], [])


def test_in_bounded_memory_too(talk: HandmadeConference) -> None:
    stream = io.BytesIO()
    write_shared(stream, shared(Analysis(talk.trace, talk.keylog())))
    material = KeyMaterial()
    for payload in datagrams(frames(stream.getvalue())):
        material.add(payload)
    assert len(material.analysis(None).tunnels[0].messages) == len(
        read_again(talk).tunnels[0].messages
    )
