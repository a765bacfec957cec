# SPDX-License-Identifier: GPL-2.0-only
"""The demo's judgement: the story of the trace, the checks of every PERC capture, and the recordings."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.checks import run_checks
from perc_scapy.capture.participants import Participant, find_participants
from perc_scapy.capture.steps import Check, Story
from perc_scapy.capture.story import Storyteller
from perc_scapy.cli.demo.audio import check_recording, deliveries
from perc_scapy.cli.demo.workspace import Workspace
from perc_scapy.pcap.private import write_private
from perc_scapy.pcap.reader import open_capture

SILENCE = 2.0
"""Seconds of work after which a person is told how far it is."""


def judge(
    trace: Path,
    results: Path,
    workspace: Workspace,
    say: Callable[[str], object] = lambda text: None,
) -> Story:
    """Read `trace` alone for the story; compare the WAV files in `results` with the voices."""
    with open_capture(trace) as capture:
        analysis = analyse(capture)
        damage = capture.damage
    people = find_participants(analysis)
    collect_recordings(people, workspace, results)
    story = Storyteller(analysis, people).story(len(workspace.names))
    story.checks = run_checks(analysis, people, story, _teller(say))
    story.checks.append(Check("the trace is whole", damage is None, damage or ""))
    story.checks.append(_who(people, workspace))
    story.checks += _recordings(analysis, people, results, workspace)
    return story


def _teller(say: Callable[[str], object]) -> Callable[[Check], None]:
    """Says what was checked, where that took so long that somebody may wonder."""
    last = time.monotonic()

    def tell(check: Check) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SILENCE:
            say(f"checked: {check.name}")
        last = now

    return tell


def _who(people: list[Participant], workspace: Workspace) -> Check:
    """The certificates in the capture are those that were made, in the order of joining."""
    shown = [person.certificate for person in people]
    made = [workspace.fingerprints[name] for name in workspace.names]
    text = f"{len(shown)} certificates shown, {len(made)} made"
    return Check("participants are who they should be", shown == made, text)


def _recordings(
    analysis: Analysis, people: list[Participant], results: Path, workspace: Workspace
) -> list[Check]:
    found = {(s.letter, r.letter): d for s, r, d in deliveries(analysis, people)}
    checks = []
    for sender in workspace.names:
        for listener in workspace.names:
            if sender != listener:
                wav = results / f"{sender}-{listener}.wav"
                voice, delivery = workspace.voices[sender], found.get((sender, listener))
                name = f"{listener} hears {sender}"
                checks.append(check_recording(name, wav, voice, delivery))
    return checks


def collect_recordings(people: list[Participant], workspace: Workspace, results: Path) -> None:
    """FROM-TO.wav from what the endpoints recorded by SSRC; whose SSRC it is, the capture says."""
    for listener in workspace.names:
        for sender in people:
            for ssrc in sender.ssrcs:
                recorded = workspace.heard(listener) / f"{ssrc:08x}.wav"
                if recorded.exists():
                    kept = results / f"{sender.letter}-{listener}.wav"
                    write_private(kept, recorded.read_bytes())
