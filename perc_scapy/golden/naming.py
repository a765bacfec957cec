# SPDX-License-Identifier: GPL-2.0-only
"""Names that stay the same from run to run: participants A, B …, EKT keys K1, K2 …, end-to-end keys A.1, A.2 …"""

from __future__ import annotations

import re
from collections.abc import Callable

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.media_steps import e2e_keys
from perc_scapy.capture.participants import Participant, find_participants

_NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]{2,}\b")


def without_numbers(text: str) -> str:
    """A sentence in which SPIs, SSRCs and other long numbers are `#`: they differ from run to run."""
    return _NUMBER.sub("#", text)


class Names:
    """Who and what the things of a capture are; every name is given in the order of first sight."""

    def __init__(self, analysis: Analysis, people: list[Participant] | None = None) -> None:
        self.people = find_participants(analysis) if people is None else people
        self._letters = {id(a): p.letter for p in self.people for a in p.associations}
        self._owners: dict[int, str] = {}
        for person in self.people:
            for ssrc in person.ssrcs:
                self._owners.setdefault(ssrc, person.letter)
        spis = dict.fromkeys(k.parameters.spi for p in self.people for k in p.ekt_keys())
        self.ekt = {spi: f"K{number}" for number, spi in enumerate(spis, 1)}
        self.keys = self._end_to_end()
        self._associations = _numbered(analysis.associations, self.of)

    def _end_to_end(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for person in self.people:
            ids = dict.fromkeys(key_id for _, _, _, key_id in e2e_keys(person))
            for number, key_id in enumerate(ids, 1):
                found.setdefault(key_id, f"{person.letter}.{number}")
        return found

    def of(self, association: Association | None) -> str:
        """Letter of a participant; "?" for nobody known."""
        return "?" if association is None else self._letters.get(id(association), "?")

    def association(self, association: Association) -> str:
        """A1 is A's first association, A2 the one after it came back."""
        return self._associations.get(id(association), "?")

    def owner(self, ssrc: int) -> str:
        """Whose SSRC it is."""
        return self._owners.get(ssrc, "?")

    def ekt_key(self, spi: int | None) -> str:
        """K1, K2 …; "K?" for an SPI that the capture never shows in an ekt_key."""
        return "K?" if spi is None else self.ekt.get(spi, "K?")


def _numbered(
    associations: list[Association], letter_of: Callable[[Association], str]
) -> dict[int, str]:
    counts: dict[str, int] = {}
    names = {}
    for association in associations:
        letter = letter_of(association)
        counts[letter] = counts.get(letter, 0) + 1
        names[id(association)] = f"{letter}{counts[letter]}"
    return names
