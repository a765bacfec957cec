# SPDX-License-Identifier: GPL-2.0-only
"""The flows of a conference: first, second and later members, those who leave and come back, the cookie exchange."""

from __future__ import annotations

from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage
from perc_scapy.codes import EktCipher, ProtectionProfile

SLOW = 0.1
"""Seconds between packets where a new key must come into use: its first 250 ms run the old one."""
STRONG = {
    "profile": ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM,
    "ekt_cipher": EktCipher.AESKW_256,
}


def three_flows(stage: Stage) -> Built:
    """A; B, and both talk; C joins, A and B change their keys, all talk."""
    stage.open("ab")
    stage.everybody("ab", 6)
    stage.join("c")
    stage.say("a", 4)
    stage.run(1.5)
    stage.everybody("cab", 4, every=SLOW)
    return stage.built()


@recipe(
    "flow",
    "Session Setup 1/2: the tunnel, and the first participant",
    shows="SS1-01 SS1-16 T00-TUN-01 T00-TUN-03 T00-KMF-10 T00-MDD-05",
)
def session_setup_1() -> Built:
    """The MDD opens its tunnel to the KMF. A shakes hands with the KMF through it; the KMF tells the MDD the
    hop-by-hop keys beside its Finished, and gives A the EKT key K1, which A acknowledges. No media."""
    stage = Stage("a", seed="setup 1")
    stage.open("a")
    return stage.built()


@recipe("flow", "Session Setup 2/2: the second participant, and first media", shows="SS2-01 SS2-16")
def session_setup_2() -> Built:
    """A and B join under one EKT key, K1. Each speaks; the first packets carry full EKT fields, so that the other one
    can open them at once."""
    stage = Stage("ab", seed="setup 2")
    stage.open("ab")
    stage.everybody("ab", 8)
    return stage.built()


@recipe(
    "flow",
    "New User Joins: C comes, everybody gets K2",
    shows="NUJ-01 NUJ-16 EKT-15 EKT-16 EKT-17 R8871-22",
)
def new_user_joins() -> Built:
    """All three flows with profile 0x0009. When C joins, the KMF gives K2 to C, B and A. A, still speaking under K1,
    and B change their end-to-end keys, so that C cannot open what was said before."""
    return three_flows(Stage("abc", seed="join"))


@recipe("flow", "The three flows with the strong profile", shows="NUJ-01 NUJ-16 EKT-05 DBL-01")
def new_user_joins_aes256() -> Built:
    """As new-user-joins, with profile 0x000A (two layers of AES-256-GCM) and EKT cipher AESKW256."""
    return three_flows(Stage("abc", seed="join 256", setup=STRONG))


@recipe("flow", "Five members, one after the other", shows="NUJ-01 NUJ-16")
def five_members() -> Built:
    """A to E join; each join from the third on makes a new EKT key, K2 to K4, for all who are there. Then all talk."""
    stage = Stage("abcde", seed="five")
    stage.open("ab")
    stage.everybody("ab", 4)
    for name in "cde":
        stage.join(name)
        stage.run(1.5)
    stage.everybody("abcde", 4, every=SLOW)
    return stage.built()


@recipe("flow", "A member leaves and comes back", shows="R8871-24 R8871-21")
def leave_and_rejoin() -> Built:
    """A, B and C talk. B leaves: RTCP BYE, close_notify, and a new EKT key for those who stay. B comes back with the
    same certificate from another port, gets the next key and is heard again."""
    stage = Stage("abc", seed="rejoin")
    stage.open("ab")
    stage.everybody("ab", 3)
    stage.open("c", pause=1.5)
    stage.everybody("abc", 4, every=SLOW)
    node = stage.endpoints["b"]
    node.endpoint.leave(stage.now)
    stage.network.touch(node)
    stage.run(1.5)
    stage.everybody("ac", 4, every=SLOW)
    stage.join("b")
    stage.run(1.5)
    stage.everybody("bca", 4, every=SLOW)
    return stage.built()


@recipe(
    "flow",
    "Cookie exchange: hellos of strangers cost the KMF nothing",
    shows="T00-TUN-03 T00-KMF-06",
)
def cookie_exchange() -> Built:
    """A stranger sends a ClientHello and never answers the HelloVerifyRequest. A answers with the cookie and gets in;
    B's first answer is lost, so that its ClientHello comes again."""
    stage = Stage("ab", seed="cookie")
    stage.run(0.2)
    stranger = stage.endpoint("stranger", identity=None)
    stage.untrue.append(
        lambda c: c.data if str(c.source) != "stranger/1" or c.time < 0.25 else None
    )
    stranger.endpoint.start(stage.now)
    stage.network.touch(stranger)
    stage.run(0.3)
    stage.open("a")
    gone = iter([True])
    stage.lost.append(lambda c: str(c.destination).startswith("b/") and next(gone, False))
    stage.open("b", pause=1.0)
    return stage.built()


@recipe("flow", "Two conferences, two tunnels, one MDD", shows="SLD-ASM-02 T00-TUN-04 T00-MDD-04")
def two_conferences() -> Built:
    """Each conference has a listen address and a tunnel of its own; association ids and keys never mix."""
    stage = Stage({"red": "ab", "blue": "cd"}, seed="two rooms")
    stage.run(0.2)
    for name, room in (("a", "red"), ("c", "blue"), ("b", "red"), ("d", "blue")):
        stage.join(name, room)
        stage.run(0.3)
    stage.everybody("abcd", 3)
    return stage.built()
