# SPDX-License-Identifier: GPL-2.0-only
"""What the MDD must never see, and what who joins later must never open."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.checks.keys import clear_at_the_mdd, end_to_end_secrets
from perc_scapy.capture.checks.needles import Needles
from perc_scapy.capture.participants import Participant
from perc_scapy.capture.secrecy import look_back
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.doubts import opens_at
from perc_scapy.conform.subject.packets import Heard, srtp_of

CLEAR = "contents that the MDD handles in clear"


def _search(subject: Subject, *names: str) -> Iterator[Finding]:
    secrets = {s: n for s, n in end_to_end_secrets(subject.analysis) if n in names and len(s) >= 8}
    if not secrets:
        return
    needles = Needles(secrets)
    for packet, content in clear_at_the_mdd(subject.analysis):
        found = needles.find(content)
        yield Finding(packet, found is None, f"{found} in clear")


@rule(
    "EKT-26",
    "T00-MDD-11",
    expected="no EKT key and no end-to-end salt in what the MDD handles in clear",
    about=CLEAR,
    needs=Part.INNER,
    broken_by="an EKT key in a tunnel message",
)
def ekt_keys_stay_hidden(subject: Subject) -> Iterator[Finding]:
    """EKT keys and salts of all ekt_key messages, looked for in every datagram, tunnel message and hop payload."""
    return _search(subject, "EKT key", "end-to-end salt")


@rule(
    "R8871-04",
    "SLD-ROLE-02",
    expected="no end-to-end key, and no inner half of an exported one, in what the MDD handles in clear",
    about=CLEAR,
    needs=Part.INNER,
    broken_by="full keys in key information",
    shown_in="violation-full-double-key",
)
def end_to_end_keys_stay_hidden(subject: Subject) -> Iterator[Finding]:
    """Inner halves of all exported keys and end-to-end keys of all EKT fields, looked for in the same places."""
    return _search(subject, "inner half of an exported key", "end-to-end key")


@rule(
    "R8871-24",
    expected="a member that joins a running conference cannot open what was said before",
    about="members that join third or later",
    needs=Part.HOP | Part.END,
    broken_by="a joiner that is given the EKT key of those who were there",
    shown_in="violation-look-back",
)
def joiners_cannot_look_back(subject: Subject) -> Iterator[Finding]:
    """Earlier packets, with every hop key, are tried with each end-to-end key that the joiner's EKT keys unwrap
    anywhere in the capture."""
    for joiner in later_members(subject):
        attempt = look_back(subject.analysis, joiner)
        if attempt.earlier and attempt.opened_after:
            text = f"{joiner.letter} opens {attempt.opened_earlier} packets sent before it joined"
            yield Finding(joiner.ekt_keys()[0].packet, not attempt.opened_earlier, text)


def later_members(subject: Subject) -> Iterator[Participant]:
    """Who came third or later to its conference, as the flow of a new user has it."""
    present: dict[bytes | None, int] = {}
    members = (person for person in subject.people if person.ekt_keys())
    for person in members:
        conference = person.association.conference_id
        present[conference] = present.get(conference, 0) + 1
        if present[conference] > 2:
            yield person


@rule(
    "DBL-14",
    "SLD-ROLE-01",
    expected="payloads that are still encrypted where the hop layer is open",
    about="packets whose both layers open",
    needs=Part.HOP | Part.END,
    broken_by="a NULL cipher inside",
)
def payloads_stay_encrypted(subject: Subject) -> Iterator[Finding]:
    """The plain payload of each packet against what its hop layer held: never the same octets."""
    for heard in subject.packets.heard:
        plain = heard.m.opened.plain
        if heard.double and plain is not None:
            payload = plain[12 + 4 * (plain[0] & 0x0F) :]
            ok = len(payload) < 8 or payload not in heard.body
            yield Finding(heard.number, ok, "the payload in clear inside of the hop layer")


@rule(
    "FW16-11",
    expected="an outer rollover counter of the MDD's own toward each receiver, from 0",
    about="streams toward endpoints, from their first packet on",
    needs=Part.HOP,
    broken_by="the sender's counter copied to a late joiner's hop",
)
def egress_counters_start_at_zero(subject: Subject) -> Iterator[Finding]:
    """The first packet of each SSRC toward each endpoint opens with rollover counter 0."""
    for stream in subject.packets.streams:
        if not stream.from_endpoint:
            first = min(stream.packets, key=lambda h: h.number)
            yield Finding(first.number, opens_at_zero(first), "does not open at rollover counter 0")


def opens_at_zero(heard: Heard) -> bool:
    """Whether the outer layer authenticates at rollover counter 0."""
    association = heard.m.association
    keys = None if association is None else association.hop_keys()
    if association is None or keys is None or association.mki:
        return True
    master = keys.client if heard.m.from_endpoint else keys.server
    return opens_at(association, srtp_of(heard.m), master, 0)
