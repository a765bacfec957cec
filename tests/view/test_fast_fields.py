# SPDX-License-Identifier: GPL-2.0-only
"""The fast reading of well-formed octets gives the very object that Scapy's dissection gives."""

from __future__ import annotations

import json
import random
from functools import cache

import pytest
from scapy.packet import Raw

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.errors import DecodeError
from perc_scapy.layers.dtls import DTLSHandshakes
from perc_scapy.layers.fields.core import LAYERS
from perc_scapy.layers.union import is_union
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.reader import open_capture
from perc_scapy.view.fast_fields import json_of, tree_of
from perc_scapy.view.packets import PacketViewer
from perc_scapy.view.parts import Part
from perc_scapy.view.scapy_fields import FieldReader
from tests.capture.handmade import HandmadeConference, k, three_flows
from tests.project.tree import ROOT
from tests.view.test_packets import views_of

GOLDEN = sorted(path.parent.name for path in (ROOT / "captures").glob("*/trace.*"))


@cache
def parts() -> list[Part]:
    talks = [three_flows(), HandmadeConference(mtu=250), HandmadeConference(cookies=False)]
    for talk in talks[1:]:
        talk.join("A", k(1))
    return [p for talk in talks for v in views_of(talk) for p in v.parts if p.layer is not Raw]


def slow(part: Part, *, secrets: bool) -> str:
    reader = FieldReader(secrets=secrets, decrypted=part.decrypted)
    return json.dumps(reader.packet(part.layer(part.data)))


@pytest.mark.parametrize("secrets", [False, True])
def test_both_readings_of_a_conference_are_equal(secrets: bool) -> None:
    for part in parts():
        text = slow(part, secrets=secrets)
        assert json.dumps(tree_of(part.layer, part.data, secrets=secrets)) == text
        assert json_of(part.layer, part.data, secrets=secrets) == text


def test_mutated_octets_read_the_same_or_are_refused() -> None:
    dice, accepted = random.Random(8), 0
    for part in parts()[::2]:
        data = bytearray(part.data)
        data[dice.randrange(len(data))] = dice.randrange(256)
        changed = Part(part.protocol, part.layer, bytes(data), decrypted=part.decrypted)
        try:
            fast = tree_of(part.layer, bytes(data))
        except DecodeError:
            assert [f for f in changed.faults() if f.severity != "note"]
            continue
        accepted += 1
        assert json.dumps(fast) == slow(changed, secrets=False) == json_of(part.layer, bytes(data))
    assert accepted > 50


@pytest.mark.parametrize(
    "name", sorted(n for n, c in LAYERS.items() if c.__module__.startswith("perc_scapy"))
)
def test_the_default_packet_of_every_layer(name: str) -> None:
    layer = LAYERS[name]
    if is_union(layer):
        return
    part = Part("x", layer, bytes(layer()))
    try:
        fast = tree_of(layer, part.data)
    except DecodeError:
        assert part.packet.expert(), "refused although nothing is wrong"
        return
    assert json.dumps(fast) == slow(part, secrets=False) == json_of(layer, part.data)


def test_a_piece_of_a_key_is_hidden() -> None:
    piece = bytes.fromhex("1a00004000000000 00000010".replace(" ", "")) + b"k" * 16
    assert tree_of(DTLSHandshakes, piece)["messages"][0]["body"] == "<16 octets, hidden>"
    shown = tree_of(DTLSHandshakes, piece, secrets=True)["messages"][0]["body"]
    assert shown == (b"k" * 16).hex()


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_captures_read_the_same(name: str) -> None:
    """Every part of every packet, whatever other stack sent it; each different layer and length once is enough."""
    folder = ROOT / "captures" / name
    (trace,) = folder.glob("trace.*")
    with open_capture(trace) as reader:
        frames = list(reader)
    keys = [folder / file for file in ("secrets.keylog", "keys.toml") if (folder / file).is_file()]
    ring = Keyring.of(keys)
    for text in reader.secrets:
        ring.keylog.add_text(text)
    viewer, seen = PacketViewer(Analysis(payloads(frames), ring)), set()
    for frame in frames:
        for part in viewer.view(frame).parts:
            kind = part.layer, len(part.data)
            if kind in seen or part.layer is Raw or not part.well_formed:
                continue
            seen.add(kind)
            text = slow(part, secrets=False)
            assert json.dumps(part.tree()) == text
            assert json_of(part.layer, part.data) == text
    assert seen
