# SPDX-License-Identifier: GPL-2.0-only
"""The KMF as a process: who gets in, who does not, and how it ends."""

from __future__ import annotations

import signal
import socket

import pytest

from tests.net.processes import address_of, conference_id, kmf_conference, mdd_conference


@pytest.mark.req("T00-KMF-17", "T00-KMF-16", "R8871-06")
def test_a_stranger_is_refused_and_the_others_go_on(place):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(mdd_conference(address_of(kmf)))
    alice = place.endpoint("alice", address_of(mdd))
    alice.until("media_ready")
    stranger = place.endpoint("stranger", address_of(mdd))
    assert stranger.wait() == 1
    assert stranger.stderr.startswith("perc endpoint: the KMF ended it: ")
    shown = place.identities["stranger"].fingerprint
    assert stranger.stderr.endswith(f"; is {shown} (our certificate) a member there?\n")
    assert stranger.stderr.count("\n") == 1
    assert "joined" not in stranger.names()
    refused = kmf.until("handshake_refused", reason="not_a_member")
    assert refused["fingerprint"] == place.identities["stranger"].fingerprint
    assert refused["alert"] is not None
    assert alice.end() == 0
    kmf.until("member_left", member="alice", reason="closed")
    assert [process.end() for process in (mdd, kmf)] == [0, 0]
    assert len(mdd.all("hop_keys_installed")) == 1
    assert len(mdd.all("association_opened")) == 2
    assert kmf.until("end")["counters"]["kmf"]["not_a_member"] == 1


@pytest.mark.req("T00-TUN-02", "R8871-06", "SLD-TRN-03")
def test_an_mdd_that_serves_no_conference_gets_no_tunnel(place):
    kmf = place.kmf(kmf_conference("alice"))
    place.certificate("rogue")
    rogue = place.mdd(mdd_conference(address_of(kmf)), name="rogue")
    shown = place.identities["rogue"].fingerprint
    refused = kmf.until("tunnel_failed", peer_fingerprint=shown)
    assert refused["reason"] == f"MDD certificate {shown} is in no conference's mdds"
    reason = rogue.until("tunnel_failed")["reason"]
    assert reason.startswith(f"the KMF refused our certificate {shown}; is it in its mdds? (")
    honest = place.mdd(mdd_conference(address_of(kmf)))
    honest.until("tunnel_opened")
    assert [event["peer_fingerprint"] for event in kmf.all("tunnel_opened")] in (
        [], [place.identities["mdd"].fingerprint],
    )  # fmt: skip
    assert rogue.all("tunnel_opened") == []


@pytest.mark.req("T00-TUN-02", "SLD-TRN-03")
def test_an_mdd_refuses_another_kmf(place):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(mdd_conference(address_of(kmf), pinned="stranger.pem"))
    shown, expected = (place.identities[name].fingerprint for name in ("kmf", "stranger"))
    failed = mdd.until("tunnel_failed", peer_fingerprint=shown)
    assert failed["reason"] == f"the KMF shows {shown}, expected {expected}"
    assert mdd.end() == 0
    assert mdd.all("tunnel_opened") == []


def test_an_mdd_may_not_serve_a_conference_that_is_not_its_own(place):
    place.certificate("other")
    kmf = place.kmf(
        kmf_conference("alice", mdds=("mdd",)), kmf_conference("bob", number=1, mdds=("other",))
    )
    mdd = place.mdd(mdd_conference(address_of(kmf), number=1))
    mdd.until("tunnel_opened")
    bob = place.endpoint("bob", address_of(mdd))
    mdd.until("association_opened", conference_id=conference_id(1))
    refused = kmf.until("message_refused", conference_id=conference_id(1))
    assert (refused["reason"], refused["conference"]) == ("mdd_not_allowed", "room1")
    bob.kill()
    assert kmf.end() == 0
    assert kmf.until("end")["counters"]["kmf"]["mdd_not_allowed"] >= 1
    assert kmf.all("handshake_started") == []


def test_a_conference_that_the_kmf_does_not_know_is_told_there(place):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(mdd_conference(address_of(kmf), number=9))
    place.endpoint("alice", address_of(mdd))
    refused = kmf.until("message_refused", conference_id=conference_id(9))
    assert refused["reason"] == "unknown_conference"
    assert "conference" not in refused


def test_garbage_at_the_tunnel_port_changes_nothing(place):
    kmf = place.kmf(kmf_conference("alice"))
    host, port = address_of(kmf).split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
        for datagram in (
            b"",
            b"\0",
            bytes(2000),
            b"\x16\xfe\xfd" + bytes(100),
            b"\x17\xfe\xfd" + bytes(60),
        ):
            noise.sendto(datagram, (host, int(port)))
    mdd = place.mdd(mdd_conference(address_of(kmf)))
    mdd.until("tunnel_opened")
    place.endpoint("alice", address_of(mdd)).until("media_ready")


def test_a_certificate_is_bound_to_its_session_id_when_one_is_registered(place):
    text = kmf_conference("alice", "bob").replace(
        'fingerprint = "alice.pem"', 'fingerprint = "alice.pem"\ntls_id = "0123456789abcdef0123"'
    )
    kmf = place.kmf(text)
    mdd = place.mdd(mdd_conference(address_of(kmf)))
    assert place.endpoint("alice", address_of(mdd)).wait() == 1
    kmf.until("handshake_refused", reason="tls_id_mismatch")
    path = place.write(
        "alice.toml",
        f'mdd = "{address_of(mdd)}"\ncertificate = "alice.pem"\nprivate_key = "alice.key"\n'
        'kmf_fingerprint = "kmf.pem"\ntls_id = "0123456789abcdef0123"\n',
    )
    place.start("endpoint", "--config", path).until("joined")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_end_is_clean_and_told_to_the_mdd(place, number, code):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(mdd_conference(address_of(kmf)))
    mdd.until("tunnel_opened")
    kmf.until("tunnel_opened")
    assert kmf.end(number) == code
    assert kmf.stderr == ""
    assert kmf.names()[-1] == "end"
    mdd.until("tunnel_closed")


def test_a_kmf_that_comes_back_is_found_again(place):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(mdd_conference(address_of(kmf)))
    mdd.until("tunnel_opened")
    address = address_of(kmf)
    assert kmf.end() == 0
    mdd.until("tunnel_closed")
    again = place.kmf(kmf_conference("alice"), listen=address)
    again.until("tunnel_opened")
    place.endpoint("alice", address_of(mdd)).until("media_ready")
