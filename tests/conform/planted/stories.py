# SPDX-License-Identifier: GPL-2.0-only
"""The message flows with one step left out: made up, as a capture without a step may just lack its packet."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform.rules.flows import name_of
from perc_scapy.conform.subject import Subject


def without(analysis: Analysis, id_: str) -> Subject:
    """The subject of a good conference whose story lacks a step."""
    subject = Subject(analysis)
    for step in subject.story.steps():
        if name_of(step) == id_:
            step.packet = None
    return subject
