# SPDX-License-Identifier: GPL-2.0-only
"""Handshakes that must not succeed: wrong certificates, wrong conference, nothing in common. Everybody is true here."""

from __future__ import annotations

from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage
from perc_scapy.sim.conference import identity

# What an endpoint accepts in the name of the KMF, and what the KMF accepts, are fingerprints.


@recipe("flow", "A stranger's certificate", shows="T00-KMF-08 R8871-05 R8871-06")
def wrong_endpoint_certificate() -> Built:
    """A is in. Someone who is on no list shakes hands up to its Finished; the KMF answers access_denied, the MDD
    gets no keys for it."""
    stage = Stage("ab", seed="stranger")
    stage.open("a")
    stage.start("b", identity=identity("stranger"))
    stage.run(3.0)
    return stage.built()


@recipe(
    "flow",
    "A KMF certificate that the endpoint does not expect",
    shows="T00-EP-03",
    violates="T00-KMF-07",
)
def wrong_kmf_certificate() -> Built:
    """B was told another fingerprint; it answers the KMF's certificate with the alert bad_certificate. Seen from
    the wire, the KMF used a certificate that its endpoint did not expect."""
    stage = Stage("ab", seed="other kmf")
    stage.open("a")
    stage.start("b", kmf_fingerprint=identity("another kmf").fingerprint)
    stage.run(3.0)
    return stage.built()


@recipe("flow", "An MDD that the KMF does not know", shows="R8871-06 T00-TUN-02")
def wrong_tunnel_certificate() -> Built:
    """The KMF refuses the MDD's certificate: no tunnel, no tunnel message. A's ClientHello is not answered."""
    stage = Stage("a", seed="unknown mdd", setup={"mdds": frozenset({identity("x").fingerprint})})
    stage.run(0.2)
    stage.start("a")
    stage.run(6.0)
    return stage.built()


@recipe("flow", "A conference that this MDD may not serve", shows="R8871-05 R8871-06")
def refused_conference() -> Built:
    """The MDD has a tunnel for the conference `other`, but the KMF lists another MDD for it. C's messages are dropped
    without an answer, as draft-00 has no error message; A and B in `room` notice nothing."""
    foreign = frozenset({identity("another mdd").fingerprint})
    stage = Stage(
        {"room": "ab", "other": "c"}, seed="refused", room_setup={"other": {"mdds": foreign}}
    )
    stage.run(0.2)
    stage.join("a")
    stage.start("c", "other")
    stage.run(5.0)
    return stage.built()


@recipe("flow", "No common profile", shows="T00-KMF-12")
def no_common_profile() -> Built:
    """B offers 0x000A only, the conference runs 0x0009: a fatal alert before any key exists."""
    stage = Stage("ab", seed="nothing common")
    stage.open("a")
    stage.start("b", profiles=(10,), ekt_ciphers=(2,))
    stage.run(3.0)
    return stage.built()


@recipe("flow", "A tls-id that is not the registered one", shows="R8871-29")
def wrong_tls_id() -> Built:
    """The member list binds B's certificate to one external_session_id (RFC 8844); B comes with another."""
    from perc_scapy.roles.policy import Member

    members = tuple(Member(n, identity(n).fingerprint, tls_id=f"{n}" * 24) for n in "ab")
    stage = Stage("ab", seed="tls-id", setup={"members": members}, kmf_setup={"tls_id": "k" * 24})
    stage.run(0.2)
    stage.join("a", tls_id="a" * 24, kmf_tls_id="k" * 24)
    stage.start("b", tls_id="x" * 24)
    stage.run(3.0)
    return stage.built()
