# SPDX-License-Identifier: GPL-2.0-only
"""The order of steps: within a handshake, the delivery of a key, the relay of a packet. These may overlap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from perc_scapy.capture.checks.rule import check
from perc_scapy.capture.steps import MDD, Check, Section, Step, Story


def steps_are_in_order(story: Story) -> Check:
    """Each step comes after the one that causes it, as far as both were seen."""
    bad = [
        f"{late.id} in packet {late.packet} before {early.id} in {early.packet}"
        for section in story.sections
        for early, late in _causes(section)
        if early.packet and late.packet and late.packet < early.packet
    ]
    return check("steps are in order", bad, "each after the one that causes it")


def _causes(section: Section) -> Iterator[tuple[Step, Step]]:
    """(cause, effect): what arrives somewhere makes the next message leave from there."""
    numbered = [step for step in section.steps if step.id]
    for before, after in pairwise(numbered):
        if before.dst == after.src and not _begins_a_group(after):
            yield before, after
    by_id = {step.id[:6]: step for step in reversed(numbered)}
    # A joiner's key follows its handshake, and its media follow its key.
    for early, late in (("NUJ-01", "NUJ-02"), ("NUJ-04", "NUJ-14")):
        if early in by_id and late in by_id:
            yield by_id[early], by_id[late]


def _begins_a_group(step: Step) -> bool:
    return step.message.startswith("Tunnel(ekt_key ") or (
        step.message.startswith("SRTP") and step.dst == MDD
    )
