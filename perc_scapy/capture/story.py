# SPDX-License-Identifier: GPL-2.0-only
"""The three flows of a PERC conference found in a capture: Session Setup 1/2, 2/2, and New User Joins."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.handshake_steps import ekt_steps, handshake_steps, tunnel_steps
from perc_scapy.capture.media_steps import e2e_keys, media_steps
from perc_scapy.capture.participants import Participant, find_participants, letter
from perc_scapy.capture.steps import KMF, MDD, Section, Step, Story
from perc_scapy.capture.tunnels import Tunnel


class Storyteller:
    """Builds the story of the first tunnel's conference."""

    def __init__(self, analysis: Analysis, participants: list[Participant] | None = None) -> None:
        self.analysis = analysis
        self.people = find_participants(analysis) if participants is None else participants
        spis = dict.fromkeys(k.parameters.spi for p in self.people for k in p.ekt_keys())
        self.names = {spi: f"K{number}" for number, spi in enumerate(spis, 1)}
        """SPI -> K1, K2 … in the order in which the KMF gave them out."""

    def story(self, expected: int | None = None) -> Story:
        """`expected`: how many participants there must be; missing ones get steps that were not seen."""
        people = list(self.people)
        sections = []
        if people or expected:
            sections.append(self._first())
        if len(people) > 1 or (expected or 0) > 1:
            sections.append(self._second())
        for index in range(2, max(len(people), expected or 0)):
            sections.append(self._join(index))
        columns = [self._person(i).letter for i in range(max(len(people), expected or 0))]
        return Story([*columns, MDD, KMF], sections)

    def _person(self, index: int) -> Participant:
        """The participant, or a ghost whose steps are all missing."""
        if index < len(self.people):
            return self.people[index]
        return Participant(letter(index), None, [Association(b"")])

    def _spi(self, person: Participant) -> int | None:
        """SPI of the first EKT key that a participant was given."""
        keys = person.ekt_keys()
        return keys[0].parameters.spi if keys else None

    def _name(self, spi: int | None) -> str:
        return self.names.get(spi, "K?") if spi is not None else "K?"

    @property
    def tunnel(self) -> Tunnel | None:
        """The one that the first section tells of."""
        return self.analysis.tunnels[0] if self.analysis.tunnels else None

    def _first(self) -> Section:
        person = self._person(0)
        spi = self._spi(person)
        steps = [
            *tunnel_steps(self.tunnel),
            *handshake_steps(person, numbered("SS1", 5)),
            *ekt_steps(person, spi, self._name(spi), numbered("SS1", 13)),
        ]
        return Section("Session Setup 1/2: the tunnel, and the first participant", steps)

    def _second(self) -> Section:
        first, second = self._person(0), self._person(1)
        spi = self._spi(second)
        name = self._name(spi)
        key = ekt_steps(second, spi, name, numbered("SS2", 9))
        after = key[2].packet or 0
        steps = [
            *handshake_steps(second, numbered("SS2", 1)),
            *key,
            *media_steps(first, [(second, "SS2-14")], spi, name, "SS2-13", after),
            *media_steps(second, [(first, "SS2-16")], spi, name, "SS2-15", after),
        ]
        return Section("Session Setup 2/2: the second participant, and first media", steps)

    def _join(self, index: int) -> Section:
        joiner = self._person(index)
        mark = "" if index == 2 else f".{joiner.letter}"
        others = [self._person(i) for i in reversed(range(index))]
        spi = self._spi(joiner)
        name = self._name(spi)
        steps = [self._set_up(joiner, "NUJ-01" + mark)]
        steps += (key := ekt_steps(joiner, spi, name, numbered("NUJ", 2, mark)))
        for place, other in enumerate(others):
            steps += self._rekeyed(other, spi, name, place, mark)
        receivers = [
            (other, _receiver_id(place, other, mark)) for place, other in enumerate(others)
        ]
        steps += media_steps(joiner, receivers, spi, name, "NUJ-14" + mark, key[2].packet or 0)
        return Section(f"New User Joins: {joiner.letter}", steps)

    def _set_up(self, joiner: Participant, id_: str) -> Step:
        """Step 1 stands for the eight steps of a handshake."""
        inner = handshake_steps(joiner, lambda n: str(n))
        packets = [step.packet for step in inner if step.id]
        first = packets[0] if all(packets) else None
        step = Step(id_, joiner.letter, KMF, "tunneled DTLS association", first, both_ways=True)
        step.notes = [note for part in inner for note in part.notes]
        if step.seen:
            step.notes.insert(0, f"eight steps as for B, packets {first} to {packets[-1]}")
        return step

    def _rekeyed(
        self, member: Participant, spi: int | None, name: str, place: int, mark: str
    ) -> list[Step]:
        """The new key for one who was there before, and the end-to-end key that it makes in answer."""
        dot = "" if place < 2 and not mark else f"{mark or '.C'}.{member.letter}"
        steps = ekt_steps(member, spi, name, numbered("NUJ", 6 + 4 * min(place, 1), dot))
        keys = e2e_keys(member)
        for before, after in pairwise(keys):
            if after[1] == spi and steps[2].seen:
                what = "changes" if before[3] != after[3] else "KEEPS"
                text = f"{member.letter} {what} its E2E key: {before[3]} -> {after[3]}"
                steps[2].notes.append(f"{text} from packet {after[0]}")
                break
        return steps


def _receiver_id(place: int, other: Participant, mark: str) -> str:
    return f"NUJ-{15 + min(place, 1)}" + ("" if not mark else f"{mark}.{other.letter}")


def numbered(flow: str, start: int, mark: str = "") -> Callable[[int], str]:
    """Ids of consecutive steps: `numbered("SS1", 5)(0)` is SS1-05."""
    return lambda n: f"{flow}-{start + n:02d}{mark}"
