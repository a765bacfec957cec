# SPDX-License-Identifier: GPL-2.0-only
"""Conferences in bad networks: loss, repeats, disorder, small datagrams."""

from __future__ import annotations

from captures.builders.flows import SLOW
from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage
from perc_scapy.sim.network import Conditions, Crossing


@recipe("flow", "Loss and retransmission on every link", shows="T00-TUN-08 SLD-OBJ-04 DTL-05")
def loss() -> Built:
    """A quarter of all datagrams is lost, in the tunnel as well. Flights are sent again until all is done; lost media
    stay lost. Times between repeats double from one second on."""
    bad = Conditions(delay=0.02, loss=0.25)
    stage = Stage("abc", seed="loss 4", access=bad, tunnel=bad)
    stage.open("ab", pause=20.0)
    stage.everybody("ab", 6)
    stage.open("c", pause=20.0)
    stage.everybody("abc", 5, every=SLOW)
    return stage.built()


@recipe("flow", "Reordering and duplication on every link", shows="R8871-12")
def reordering_and_duplication() -> Built:
    """Every tenth datagram comes late, every tenth twice; handshakes, keys and media survive. Receivers count the
    copies as replays."""
    bad = Conditions(delay=0.02, jitter=0.03, reorder=0.1, duplicate=0.1)
    stage = Stage("abc", seed="disorder", access=bad, tunnel=bad)
    stage.open("ab", pause=4.0)
    stage.everybody("ab", 6)
    stage.open("c", pause=4.0)
    stage.everybody("abc", 5, every=SLOW)
    return stage.built()


def last_flight(stage: Stage, who: str) -> None:
    """Lose the first datagram to `who` that carries the KMF's Finished."""
    losses = iter([True])

    def has_finished(crossing: Crossing) -> bool:
        data = crossing.data
        to_them = str(crossing.destination).startswith(f"{who}/") and data[0] in (20, 22)
        return to_them and b"\x14\xfe\xfd" in data[:14] and next(losses, False)

    stage.lost.append(has_finished)


@recipe("flow", "A lost Finished: key information comes again with it", shows="T00-KMF-11")
def finished_lost() -> Built:
    """The datagram with the KMF's Finished is lost between MDD and B. B sends its flight again; the KMF answers with
    its Finished again, and again with SRTPKeyInformation around it. The MDD takes the keys once."""
    stage = Stage("ab", seed="finished")
    last_flight(stage, "b")
    stage.open("a")
    stage.join("b")
    stage.run(4.0)
    stage.everybody("ab", 4)
    return stage.built()


@recipe("flow", "Handshakes in small datagrams", shows="T00-MDD-06 DTL-05")
def fragmented_handshake() -> Built:
    """Endpoints and KMF keep their datagrams under 300 octets, so that handshake messages travel in fragments; the
    fragments of the second participant also arrive in disorder."""
    stage = Stage("ab", seed="small", kmf_setup={"mtu": 300})
    stage.open("a", mtu=300)
    stage.network.conditions = Conditions(jitter=0.02)
    stage.open("b", mtu=300, pause=1.5)
    stage.network.conditions = Conditions()
    stage.everybody("ab", 3)
    return stage.built()
