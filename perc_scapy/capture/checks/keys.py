# SPDX-License-Identifier: GPL-2.0-only
"""Statements about keys: who is given what, and what never shows."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks.needles import Needles
from perc_scapy.capture.checks.rule import check
from perc_scapy.capture.learned import learned_keys
from perc_scapy.capture.participants import Participant
from perc_scapy.capture.steps import Check
from perc_scapy.codes import ContentType
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.tunnel.messages import HopKeys


def keys_are_outer_halves(analysis: Analysis, people: list[Participant]) -> Check:
    """The KMF tells the MDD the outer halves of what the handshake exports (T00-KMF-10, -13, -14)."""
    bad, count = [], 0
    for a in analysis.associations:
        full = a.exported()
        for seen in a.key_messages() if full else ():
            count += 1
            told = seen.message.keys if seen.message else None
            want = a.hop_keys()
            if told is None or want is None or told.profile != a.srtp_profile:
                bad.append(f"packet {seen.packet}: profile differs from the ServerHello's")
            elif (told.client, told.server) != (want.client, want.server):
                bad.append(f"packet {seen.packet}: keys differ from the exported outer halves")
    bad = bad or ([] if count else ["no keys seen, or no key log"])
    return check("MDD gets the outer halves only", bad, f"{count} key messages")


def keys_are_kept(analysis: Analysis, people: list[Participant]) -> Check:
    """Keys of a hop never change within an association, and no two hops share one (R8871-10)."""
    bad: list[str] = []
    owners: dict[bytes, str] = {}
    for person in people:
        for a in person.associations:
            told = {_pair(seen.message.keys) for seen in a.key_messages() if seen.message}
            if len(told) > 1:
                bad.append(f"HBH({person.letter}) changes")
            for key in next(iter(told), ()):
                if owners.setdefault(key, person.letter) != person.letter:
                    bad.append(f"{person.letter} and {owners[key]} share a hop key")
    return check("every hop has its own key", bad, f"{len(owners)} keys, all different")


def _pair(keys: HopKeys | None) -> tuple[bytes, ...]:
    return () if keys is None else (bytes(keys.client.key), bytes(keys.server.key))


def mdd_saw_no_secret(analysis: Analysis, people: list[Participant]) -> Check:
    """No inner half, EKT key or EKT salt is in what the MDD handles in clear (R8871-04, T00-MDD-11, EKT-26)."""
    secrets = dict(end_to_end_secrets(analysis))
    needles = Needles(secrets)
    bad = [
        f"packet {packet}: {name}"
        for packet, content in clear_at_the_mdd(analysis)
        if (name := needles.find(content)) is not None
    ]
    bad = bad or ([] if secrets else ["no secrets to look for"])
    return check("no end-to-end secret at the MDD", bad, f"{len(secrets)} secrets looked for")


def end_to_end_secrets(analysis: Analysis) -> Iterator[tuple[bytes, str]]:
    """(secret, what it is) of everything that only members may hold."""
    for a in analysis.associations:
        full = a.exported()
        if full is not None and SRTP_PROFILES[full.profile].is_double:
            inner = full.inner()
            for master in (inner.client, inner.server):
                yield bytes(master.key), "inner half of an exported key"
        for received in a.ekt_keys():
            yield bytes(received.parameters.key), "EKT key"
            yield bytes(received.parameters.salt), "end-to-end salt"
    sets = [received.parameters for a in analysis.associations for received in a.ekt_keys()]
    for key in learned_keys(analysis.media, sets):
        yield bytes(key.master.key), "end-to-end key"


def clear_at_the_mdd(analysis: Analysis) -> Iterator[tuple[int, bytes]]:
    """Datagrams of its links, contents of its tunnel, and what its hop keys open."""
    # DTLS that was exported is open, though nobody on the way could read it.
    yield from ((d.number, d.data) for d in analysis.datagrams if d.protocol != "dtls")
    for tunnel in analysis.tunnels:
        for opened in tunnel.session.contents(ContentType.APPLICATION_DATA):
            yield opened.packet, opened.content
    for media in analysis.media:
        if media.opened.outer is not None:
            yield media.number, media.opened.outer.payload


def ekt_keys_follow_the_joins(analysis: Analysis, people: list[Participant]) -> Check:
    """A and B share a key; every later joiner gets a new one, as do all who are there (R8871-21, R8871-24)."""
    held = {p.letter: [k.parameters.spi for k in p.ekt_keys()] for p in people}
    bad = [f"{name} was given no EKT key" for name, spis in held.items() if not spis]
    if not bad and len(people) > 1 and held["B"][0] not in held["A"]:
        bad.append("A and B share no EKT key")
    for index, joiner in enumerate(people[2:] if not bad else [], 2):
        spi = held[joiner.letter][0]
        if any(spi in held[p.letter][:1] for p in people[:index]):
            bad.append(f"{joiner.letter} was given a key that is older than it")
        bad += [f"{p.letter} lacks the key of {joiner.letter}'s join"
                for p in people[:index] if spi not in held[p.letter]]  # fmt: skip
    text = ", ".join(f"{name} {len(spis)}" for name, spis in held.items())
    return check("EKT keys follow the joins", bad, f"keys given: {text}")
