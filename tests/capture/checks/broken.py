# SPDX-License-Identifier: GPL-2.0-only
"""Conferences in which one thing is wrong, and what each rule says of a conference."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks.rule import Rule
from perc_scapy.capture.participants import find_participants
from perc_scapy.capture.steps import Check
from tests.capture.handmade import HandmadeConference, k


def verdict(rule: Rule, talk: HandmadeConference) -> Check:
    analysis = Analysis(talk.trace, talk.keylog())
    return rule(analysis, find_participants(analysis))


def two(**options: object) -> HandmadeConference:
    """A and B under K1, with a few words."""
    talk = HandmadeConference(**options)
    talk.join("A", k(1))
    talk.join("B", k(1))
    for n in range(3):
        talk.say("A", b"%d" % n)
        talk.say("B", b"%d" % n)
    return talk


class WrongKeys(HandmadeConference):
    """A KMF that tells the MDD something else: `tell(exported)` gives (client, server) master keys."""

    tell = staticmethod(lambda keys: (keys.client.inner(), keys.server.inner()))

    def _hop_keys(self, person):
        told = super()._hop_keys(person)
        client, server = self.tell(self._export(person.server))
        return type(told)(told.profile, client, server)
