# SPDX-License-Identifier: GPL-2.0-only
"""Everything that happens in a capture as one story: each conference with its flows, then what comes back, is renewed
or ends, further tunnels, calls without a tunnel, and what was sent again. Never fails on a capture with holes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.calls import CLIENT, SERVER, call_section, closed_section, is_plain
from perc_scapy.capture.endings import ending_steps
from perc_scapy.capture.handshake_steps import ekt_steps, handshake_steps, tunnel_steps
from perc_scapy.capture.media_steps import e2e_keys, hop_media_steps
from perc_scapy.capture.participants import Participant, find_participants, stays_closed
from perc_scapy.capture.repeated_steps import tell_repeats
from perc_scapy.capture.steps import KMF, MDD, Section, Step, Story
from perc_scapy.capture.story import Storyteller
from perc_scapy.capture.tunnels import Tunnel
from perc_scapy.pcap.packets import Address

Key = tuple[str, object]


@dataclass
class Conference:
    """Participants with what they do in one conference only."""

    key: Key
    people: list[Participant] = field(default_factory=list)

    @property
    def tunnels(self) -> list[Tunnel]:
        """In the order of first use."""
        found = {id(a.tunnel): a.tunnel for p in self.people for a in p.associations if a.tunnel}
        return list(found.values())


def whole_story(analysis: Analysis) -> Story:
    """The story of an analysis that has its media."""
    people = find_participants(analysis)
    conferences = _conferences(people)
    sections: list[Section] = []
    told: set[int] = set()
    for conference in conferences:
        sections += _conference(analysis, conference, many=len(conferences) > 1, told=told)
    sections += _other_tunnels(analysis, told)
    calls = [(p.letter, a) for p in people for a in p.associations if is_plain(a)]
    sections += [call_section(_call(n, calls), a, analysis.media) for n, (_, a) in enumerate(calls)]
    closed = [a for a in analysis.associations if stays_closed(a)]
    sections += [closed_section(f"D{n}", a) for n, a in enumerate(closed, 1)]
    columns = [p.letter for p in people if not all(map(is_plain, p.associations))]
    columns += [MDD, KMF] if columns or analysis.tunnels or not (calls or closed) else []
    columns += [CLIENT, SERVER] if calls or closed else []
    story = Story(columns, sections)
    tell_repeats(analysis, story)
    return story


def _call(index: int, calls: list[tuple[str, Association]]) -> str:
    """The letter of the client; with a number when it calls more than once."""
    letter = calls[index][0]
    before = sum(other == letter for other, _ in calls[:index])
    return f"{letter}{before + 1}" if before else letter


# -- conferences


def _conferences(people: list[Participant]) -> list[Conference]:
    listening = {
        a.mdd: a.conference_id
        for p in people
        for a in p.associations
        if a.mdd is not None and a.conference_id is not None
    }
    found: dict[Key, Conference] = {}
    for person in people:
        parts: dict[Key, list[Association]] = {}
        for association in person.associations:
            if not is_plain(association):
                parts.setdefault(_key(association, listening), []).append(association)
        for key, associations in parts.items():
            found.setdefault(key, Conference(key)).people.append(_part(person, associations))
    return list(found.values())


def _key(association: Association, listening: dict[Address, bytes]) -> Key:
    """Its name in the tunnel; without one, where the MDD listens, or the tunnel."""
    mdd = association.mdd
    named = association.conference_id or (None if mdd is None else listening.get(mdd))
    if named is not None:
        return "id", named
    return ("tunnel", id(association.tunnel)) if mdd is None else ("at", mdd)


def _part(person: Participant, associations: list[Association]) -> Participant:
    """A participant as far as some of its associations go."""
    ours = {id(a) for a in associations}
    sent = [m for m in person.sent if id(m.association) in ours]
    heard = [m for m in person.heard if id(m.association) in ours]
    ssrcs = list(dict.fromkeys(m.ssrc for m in sent))
    return Participant(person.letter, person.certificate, associations, ssrcs, sent, heard)


def _conference(
    analysis: Analysis, conference: Conference, *, many: bool, told: set[int]
) -> list[Section]:
    title = f"{_title(conference.key)}: " if many else ""
    teller = ConferenceStory(analysis, conference)
    sections = teller.story().sections
    told |= {id(tunnel) for tunnel in conference.tunnels[:1]}
    sections += teller.later()
    for section in sections:
        section.title = title + section.title
    return sections


def _title(key: Key) -> str:
    kind, value = key
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        plain = text.isascii() and text.decode("ascii", "replace").isprintable() and text
        return f"Conference {text.decode() if plain else value.hex()[:8]}"
    return f"Conference at {value}" if kind == "at" else "Conference"


class ConferenceStory(Storyteller):
    """The flows of one conference, and what the flows do not name."""

    def __init__(self, analysis: Analysis, conference: Conference) -> None:
        super().__init__(analysis, conference.people)
        self._tunnels = conference.tunnels

    @property
    def tunnel(self) -> Tunnel | None:
        return self._tunnels[0] if self._tunnels else None

    def story(self, expected: int | None = None) -> Story:
        """Without EKT there are no EKT keys to wait for, and no end-to-end keys."""
        found = super().story(expected)
        if all(_without_ekt(person) for person in self.people):
            for section in found.sections:
                section.steps = [s for s in section.steps if s.seen or not _needs_ekt(s)]
        return found

    def later(self) -> Iterator[Section]:
        """Who comes back, keys given later, keys made anew, media of one layer, and who leaves."""
        shown = self._shown_keys()
        for person in self.people:
            for again in person.associations[1:]:
                one = _part(person, [again])
                steps = _unnumbered(handshake_steps(one, lambda n: ""))
                yield Section(f"{person.letter} comes back", steps)
        for spi, name in self.names.items():
            steps = [s for p in self.people if (p.letter, spi) not in shown
                     for s in _delivered(p, spi, name)]  # fmt: skip
            if steps:
                yield Section(f"EKT key {name}", steps)
        for title, rows in (("End-to-end keys made anew", self._renewed()), ("Media, hop by hop", self._plain_media()),
                            ("Ends", self._ends())):  # fmt: skip
            if found := sorted(rows, key=lambda step: step.packet or 0):
                yield Section(title, found)

    def _shown_keys(self) -> set[tuple[str, int]]:
        """(participant, SPI) of the keys whose way is in the flows already."""
        shown: set[tuple[str, int]] = set()
        for index, joiner in enumerate(self.people):
            spi = self._spi(joiner)
            if spi is not None:
                who = self.people[: index + 1] if index > 1 else [joiner]
                shown |= {(p.letter, spi) for p in who}
        return shown

    def _renewed(self) -> Iterator[Step]:
        for person in self.people:
            keys = e2e_keys(person)
            for place, (packet, spi, epoch, key) in enumerate(keys):
                before = keys[place - 1] if place else None
                if before is not None and before[3] != key and before[1] == spi:
                    text = f"SRTP(new E2E key of {person.letter}) + EKT"
                    step = Step("", person.letter, MDD, text, packet)
                    step.notes.append(f"{before[3]} -> {key}, {self._name(spi)}, epoch {epoch}")
                    yield step

    def _plain_media(self) -> Iterator[Step]:
        """Of participants who negotiated no EKT: the hop's layer is all."""
        for person in self.people:
            if _without_ekt(person):
                yield from hop_media_steps(person, self.people)

    def _ends(self) -> Iterator[Step]:
        for person in self.people:
            for association in person.associations:
                if association.direct is not None:
                    yield from ending_steps(association.direct, person.letter, MDD)
                if association.tunneled is not None:
                    yield from ending_steps(association.tunneled, MDD, KMF, "Tunnel({})")
                ended = None if association.carrier is None else association.carrier.ended
                if ended is not None:
                    yield Step("", MDD, KMF, f"EndpointDisconnect of {person.letter}", ended)


def _without_ekt(person: Participant) -> bool:
    """The ServerHello was seen and chose no EKT cipher."""
    association = person.association
    return association.ekt_cipher is None and association.srtp_profile is not None


def _needs_ekt(step: Step) -> bool:
    return "ekt_key" in step.message or step.message.endswith("+ EKT")


def _unnumbered(steps: list[Step]) -> list[Step]:
    """Rows that no flow numbers: only what was seen."""
    return [step for step in steps if step.seen]


def _delivered(person: Participant, spi: int, name: str) -> list[Step]:
    return _unnumbered(ekt_steps(person, spi, name, lambda n: ""))


# -- tunnels


def _other_tunnels(analysis: Analysis, told: set[int]) -> Iterator[Section]:
    """Tunnels that no conference's first section shows."""
    for number, tunnel in enumerate(analysis.tunnels, 1):
        if id(tunnel) not in told:
            steps = tunnel_steps(tunnel)
            for step in steps:
                step.id = step.id.replace("SS1", f"T{number}")
            steps += ending_steps(tunnel.session, MDD, KMF)
            yield Section(f"Tunnel {number}: {tunnel.version} over {tunnel.transport}", steps)
