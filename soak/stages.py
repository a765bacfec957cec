# SPDX-License-Identifier: GPL-2.0-only
"""Every reader of the project, fed with one packet, one conversation or one file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks import run_checks
from perc_scapy.capture.participants import find_participants
from perc_scapy.capture.story import Storyteller
from perc_scapy.capture.whole_story import whole_story
from perc_scapy.compare.parting import compare
from perc_scapy.conform import judge
from perc_scapy.errors import ConfigError, DecodeError
from perc_scapy.explain.report import explain
from perc_scapy.explain.tunnel import explain_tunnel_message
from perc_scapy.golden.expectation import describe
from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.bind import PercDatagram
from perc_scapy.layers.compile import decode
from perc_scapy.layers.ekt import EKTField
from perc_scapy.layers.tunnel_rfc9185 import TunnelMessage
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Datagram, Segment, payloads
from perc_scapy.pcap.reader import CaptureReader
from perc_scapy.view.fields import flatten
from perc_scapy.view.ladder import ladder
from perc_scapy.view.packets import PacketViewer, view_all
from perc_scapy.view.style import Style
from perc_scapy.view.svg import svg_ladder
from perc_scapy.view.tree import tree
from soak.seeds import Seed

Packets = Sequence[Datagram | Segment]
RAW = 101


# -- one packet


def layers(data: bytes) -> None:
    """Scapy layers: they never raise, and give back what they were given."""
    for layer in (PercDatagram, DTLSTunnelMessage, TunnelMessage, EKTField):
        packet = layer(data)
        assert bytes(packet) == data
        expert = getattr(packet, "expert", None)
        if expert is not None:
            expert()
        packet.summary()


def strict(data: bytes) -> None:
    """Strict decoders raise `DecodeError` or nothing."""
    for layer in (DTLSTunnelMessage, TunnelMessage):
        try:
            decode(layer, data)
        except DecodeError:
            continue


PACKET_STAGES: tuple[Callable[[bytes], object], ...] = (layers, strict, explain_tunnel_message)


# -- one conversation


def analysed(packets: Packets, seed: Seed) -> Analysis:
    """Decryption of everything."""
    analysis = Analysis(packets, seed.keys())
    len(analysis.media) + len(analysis.own_media) + len(analysis.notes)
    return analysis


def shown(analysis: Analysis, packets: Packets) -> None:
    """Views of all packets: summary, tree, JSON, names."""
    viewer = PacketViewer(analysis)
    for packet in packets:
        if isinstance(packet, Datagram):
            frame = Frame(
                packet.number,
                round(packet.time * 1e9),
                RAW,
                ip_udp(packet.src, packet.dst, packet.data),
                1500,
            )
            view = viewer.view(frame, packet)
            view.to_json()
            flatten(view)
            if packet.number % 8 == 0:
                list(tree(view, Style()))


def told(analysis: Analysis) -> None:
    """Ladders and checks."""
    people = find_participants(analysis)
    story = Storyteller(analysis, people).story()
    story.checks = run_checks(analysis, people, story)
    for one in (story, whole_story(analysis)):
        ladder(one)
        svg_ladder(one)


def judged(analysis: Analysis) -> None:
    """Conformance; a rule that raises is told in `errors`."""
    report = judge(analysis)
    assert not report.errors, report.errors
    describe(analysis, report)


def explained(analysis: Analysis) -> None:
    explain(analysis)


def compared(analysis: Analysis) -> None:
    assert compare(analysis, analysis).equal


CONVERSATION_STAGES: tuple[Callable[[Analysis], object], ...] = (told, judged, compared)


# -- one file


def read(data: bytes, seed: Seed) -> None:
    """A file that may be anything: `ConfigError`, damage, or packets."""
    try:
        capture = CaptureReader(io.BytesIO(data))
        frames = list(capture)
    except ConfigError:
        return
    keys = seed.keys()
    for text in capture.secrets:
        keys.keylog.add_text(text)
    analysis = Analysis(payloads(frames), keys)
    for view in view_all(analysis, frames):
        view.to_json()
