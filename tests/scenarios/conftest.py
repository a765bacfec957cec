# SPDX-License-Identifier: GPL-2.0-only
"""One run of all three flows of April 2016, recorded from the first datagram on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from perc_scapy.sim.conference import SimConference
from tests.scenarios.story import Story


@dataclass
class Run:
    """The conference after it all, the story of its datagrams, and when its parts began."""

    conference: SimConference
    story: Story
    second: float
    media: float
    third: float
    after: float
    """A and B have changed their keys, C talks."""


@pytest.fixture(scope="package")
def run() -> Run:
    """Tunnel and A; B, and both talk; C joins, and all talk."""
    conference = SimConference(("a", "b", "c"), log=True)
    conference.run(0.5)
    conference.join("a")
    conference.run(0.5)
    second = conference.now
    conference.join("b")
    conference.run(0.5)
    media = conference.now
    conference.talk("a", 10)
    conference.run(0.05)
    conference.talk("b", 10)
    conference.run(1.0)
    third = conference.now
    conference.join("c")
    conference.talk("a", 10)
    conference.run(1.5)
    after = conference.now
    for name in "cab":
        conference.talk(name, 30)
        conference.run(0.001)
    conference.run(1.5)
    return Run(conference, Story(conference), second, media, third, after)
