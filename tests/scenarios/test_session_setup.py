# SPDX-License-Identifier: GPL-2.0-only
"""Session Setup 1/2 (tunnel and first participant) and 2/2 (second participant, first media), step by step.

Steps are those of the PERC architecture slides of April 2016; "+ Profiles" and "+ Key Info" are SupportedProfiles and
SRTPKeyInformation of draft-jones-perc-dtls-tunnel-00, which after the first message sends Empty.
"""

from __future__ import annotations

import pytest

from perc_scapy.codes import ExtensionType
from perc_scapy.dtls import codec, extensions
from perc_scapy.roles.events import (
    AssociationOpened,
    EktKeyCreated,
    EktKeyDelivered,
    EktKeyInstalled,
    EktKeySent,
    HopKeysInstalled,
    HopKeysReady,
    HopKeysSent,
    MediaReceived,
    MemberJoined,
    SenderKeyLearned,
)
from perc_scapy.sim.conference import conference_id, identity
from perc_scapy.tunnel.carrier import TunnelOpened
from perc_scapy.wire import peel_ekt
from tests.scenarios.conftest import Run
from tests.scenarios.story import Row, payloads

DOUBLE = 9
HEADER = 12
"""Octets of a DTLS handshake header."""


def of_member(run: Run, who: str, kind: type) -> list:  # type: ignore[type-arg]
    """Events of KMF or MDD about a participant's association."""
    (opened,) = [
        event
        for event in run.conference.mdd.of(AssociationOpened)
        if event.path.remote == run.conference.endpoints[who].addresses[0]
    ]
    both = run.conference.kmf.of(kind) + run.conference.mdd.of(kind)
    return [event for event in both if event.association_id == opened.association_id]


def own(run: Run, who: str, kind: type) -> list:  # type: ignore[type-arg]
    return run.conference.endpoints[who].of(kind)


# -- the tunnel


@pytest.mark.req("SS1-01", "T00-TUN-01", "SLD-OBJ-02")
def test_the_mdd_opens_the_tunnel(run: Run) -> None:
    first = run.story.rows[0]
    assert (first.source, first.destination, first.names) == ("mdd", "kmf", ("client_hello",))


@pytest.mark.req("SS1-02", "T00-TUN-02")
def test_the_kmf_shows_its_certificate_and_asks_for_one(run: Run) -> None:
    row = run.story.find("kmf", "mdd", "server_hello")
    assert row.names[1:] == (
        "certificate", "server_key_exchange", "certificate_request", "server_hello_done",
    )  # fmt: skip
    assert identity("kmf").certificate in row.data
    (opened,) = run.conference.mdd.of(TunnelOpened)
    assert opened.peer_fingerprint == identity("kmf").fingerprint


@pytest.mark.req("SS1-03", "T00-TUN-02")
def test_the_mdd_shows_its_certificate(run: Run) -> None:
    row = run.story.find("mdd", "kmf", "finished")
    assert {"certificate", "certificate_verify"} < set(row.names)
    assert identity("mdd").certificate in row.data
    (opened,) = run.conference.kmf.of(TunnelOpened)
    assert opened.peer_fingerprint == identity("mdd").fingerprint


@pytest.mark.req("SS1-04", "R8871-07")
def test_the_tunnel_stands_before_any_association(run: Run) -> None:
    row = run.story.find("kmf", "mdd", "finished")
    assert row.names == ("change_cipher_spec", "finished")
    first_message = next(row for row in run.story.rows if row.message is not None)
    assert row.packet < first_message.packet
    opened = [i for i, item in enumerate(run.conference.mdd.happened) if "Opened" in str(item)]
    assert isinstance(run.conference.mdd.happened[opened[0]].event, TunnelOpened)


@pytest.mark.req("SLD-ASM-02", "T00-TUN-06")
def test_all_participants_use_the_one_tunnel(run: Run) -> None:
    assert len(run.story.all("mdd", "kmf", "certificate_verify")) == 1 + 3, (
        "one handshake, three in it"
    )
    ids = {row.message.association_id for row in run.story.rows if row.message}
    assert len(ids) == 3


# -- a participant

CLIENT_HELLO = pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-05", "T00-EP-05")),
        pytest.param("b", marks=pytest.mark.req("SS2-01")),
    ],
)


