# SPDX-License-Identifier: GPL-2.0-only
"""ekt_key messages: when they come, what they hold, that they are acknowledged, who is given which key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.ekt_view import Given
from perc_scapy.conform.subject.inner import FIRST_OF_EPOCH_1, InnerView
from perc_scapy.conform.subject.packets import Heard, profile_of
from perc_scapy.crypto.ekt import EKT_CIPHERS
from perc_scapy.dtls import codec
from perc_scapy.errors import DecodeError

EKT_KEYS = "ekt_key messages"
PATIENCE = 20.0
"""Seconds within which several transmissions must have been seen, whatever one link loses (1, 3, 7, 15 s)."""
MANY = 4
"""Transmissions that nobody leaves unanswered by accident."""


@rule(
    "T00-KMF-15",
    expected="ekt_key behind the KMF's Finished, in protected records",
    about=EKT_KEYS,
    needs=Part.INNER,
    broken_by="an EKT key in clear, or before the Finished",
)
def ekt_key_follows_finished(subject: Subject) -> Iterator[Finding]:
    """Compared by record number, which reordering does not change: a Finished stands before it, or a record is missing
    there that may have held it."""
    for view in subject.inner:
        for session, message in view.ekt_messages():
            yield Finding(message.packet, message.epoch > 0, "ekt_key in an unprotected record")
            if message.epoch == 1:
                ok = _stands_behind_finished(view, session, message)
                if ok or subject.whole:
                    yield Finding(message.packet, ok, "ekt_key before the Finished")


def _stands_behind_finished(
    view: InnerView, session: DtlsSession, message: HandshakeMessage
) -> bool:
    first = min(session.numbers_of(message), default=FIRST_OF_EPOCH_1)
    finished = view.finished_number(False)
    return finished is not None and finished < first


@rule(
    "EKT-24",
    expected="ekt_key where an EKT cipher was negotiated, and only there",
    about="completed handshakes",
    needs=Part.INNER,
    broken_by="an EKT key for an endpoint that did not offer a cipher",
)
def ekt_key_needs_a_cipher(subject: Subject) -> Iterator[Finding]:
    """Each association with an ekt_key has supported_ekt_ciphers in its ServerHello; each one with that, complete for
    20 seconds and still in use, has an ekt_key."""
    for view in subject.inner:
        association = view.association
        messages = [m for _, m in view.ekt_messages()]
        cipher = association.ekt_cipher
        if messages:
            yield Finding(messages[0].packet, cipher is not None, "no cipher was negotiated")
        elif cipher is not None and subject.whole and _used_for(view, PATIENCE):
            yield Finding(view.finished_packet(False), False, "no ekt_key after the handshake")


def _used_for(view: InnerView, seconds: float) -> bool:
    """The endpoint's DTLS can be read and goes on for so long after the Finished."""
    finished = view.first(HandshakeType.FINISHED, False)
    if finished is None or not finished.epoch or not any(s.has_secret for s in view.sessions):
        return False
    times = {seen.packet: seen.time for _, seen in view.records()}
    return max(times.values()) - times[finished.packet] > seconds


@rule(
    "EKT-23",
    expected="a well-formed EKTKey, sent again until it is acknowledged",
    about=EKT_KEYS,
    needs=Part.INNER,
    broken_by="one-octet lengths, or a key that is sent once and never again",
    shown_in="violation-ekt-key-unacknowledged",
)
def ekt_key_is_sound(subject: Subject) -> Iterator[Finding]:
    """Form and key length of each message; its acknowledgement (see T00-EP-06); and where none shows for 20 seconds of
    the capture, more than one transmission."""
    end = subject.analysis.datagrams[-1].time if subject.analysis.datagrams else 0.0
    for view in subject.inner:
        for session, message in view.ekt_messages():
            fault = _form_fault(view, message)
            yield Finding(message.packet, not fault, fault)
            sent = _transmissions(session, message)
            silent = not _answered(view, message) and subject.whole
            if message.epoch and silent and end - sent[0] > PATIENCE:
                ended = _closed(session)
                yield Finding(message.packet, ended or len(sent) > 1, "never repeated")
    yield from ekt_key_is_acknowledged(subject)


def _form_fault(view: InnerView, message: HandshakeMessage) -> str:
    try:
        body = codec.decode_ekt_key(message.body)
    except DecodeError as error:
        return str(error)
    row = EKT_CIPHERS.get(view.association.ekt_cipher or 0)
    if row is not None and len(body.key) != row.key_length:
        return f"an EKT key of {len(body.key)} octets for {row.code.name}"
    return ""


def _transmissions(session: DtlsSession, message: HandshakeMessage) -> list[float]:
    """Times of the records that carried it, each record once."""
    numbers = session.numbers_of(message)
    times: dict[int, float] = {}
    for seen in session.records:
        sender = (seen.sender == session.client) == message.from_client
        if seen.record.number in numbers and sender:
            times.setdefault(seen.record.number, seen.time)
    return sorted(times.values()) or [0.0]


def _answered(view: InnerView, message: HandshakeMessage) -> bool:
    """Acknowledged, or refused with an alert, as far as any sight of the association shows."""
    for session in view.sessions:
        if session.acknowledgement(message) is not None:
            return True
        if any(alert.from_client for alert in session.contents(ContentType.ALERT)):
            return True
    return False


