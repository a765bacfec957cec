# SPDX-License-Identifier: GPL-2.0-only
"""Packets of a capture as layers, decrypted where keys are."""

import json
import random

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import datagrams
from perc_scapy.view.expert import Expert
from perc_scapy.view.packets import PacketView, view_all
from tests.capture.handmade import HandmadeConference, k, three_flows

LINK = 101


def frames_of(talk: HandmadeConference) -> list[Frame]:
    found = []
    for d in talk.trace:
        data = ip_udp(d.src, d.dst, d.data)
        found.append(Frame(d.number, round(d.time * 1e9), LINK, data, len(data)))
    return found


def views_of(talk: HandmadeConference, keylog: KeyLog | None = None) -> list[PacketView]:
    frames = frames_of(talk)
    keys = talk.keylog() if keylog is None else keylog
    return list(view_all(Analysis(datagrams(frames), keys), frames))


def layers(view: PacketView) -> list[str]:
    return [part["layer"] for part in view.to_json()["layers"]]


@pytest.mark.req("SLD-OBJ-02", "T00-TUN-07")
def test_a_tunnel_packet_down_to_the_ekt_key() -> None:
    talk = three_flows()
    views = views_of(talk)
    view = next(v for v in views if "EKT_KEY" in v.summary and "tunnel" in v.summary)
    assert layers(view) == ["DTLS", "DTLSTunnelMessage", "DTLSHandshakes"]
    assert view.protocols == ["ip", "udp", "dtls", "perc_tunnel", "dtls"]
    found = view.to_json()
    fields = {"number", "time", "src", "dst", "protocols", "layers", "expert", "length"}
    assert set(found) == fields | {"association", "hop"}
    assert (found["association"], found["hop"]) == ("A", "KMF>MDD")
    assert found["layers"][1]["association_id"] == talk.people["A"].association_id.hex()
    body = found["layers"][2]["messages"][0]["body"]
    assert (body["ekt_spi"], body["ekt_ttl"]) == (1, 86400)
    assert found["expert"] == []


def test_every_packet_is_shown_and_clean() -> None:
    talk = three_flows()
    views = views_of(talk)
    assert [v.number for v in views] == [d.number for d in talk.trace]
    odd = {str(fault) for v in views for fault in v.expert if fault.severity == "error"}
    assert odd <= {
        "PERC: no end-to-end key held for this SSRC",
        "SRTP: authentication tag does not verify",
    }
    assert all(json.dumps(v.to_json()) for v in views)


def test_no_key_octets_in_any_form() -> None:
    talk = three_flows()
    text = "".join(json.dumps(v.to_json()) + v.summary for v in views_of(talk))
    keys = [p.keys.client.outer().key for p in talk.people.values()]
    keys += [p.keys.server.outer().salt for p in talk.people.values()]
    keys += [k(1).key, k(1).salt, k(2).key]
    assert not [key.id for key in keys if bytes(key).hex() in text]
    shown = "".join(json.dumps(v.to_json(secrets=True)) for v in views_of(talk))
    assert [key.id for key in keys if bytes(key).hex() in shown] == [key.id for key in keys]


def test_fragments_are_followed_by_the_whole_message() -> None:
    talk = HandmadeConference(mtu=250)
    talk.join("A", k(1))
    whole = [v for v in views_of(talk) if "reassembled: " in v.summary]
    assert any("CERTIFICATE" in v.summary for v in whole)
    message = whole[0].to_json()["layers"][-1]
    assert message["layer"] == "DTLSHandshake"
    assert message["fragment_length"] == message["length"] > 200


def test_other_protocols_and_frames() -> None:
    stun = bytes.fromhex("000100002112a442") + bytes(12)
    payloads = [stun, b"\x40\x00\x00\x01x", b"\xff\xff", b"", b"\x80\x00" + bytes(20), b"\x10zrtp"]
    frames = [
        Frame(n, 0, LINK, ip_udp(("::1", 1), ("::1", 2), data), 99)
        for n, data in enumerate(payloads, 1)
    ]
    frames.append(Frame(7, 0, 1, b"\0" * 60, 60))
    views = list(view_all(Analysis(datagrams(frames), KeyLog()), frames))
    assert [v.protocols[2:] for v in views[:6]] == [
        ["stun"],
        ["turn"],
        ["data"],
        ["data"],
        ["srtp"],
        ["zrtp"],
    ]
    assert views[0].protocols[:2] == ["ipv6", "udp"]
    assert views[6].summary == "link type 1, no IP packet"
    assert all(json.dumps(v.to_json()) for v in views)


def test_a_packet_cut_by_the_snapshot_length_says_so() -> None:
    talk = HandmadeConference()
    (frame, *rest) = frames_of(talk)
    short = Frame(1, 0, LINK, frame.data[:-9], frame.length)
    (view, *_) = view_all(Analysis(datagrams([short, *rest]), KeyLog()), [short])
    assert Expert("warning", "9 octets are missing in the capture") in view.expert


def test_mutated_packets_are_shown() -> None:
    talk = three_flows()
    dice = random.Random(5)
    frames = []
    for frame in frames_of(talk) * 3:
        data = bytearray(frame.data)
        for _ in range(dice.randrange(3)):
            data[dice.randrange(28, len(data))] = dice.randrange(256)
        cut = (
            bytes(data[: dice.randrange(28, len(data) + 1)]) if dice.random() < 0.3 else bytes(data)
        )
        frames.append(Frame(len(frames) + 1, frame.time_ns, LINK, cut, len(data)))
    views = list(view_all(Analysis(datagrams(frames), talk.keylog()), frames))
    assert len(views) == len(frames)
    assert any(v.expert for v in views)
    assert all(json.dumps(v.to_json()) and v.summary for v in views)
