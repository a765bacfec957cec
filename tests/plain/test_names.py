# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import re
from collections import defaultdict

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.media import MediaPacket
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.plain.names import Names, of_address
from tests.capture.handmade import three_flows


def test_participants_have_letters_on_their_own_side() -> None:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    names, ends = Names(analysis), defaultdict(set)
    for packet in analysis.media:
        ends[packet.from_endpoint].add((names.sender(packet), names.receiver(packet)))
    assert ends == {
        True: {("A", ""), ("B", ""), ("C", "")},
        False: {("", "A"), ("", "B"), ("", "C")},
    }


def test_others_are_named_by_address() -> None:
    datagram = Datagram(1, 0.0, Address("fe80::1%eth0", 5), Address("1.2.3.4", 6), b"")
    packet = MediaPacket(datagram, "rtp", None, True, OpenedMedia())
    names = Names(Analysis([], three_flows().keylog()))
    assert (names.sender(packet), names.receiver(packet)) == ("fe80_1_eth0_5", "1.2.3.4_6")


@pytest.mark.parametrize("host", ["../../etc", "a/b", "::", "", "x\0y"])
def test_nothing_leads_out_of_the_folder(host: str) -> None:
    assert re.fullmatch(r"[0-9A-Za-z._]+", of_address(Address(host, 1)))
    assert "/" not in of_address(Address(host, 1))
