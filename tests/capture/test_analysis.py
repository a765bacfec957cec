# SPDX-License-Identifier: GPL-2.0-only
"""The whole way from a file, and any bytes on the way."""

import io
import random
from dataclasses import replace

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.checks import run_checks
from perc_scapy.capture.participants import find_participants
from perc_scapy.capture.story import Storyteller
from perc_scapy.pcap.reader import CaptureReader
from tests.capture.handmade import three_flows


def test_a_file_with_secrets_needs_nothing_else() -> None:
    talk = three_flows()
    analysis = analyse(CaptureReader(io.BytesIO(talk.pcapng())))
    direct = Analysis(talk.trace, talk.keylog())
    assert [m.opened.plain for m in analysis.media] == [m.opened.plain for m in direct.media]
    assert len(analysis.tunnels) == 1


def test_secrets_may_come_from_outside() -> None:
    talk = three_flows()
    capture = CaptureReader(io.BytesIO(talk.pcapng(secrets=False)))
    assert len(analyse(capture, talk.keylog()).tunnels) == 1


def test_a_damaged_file_is_analysed_up_to_the_damage() -> None:
    talk = three_flows()
    data = talk.pcapng()
    capture = CaptureReader(io.BytesIO(data[: len(data) * 2 // 3]))
    analysis = analyse(capture)
    assert capture.damage is not None
    assert len(analysis.associations) == 3


def test_mutated_conversations_never_raise() -> None:
    """Every layer of the analysis, the story and the checks on broken, lost, repeated and swapped datagrams."""
    talk = three_flows()
    dice = random.Random(11)
    for _ in range(40):
        trace = []
        for d in talk.trace:
            data = bytearray(d.data)
            fate = dice.random()
            if fate < 0.05:
                continue
            if fate < 0.15 and data:
                data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            elif fate < 0.2:
                del data[dice.randrange(len(data)) :]
            trace.append(replace(d, data=bytes(data)))
            if fate > 0.95:
                trace.append(trace[-1])
        at = dice.randrange(len(trace) - 1)
        trace[at], trace[at + 1] = trace[at + 1], trace[at]
        trace = [replace(d, number=n) for n, d in enumerate(trace, 1)]
        analysis = Analysis(trace, talk.keylog())
        story = Storyteller(analysis).story(3)
        story.checks = run_checks(analysis, find_participants(analysis), story)
        assert story.to_json()["schema"] == 1
