# SPDX-License-Identifier: GPL-2.0-only
"""Who takes part: endpoints lettered A, B, C … in the order in which they came, and what each one sends and hears."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.codes import ExtensionType
from perc_scapy.crypto.fingerprint import fingerprint


@dataclass
class Participant:
    """One endpoint: its associations, the SSRCs it owns, its media."""

    letter: str
    certificate: str | None
    """Fingerprint of the certificate it showed."""
    associations: list[Association]
    ssrcs: list[int] = field(default_factory=list)
    """In the order of first use."""
    sent: list[MediaPacket] = field(default_factory=list)
    """Its RTP packets on the way to the MDD that authenticated there."""
    heard: list[MediaPacket] = field(default_factory=list)
    """RTP packets on the way from the MDD to it that authenticate."""

    @property
    def association(self) -> Association:
        """The first one."""
        return self.associations[0]

    def ekt_keys(self) -> list[ReceivedEktKey]:
        """Every EKT key that it was given, in order."""
        return [key for association in self.associations for key in association.ekt_keys()]

    def ekt_key(self, spi: int) -> ReceivedEktKey | None:
        """The first ekt_key with this SPI."""
        return next((k for k in self.ekt_keys() if k.parameters.spi == spi), None)


def find_participants(analysis: Analysis) -> list[Participant]:
    """Associations with one certificate are one participant; without a certificate, those from one address."""
    people = people_of(analysis.associations)
    _give_media(people, analysis.media)
    return people


def people_of(associations: Iterable[Association]) -> list[Participant]:
    """The participants alone, without their media. What `stays_closed` shows no participant and takes no letter."""
    by_person: dict[object, list[Association]] = {}
    for association in associations:
        if stays_closed(association):
            continue
        shown = certificate_of(association.sessions, from_client=True)
        person = shown or association.endpoint or association.client_random
        by_person.setdefault(person, []).append(association)
    return [
        Participant(letter(n), certificate_of(group[0].sessions, from_client=True), group)
        for n, group in enumerate(by_person.values())
    ]


def stays_closed(association: Association) -> bool:
    """DTLS outside of tunnels whose client offers no SRTP and whose secret is not known: a tunnel, or anything else."""
    session = association.direct
    if session is None or association.carrier is not None or session.has_secret:
        return False
    hello = session.client_hello
    return (
        hello is not None
        and ExtensionType.USE_SRTP not in hello.extensions
        and session.srtp_profile is None
    )


def letter(index: int) -> str:
    """A … Z, then A2 … Z2, …"""
    turn, place = divmod(index, 26)
    return chr(ord("A") + place) + (str(turn + 1) if turn else "")


def certificate_of(sessions: Iterable[SecuredSession], *, from_client: bool) -> str | None:
    """Fingerprint of the first certificate that one side showed."""
    for session in sessions:
        chain = session.certificates(from_client=from_client)
        if chain:
            return fingerprint(chain[0])
    return None


def _give_media(people: list[Participant], media: Iterable[MediaPacket]) -> None:
    by_association = {id(a): person for person in people for a in person.associations}
    for packet in media:
        person = by_association.get(id(packet.association))
        if person is None or packet.kind != "rtp" or not packet.opened.hop_opened:
            continue
        (person.sent if packet.from_endpoint else person.heard).append(packet)
        if packet.from_endpoint and packet.ssrc not in person.ssrcs:
            person.ssrcs.append(packet.ssrc)
