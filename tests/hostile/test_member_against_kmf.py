# SPDX-License-Identifier: GPL-2.0-only
"""A member whose DTLS endpoint is hostile, against the KMF."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.dtls.outbound import REPEATED_INTERVAL
from perc_scapy.tunnel.messages import TunneledDtls
from tests.roles.kmf_world import BOARD, CODEC, World, conference, kmf_config, records_of


def without_acks(world: World) -> None:
    world.drop = lambda sender, message: (
        sender == "mdd" and records_of(message.content.dtls)[0][0] == ContentType.ACK
    )


@pytest.mark.req("DTL-05")
@pytest.mark.parametrize("acknowledges", [True, False])
def test_many_copies_of_finished_are_answered_once(acknowledges: bool) -> None:
    """Each copy is a valid record of its own, and each answer would be several times as long."""
    world = World(kmf_config(conference(BOARD, "alice")))
    world.tunnel()
    if not acknowledges:
        without_acks(world)
    line = world.join("alice")
    writer = line.peer._out.writers[1]
    finished = encode_fragment(
        HandshakeType.FINISHED, 12, line.peer._out.sequence - 1, 0, bytes(12)
    )

    def answers() -> int:
        world.kmf.receive_tunnel("t1", flood(), world.now)
        return len(world.kmf.tunnel_data_to_send())

    def flood() -> bytes:
        fresh = b"".join(writer.write(ContentType.HANDSHAKE, finished) for _ in range(200))
        return CODEC.encode(TunneledDtls(line.association_id, fresh, BOARD), "mdd")

    assert len(flood()) > 10_000
    assert answers() == 0, "our Finished left this very moment"
    world.now += 2 * REPEATED_INTERVAL
    assert answers() == (1 if acknowledges else 2), "Finished, and the ekt_key that is on its way"
    assert answers() == 0
    world.now += 2 * REPEATED_INTERVAL
    assert answers() > 0, "an honest client that lost our flight gets it again"
    assert world.states() == {"alice": "active" if acknowledges else "ekt_sent"}