def _closed(session: DtlsSession) -> bool:
    return any(True for _ in session.contents(ContentType.ALERT))


@rule(
    "T00-EP-06",
    expected="an ACK for every ekt_key, and none of the endpoint's own",
    about=EKT_KEYS,
    needs=Part.INNER,
    broken_by="an endpoint that uses the key and never acknowledges it",
    shown_in="violation-ekt-key-unacknowledged",
)
def ekt_key_is_acknowledged(subject: Subject) -> Iterator[Finding]:
    """An ACK record that names a record of the message. One that four transmissions on the endpoint's own link, or
    20 seconds of the capture, did not bring is missing."""
    end = subject.analysis.datagrams[-1].time if subject.analysis.datagrams else 0.0
    for view in subject.inner:
        for session, message in view.ekt_messages():
            if message.from_client:
                yield Finding(message.packet, False, "the endpoint sends an ekt_key")
            elif message.epoch and not _form_fault(view, message):
                sent = _transmissions(session, message)
                acked = _answered(view, message)
                direct = session is view.association.direct
                late = subject.whole and _late(view, sent[0], end)
                if acked or (direct and (len(sent) >= MANY or late)):
                    yield Finding(message.packet, acked, f"no ACK, sent {len(sent)} times")


def _late(view: InnerView, first: float, end: float) -> bool:
    """The endpoint is still there long after the key came, and said nothing of it."""
    session = view.association.direct
    times = [s.time for s in session.records if s.sender == session.client] if session else []
    return end - first > PATIENCE and max(times, default=0.0) > first + PATIENCE / 2


@rule(
    "EKT-12",
    expected="a master salt at least as long as the transform's",
    about=EKT_KEYS,
    needs=Part.INNER,
    broken_by="a salt of 8 octets",
)
def salt_is_long_enough(subject: Subject) -> Iterator[Finding]:
    """srtp_master_salt of each EKTKey; a longer one is cut to its first octets by who uses it."""
    for view in subject.inner:
        row = profile_of(view.association)
        for _, received in view.ekt_keys():
            need = 12 if row is None else row.layer.salt_length
            had = len(received.parameters.salt)
            yield Finding(received.packet, had >= need, f"{had} octets of salt, {need} are needed")


@rule(
    "R8871-32",
    expected="one SPI, one EKT key and one salt for all members of a conference",
    about=EKT_KEYS,
    needs=Part.INNER,
    broken_by="an SPI that is used again for another key, or a salt for each member",
)
def one_set_for_a_name(subject: Subject) -> Iterator[Finding]:
    """Key, cipher, salt of all EKTKeys with one SPI in one conference."""
    first: dict[tuple[bytes | None, int], Given] = {}
    for given in sorted(_all_given(subject), key=lambda g: g.received.packet):
        known = first.setdefault((given.association.conference_id, given.spi), given)
        one, other = known.received.parameters, given.received.parameters
        ok = (one.key, one.salt, one.cipher) == (other.key, other.salt, other.cipher)
        text = f"SPI {given.spi:#06x} named another set in packet {known.received.packet}"
        yield Finding(given.received.packet, ok, text)


def _all_given(subject: Subject) -> Iterator[Given]:
    """Every message, also those that give one endpoint an SPI again."""
    for view in subject.inner:
        for _, received in view.ekt_keys():
            yield Given(view.association, received)


@rule(
    "R8871-21",
    expected="a new EKT key reaches every member of the conference",
    about="EKT keys of conferences with several members",
    needs=Part.INNER,
    broken_by="a KMF that forgets one member when the key changes",
)
def everybody_gets_the_key(subject: Subject) -> Iterator[Finding]:
    """When a key is given to one who had another before, it is a new key for all: who is a member then and sends media
    under an older key for more than 20 seconds after that was forgotten."""
    by_conference: dict[bytes | None, list[Given]] = defaultdict(list)
    for given in subject.ekt.given:
        by_conference[given.association.conference_id].append(given)
    for givens in by_conference.values():
        news = _new_keys(givens)
        for view in subject.inner:
            own = [g for g in givens if g.association is view.association]
            last = max((h.m.datagram.time for h in _sent(subject, view)), default=0.0)
            for spi, (packet, when) in news.items():
                held = any(g.spi == spi for g in own)
                before = any(g.received.time < when for g in own)
                if held or (before and subject.whole and last > when + PATIENCE):
                    text = f"{view.association.endpoint} is never given SPI {spi:#06x}"
                    yield Finding(packet, held, text)


def _new_keys(givens: list[Given]) -> dict[int, tuple[int, float]]:
    """SPI -> where and when it was given first; keys that replaced another one for somebody."""
    order = sorted(givens, key=lambda g: g.received.packet)
    first: dict[int, tuple[int, float]] = {}
    replaced = set()
    held: dict[int, int] = {}
    for given in order:
        first.setdefault(given.spi, (given.received.packet, given.received.time))
        if id(given.association) in held:
            replaced.add(given.spi)
        held[id(given.association)] = given.spi
    return {spi: first[spi] for spi in replaced}


def _sent(subject: Subject, view: InnerView) -> Iterator[Heard]:
    return (
        h
        for h in subject.packets.heard
        if h.m.from_endpoint and h.m.association is view.association
    )
