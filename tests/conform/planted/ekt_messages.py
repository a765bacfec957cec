# SPDX-License-Identifier: GPL-2.0-only
"""EKT keys that are badly made, badly told, or told to some only."""

from __future__ import annotations

from unittest.mock import patch

from perc_scapy.capture.analysis import Analysis
from perc_scapy.codes import EktCipher
from perc_scapy.crypto import EktParameters, Key
from perc_scapy.dtls import codec
from tests.capture.handmade import CIPHER, MDD_MEDIA, k
from tests.conform.planted.registry import planted
from tests.conform.planted.relaying import raw_seen
from tests.conform.stage import Stage, conference


@planted("EKT-23")
def ekt_key_is_malformed() -> Analysis:
    stage = conference("A", 0)
    true = codec.encode_ekt_key

    def one_octet_longer(body: codec.EktKeyBody) -> bytes:
        return true(body) + b"\x00"

    with patch("perc_scapy.dtls.ekt.encode_ekt_key", one_octet_longer):
        stage.give("A", k(2))
    return stage.analysis()


@planted("T00-EP-06")
def ekt_key_is_not_acknowledged() -> Analysis:
    stage = conference("A", 0)
    person = stage.people["A"]
    person.server.send_ekt_key(k(2))
    for _ in range(5):
        for data in person.server.datagrams_to_send(stage.now):
            raw_seen(stage, MDD_MEDIA, person.address, data)
        stage.wait(person.server.get_timer() - stage.now)
        person.server.handle_timer(stage.now)
    return stage.analysis()


@planted("EKT-12")
def salt_is_short() -> Analysis:
    stage = conference("A", 0)
    stage.give("A", EktParameters(9, CIPHER, Key(b"k" * 16), Key(bytes(range(8))), 86400))
    return stage.analysis()


@planted("R8871-32")
def spi_names_two_keys() -> Analysis:
    stage = conference("AB", 0)
    stage.give(
        "B", EktParameters(2, int(EktCipher.AESKW_128), Key(b"x" * 16), Key(b"y" * 12), 9000)
    )
    stage.give("A", k(2))
    return stage.analysis()


@planted("R8871-21")
def one_member_is_forgotten() -> Analysis:
    stage = conference("AB")
    stage.give("A", k(2))
    for _ in range(6):
        stage.wait(5.0)
        stage.talk("B", 1)
    return stage.analysis()


def ttl(seconds: int) -> Stage:
    """A conference whose EKT key lives for so long."""
    stage = Stage()
    first = k(1)
    parameters = EktParameters(first.spi, first.cipher, first.key, first.salt, seconds)
    for name in "AB":
        stage.join(name, parameters)
    return stage


@planted("EKT-18")
def key_outlives_its_time() -> Analysis:
    stage = ttl(2)
    stage.talk("A", 3)
    field = stage.full_field("A")
    stage.wait(10.0)
    stage.packet("A", field=field)
    return stage.analysis()