@CLIENT_HELLO
def test_a_client_hello_with_use_srtp_and_ekt_makes_an_association(run: Run, who: str) -> None:
    row = run.story.find(who, "mdd", "client_hello")
    hello = codec.decode_client_hello(payloads(row.data)[0][HEADER:])
    assert extensions.decode_use_srtp(hello.extensions[ExtensionType.USE_SRTP]).profiles == (
        DOUBLE,
    )
    assert hello.extensions[ExtensionType.SUPPORTED_EKT_CIPHERS] == b"\x01\x01"
    ids = {e.association_id for e in run.conference.mdd.of(AssociationOpened)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-06", "T00-MDD-05")),
        pytest.param("b", marks=pytest.mark.req("SS2-02")),
    ],
)
def test_the_hello_goes_to_the_kmf_with_the_profiles(run: Run, who: str) -> None:
    direct = run.story.find(who, "mdd", "client_hello")
    row = run.story.find("mdd", "kmf", "client_hello", who)
    assert row.message is not None
    assert row.message.dtls == direct.data
    assert row.message.profiles == (9, 10)
    assert row.message.conference_id == conference_id("room")
    later = [r for r in run.story.all("mdd", "kmf") if r.participant == who][1:]
    assert {r.message.profiles for r in later if r.message} == {None}, "then Empty (draft-00 5.2)"


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-07", "T00-KMF-13")),
        pytest.param("b", marks=pytest.mark.req("SS2-03")),
    ],
)
def test_the_kmf_answers_with_its_choice_and_no_keys(run: Run, who: str) -> None:
    row = run.story.find("kmf", "mdd", "server_hello", who)
    assert "certificate" in row.names
    assert row.message is not None
    assert (row.message.keys, row.message.profiles) == (None, None)
    hello = codec.decode_server_hello(payloads(row.message.dtls)[0][HEADER:])
    chosen = extensions.decode_use_srtp(hello.extensions[ExtensionType.USE_SRTP]).profiles
    assert chosen == (DOUBLE,)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-08", "T00-MDD-07")),
        pytest.param("b", marks=pytest.mark.req("SS2-04")),
    ],
)
def test_the_mdd_passes_the_answer_on_to_its_participant_only(run: Run, who: str) -> None:
    tunneled = run.story.find("kmf", "mdd", "server_hello", who).message
    assert tunneled is not None
    copies = [row for row in run.story.rows if row.data == tunneled.dtls]
    assert [(row.source, row.destination) for row in copies] == [("mdd", who)]
    assert own(run, who, HopKeysReady)[0].kmf_fingerprint == identity("kmf").fingerprint


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-09", "T00-EP-04")),
        pytest.param("b", marks=pytest.mark.req("SS2-05")),
    ],
)
def test_the_participant_finishes_with_its_certificate(run: Run, who: str) -> None:
    row = run.story.find(who, "mdd", "finished")
    assert {"certificate", "certificate_verify"} < set(row.names)
    assert identity(who).certificate in row.data


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-10", "T00-KMF-08")),
        pytest.param("b", marks=pytest.mark.req("SS2-06")),
    ],
)
def test_the_kmf_verifies_the_participant_and_derives_keys(run: Run, who: str) -> None:
    row = run.story.find("mdd", "kmf", "finished", who)
    assert row.message is not None
    assert row.message.dtls == run.story.find(who, "mdd", "finished").data
    (joined,) = of_member(run, who, MemberJoined)
    assert (joined.fingerprint, joined.profile) == (identity(who).fingerprint, DOUBLE)
    assert len(of_member(run, who, HopKeysSent)) == 1


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(
            "a", marks=pytest.mark.req("SS1-11", "T00-KMF-10", "T00-KMF-14", "T00-MDD-08")
        ),
        pytest.param("b", marks=pytest.mark.req("SS2-07")),
    ],
)
def test_the_finished_brings_the_outer_halves_to_the_mdd(run: Run, who: str) -> None:
    row = run.story.find("kmf", "mdd", "finished", who)
    assert row.message is not None
    keys = row.message.keys
    assert keys is not None
    assert keys.profile == DOUBLE
    assert {len(m.key) for m in (keys.client, keys.server)} == {16}
    assert {len(m.salt) for m in (keys.client, keys.server)} == {12}
    carriers = [r for r in run.story.all("kmf", "mdd") if r.message and r.message.keys]
    assert [r.participant for r in carriers] == ["a", "b", "c"], "exactly the three with a Finished"
    (sent,) = of_member(run, who, HopKeysSent)
    (installed,) = of_member(run, who, HopKeysInstalled)
    named = (keys.client.key.id, keys.server.key.id)
    assert (sent.client_key_id, sent.server_key_id) == named
    assert (installed.client_key_id, installed.server_key_id) == named
    everybody = run.conference.mdd.of(HopKeysInstalled)
    assert len({k for e in everybody for k in (e.client_key_id, e.server_key_id)}) == 6


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-12", "T00-MDD-09")),
        pytest.param("b", marks=pytest.mark.req("SS2-08")),
    ],
)
def test_the_finished_goes_on_and_the_participant_has_the_same_hop_keys(run: Run, who: str) -> None:
    tunneled = run.story.find("kmf", "mdd", "finished", who).message
    assert tunneled is not None
    assert run.story.find("mdd", who, "finished").data == tunneled.dtls
    (ready,) = own(run, who, HopKeysReady)
    (installed,) = of_member(run, who, HopKeysInstalled)
    assert (ready.send_key_id, ready.receive_key_id) == (
        installed.client_key_id, installed.server_key_id,
    )  # fmt: skip


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-13", "T00-KMF-15")),
        pytest.param("b", marks=pytest.mark.req("SS2-09")),
    ],
)
def test_the_ekt_key_goes_through_the_mdd_sealed(run: Run, who: str) -> None:
    row = run.story.find("kmf", "mdd", "ekt_key", who)
    assert row.packet > run.story.find("kmf", "mdd", "finished", who).packet
    assert row.message is not None
    assert (row.message.keys, row.message.profiles) == (None, None)
    assert payloads(row.message.dtls)[0][0] != 26, "what the MDD sees is ciphertext"
    created, *_ = run.conference.kmf.of(EktKeyCreated)
    assert of_member(run, who, EktKeySent)[0].spi == created.spi, "A and B get the same key"


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-14", "T00-EP-06")),
        pytest.param("b", marks=pytest.mark.req("SS2-10")),
    ],
)
def test_the_participant_holds_the_ekt_key(run: Run, who: str) -> None:
    tunneled = run.story.find("kmf", "mdd", "ekt_key", who).message
    assert tunneled is not None
    assert run.story.find("mdd", who, "ekt_key").data == tunneled.dtls
    installed, created = own(run, who, EktKeyInstalled)[0], run.conference.kmf.of(EktKeyCreated)[0]
    assert (installed.first, installed.spi, installed.key_id) == (True, created.spi, created.key_id)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-15", "T00-EP-06")),
        pytest.param("b", marks=pytest.mark.req("SS2-11")),
    ],
)
def test_the_participant_acknowledges(run: Run, who: str) -> None:
    ack = run.story.find(who, "mdd", "ack")
    assert ack.packet > run.story.find("mdd", who, "ekt_key").packet
    assert run.story.all(who, "mdd", "ekt_key") == [], "an endpoint never sends one"


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a", marks=pytest.mark.req("SS1-16")),
        pytest.param("b", marks=pytest.mark.req("SS2-12")),
    ],
)
def test_the_kmf_knows_that_the_participant_holds_it(run: Run, who: str) -> None:
    row = run.story.find("mdd", "kmf", "ack", who)
    assert row.message is not None
    assert row.message.dtls == run.story.find(who, "mdd", "ack").data
    spi = run.conference.kmf.of(EktKeyCreated)[0].spi
    assert of_member(run, who, EktKeyDelivered)[0].spi == spi


