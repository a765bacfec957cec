# SPDX-License-Identifier: GPL-2.0-only
"""Ports read as something else."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.errors import ConfigError
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Address, Datagram, Segment
from perc_scapy.view.decode_as import NAMES, decode_as, read_rule
from perc_scapy.view.packets import PacketViewer

RTP = b"\x80\0\0\5" + bytes(8) + b"abc"
ONE, TWO = Address("10.0.0.1", 5004), Address("10.0.0.2", 9)


def datagram(data: bytes = RTP) -> Datagram:
    return Datagram(1, 0.0, ONE, TWO, data)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_reads_something(name: str) -> None:
    part = decode_as([read_rule(f"udp.port == 5004 , {name.lower()}")])(datagram())
    assert part.data == RTP
    assert part.tree()


def test_sides_transports_and_the_last_rule() -> None:
    def layer(*rules: str) -> str | None:
        part = decode_as(map(read_rule, rules))(datagram())
        return part and part.layer.__name__

    assert layer("udp.srcport==5004,rtp") == "RTP"
    assert layer("udp.dstport==5004,rtp") is None
    assert layer("udp.port==9,rtp", "udp.port==5004,dtls") == "DTLS"
    assert layer("tcp.port==5004,rtp") is None
    tunnel = decode_as([read_rule("tcp.port==9,tunnel-rfc9185")])
    assert (
        tunnel(Segment(1, 0.0, ONE, TWO, 0, 0, 0, b"\5\0\x10" + bytes(16))).layer.__name__
        == "TunnelMessage"
    )
    assert tunnel(Segment(1, 0.0, ONE, TWO, 0, 0, 0, b"")) is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [("udp.port==5004", "is not like"), ("udp.port==99999,rtp", "no port"), ("udp.port==1,rtpp", "did you mean rtp"),
     ("ip.port==1,rtp", "is not like"), ("udp.port==1,xyzzy", "there are rtp")],
)  # fmt: skip
def test_mistakes(text: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        read_rule(text)


def test_a_viewer_minds_the_rules() -> None:
    octets = ip_udp(ONE, TWO, RTP)
    frame = Frame(1, 0, 101, octets, len(octets))
    plain = PacketViewer(Analysis([]), decode_as([read_rule("udp.port==9,rtp")])).view(frame)
    assert plain.protocols == ["ip", "udp", "rtp"]
    assert plain.summary == "RTP seq 5, 3 octets of payload"
    assert PacketViewer(Analysis([])).view(frame).protocols[-1] == "srtp"
