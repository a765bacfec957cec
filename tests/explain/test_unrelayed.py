# SPDX-License-Identifier: GPL-2.0-only
"""An MDD that drops one kind of packets is told from a network that loses some."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.explain.report import explain
from perc_scapy.explain.unrelayed import unrelayed
from perc_scapy.pcap.packets import Datagram
from tests.explain.forge import Layer, Sender, conference, keylog, recorded

EXTENSION = bytes.fromhex("bede000110aabbcc")
Kind = Callable[[int], bool]


def relayed(
    odd: Kind, dropped: Kind, *, ohb: bool = False, marker: bool = False, extension: bool = False
) -> Analysis:
    """Twenty packets of A: the odd ones have something that others lack, the dropped ones stay at the MDD."""
    packets, text = recorded("session-setup-2")
    a, b = conference().associations
    server = b.hop_keys().server
    egress = Layer(bytes(server.key), bytes(server.salt))
    found, last = list(packets), packets[-1]
    for n in range(20):
        sender = Sender(seq=1000 + n)
        special = odd(n)
        header = sender.header(
            marker=int(special and marker), extension=EXTENSION if special and extension else b""
        )
        # An earlier MDD changed nothing, but says so in two octets where there is an OHB.
        block = b"\x60\x02" if special and ohb else b"\0"
        inside = sender.inside(header) + block
        field = sender.field()
        time = last.time + n / 50
        wire = header + sender.outer.seal(header, inside) + field
        found.append(Datagram(last.number + 2 * n + 1, time, a.endpoint, a.mdd, wire))
        if not dropped(n):
            wire = header + egress.seal(header, inside) + field
            found.append(Datagram(last.number + 2 * n + 2, time + 0.001, b.mdd, b.endpoint, wire))
    return Analysis(found, keylog(text))


def third(n: int) -> bool:
    return n % 3 == 1


@pytest.mark.req("DBL-10")
@pytest.mark.parametrize(
    ("trait", "words"),
    [
        ({"ohb": True}, "whose OHB is not empty"),
        ({"marker": True}, "with the marker set"),
        ({"extension": True}, "with a header extension"),
    ],
)
def test_a_kind_that_is_dropped(trait: dict[str, bool], words: str) -> None:
    (found,) = unrelayed(relayed(third, third, **trait))
    assert words in found.cause.text
    assert len(found.packets) == 6  # of the last one nobody knows whether it was still to come
    assert found.cause.clause


def test_loss_by_chance_blames_nobody() -> None:
    assert list(unrelayed(relayed(third, lambda n: n in (3, 7, 8, 13), marker=True))) == []


def test_a_kind_of_which_some_pass_is_no_kind() -> None:
    assert list(unrelayed(relayed(third, lambda n: third(n) and n != 4, marker=True))) == []


def test_two_lost_packets_are_too_few() -> None:
    assert list(unrelayed(relayed(lambda n: n in (4, 9), lambda n: n in (4, 9), marker=True))) == []


@pytest.mark.parametrize(
    "name", ["session-setup-2", "ohb-all", "loss", "new-user-joins", "two-conferences"]
)
def test_good_conferences(name: str) -> None:
    assert list(unrelayed(conference(name))) == []


def test_it_is_part_of_the_report() -> None:
    assert any(e.cause.subject == "relay" for e in explain(relayed(third, third, ohb=True)))