@pytest.mark.parametrize("who", ["a", "b", "c"])
def test_the_steps_of_a_participant_come_in_order(run: Run, who: str) -> None:
    steps = [
        (who, "mdd", "client_hello", ""),
        ("mdd", "kmf", "client_hello", who),
        ("kmf", "mdd", "server_hello", who),
        ("mdd", who, "server_hello", ""),
        (who, "mdd", "finished", ""),
        ("mdd", "kmf", "finished", who),
        ("kmf", "mdd", "finished", who),
        ("mdd", who, "finished", ""),
        ("mdd", who, "ekt_key", ""),
        (who, "mdd", "ack", ""),
        ("mdd", "kmf", "ack", who),
    ]
    packets = [run.story.find(*step).packet for step in steps]
    assert packets == sorted(packets)


# -- media


def media(run: Run, source: str, destination: str) -> list[Row]:
    return [
        row
        for row in run.story.all(source, destination, "srtp")
        if run.media <= row.time < run.third
    ]


@pytest.mark.parametrize(
    ("sender", "receiver"),
    [
        pytest.param("a", "b", marks=pytest.mark.req("SS2-13", "SS2-14", "EKT-21", "T00-EP-07")),
        pytest.param("b", "a", marks=pytest.mark.req("SS2-15", "SS2-16")),
    ],
)
def test_media_changes_its_outer_key_at_the_mdd_and_keeps_the_rest(
    run: Run, sender: str, receiver: str
) -> None:
    came, went = media(run, sender, "mdd"), media(run, "mdd", receiver)
    assert len(came) == len(went) == 10
    for before, after in zip(came, went, strict=True):
        (packet, field), (sent, sent_field) = peel_ekt(before.data), peel_ekt(after.data)
        assert field.raw == sent_field.raw
        assert packet[:12] == sent[:12]
        assert packet[12:] != sent[12:], "another hop, another key"
    spi = run.conference.kmf.of(EktKeyCreated)[0].spi
    assert peel_ekt(came[0].data)[1].spi == spi
    learned = own(run, receiver, SenderKeyLearned)[0]
    ssrc = run.conference.endpoints[sender].endpoint.ssrc
    assert (learned.ssrc, learned.spi) == (ssrc, spi)
    heard = [e for e in own(run, receiver, MediaReceived) if run.media <= e.now < run.third]
    assert [e.payload.rstrip(b".").decode() for e in heard] == [f"{sender} {n} " for n in range(10)]
