# SPDX-License-Identifier: GPL-2.0-only
"""Changes of keys: an endpoint's own, the conference's by hand, and because its time is over."""

from __future__ import annotations

from captures.builders.flows import SLOW
from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage
from perc_scapy.sim.conference import conference_id, identity

ROOM = conference_id("room")


@recipe("flow", "An endpoint changes its end-to-end key", shows="EKT-13 EKT-15 EKT-16 R8871-27")
def e2e_rekey() -> Built:
    """A speaks, changes its end-to-end key under the same EKT key (epoch 0 to 1), speaks on: for a quarter of a second
    packets still run the old key while full EKT fields announce the new one. Then once more (epoch 2)."""
    stage = Stage("ab", seed="e2e")
    stage.open("ab")
    node = stage.endpoints["a"]
    stage.say("a", 50)
    for _ in range(2):
        stage.run(0.2)
        node.endpoint.rekey(stage.now)
        stage.run(0.15)
    stage.run(1.0)
    return stage.built()


@recipe("flow", "The KMF changes the EKT key", shows="EKT-17 R8871-21 R8871-22 R8871-23")
def ekt_rekey() -> Built:
    """A and B speak under K1. The KMF gives out K2 by hand. A second later, when all hold it, both change to it with
    new end-to-end keys of epoch 0."""
    stage = Stage("ab", seed="ekt")
    stage.open("ab")
    stage.say("a", 16, every=SLOW)
    stage.say("b", 16, every=SLOW)
    stage.run(0.2)
    stage.kmf.kmf.rekey(ROOM, stage.now)
    stage.network.touch(stage.kmf)
    stage.run(2.0)
    return stage.built()


@recipe("flow", "An EKT key grows old", shows="EKT-18 R8871-21")
def ekt_ttl() -> Built:
    """EKT keys of this conference live for ten seconds. After eight the KMF gives out the next one; nobody
    encrypts under one whose time is over."""
    stage = Stage("ab", seed="ttl", setup={"ekt_ttl": 10})
    stage.open("ab")
    stage.everybody("ab", 3)
    stage.run(9.0)
    stage.everybody("ab", 4, every=SLOW)
    stage.run(8.0)
    stage.everybody("ab", 4, every=SLOW)
    return stage.built()


@recipe("flow", "A member is removed", shows="R8871-24")
def removed_member() -> Built:
    """The KMF ends C's association and takes it off the list; A and B get a new EKT key. The MDD goes on sending C
    their packets, as draft-00 has no message to stop it; C can open none of those under the new key."""
    stage = Stage("abc", seed="removed")
    stage.open("ab")
    stage.everybody("ab", 3)
    stage.open("c", pause=1.5)
    stage.everybody("abc", 4, every=SLOW)
    stage.kmf.kmf.remove(ROOM, identity("c").fingerprint, stage.now)
    stage.network.touch(stage.kmf)
    stage.run(1.5)
    stage.everybody("ab", 4, every=SLOW)
    return stage.built()
