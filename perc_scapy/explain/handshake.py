# SPDX-License-Identifier: GPL-2.0-only
"""Why a DTLS association did not come about, or not as PERC needs it: each function knows one reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.records import SeenRecord
from perc_scapy.codes import (
    AlertDescription,
    ContentType,
    DtlsVersion,
    ExtensionType,
    HandshakeType,
    ProtectionProfile,
)
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import extensions
from perc_scapy.dtls.codec import decode_ekt_key
from perc_scapy.errors import DecodeError
from perc_scapy.explain.cause import FOUND, MISSING, Cause
from perc_scapy.explain.finished import unfit_finished

HANDSHAKE = "handshake"
Reason = Callable[[Association, DtlsSession], Iterator[Cause]]


def explain_association(association: Association) -> list[Cause]:
    """Everything known to be wrong; empty for an association that did what it should."""
    if not association.sessions:
        return []
    session = association.direct or association.sessions[0]
    if session.negotiated == DtlsVersion.DTLS_1_3:
        return []  # all but its hellos is encrypted, and a note of the capture says that it is not decrypted
    found = [cause for reason in REASONS for cause in reason(association, session)]
    if not found and not complete(session):
        found.append(_unfinished(session))
    return found


def complete(session: DtlsSession) -> bool:
    """Protected records of both sides are there."""
    sides = {seen.sender == session.client for seen in session.records if seen.record.epoch}
    return sides == {True, False}


def no_answer(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """ClientHellos and nothing else."""
    if any(seen.sender != session.client for seen in session.records):
        return
    if any(not _client_hello(seen) for seen in session.records):
        text = "the client goes on, so it was answered: what the server says is not in the capture"
        yield Cause(HANDSHAKE, MISSING, text, "RFC 6347 section 4.2.4")
        return
    times = [seen.time for seen in session.records]
    hellos = sum(seen.record.fragment[6:9] == b"\0\0\0" for seen in session.records)
    text = f"no answer to {hellos} ClientHellos in {times[-1] - times[0]:.1f} s"
    if (
        association.direct is not None
        and association.tunneled is None
        and association.tunnel is None
    ):
        text += "; no tunnel of the capture carries them on"
    yield Cause(HANDSHAKE, FOUND, text, "RFC 6347 section 4.2.4")


def _client_hello(seen: SeenRecord) -> bool:
    """A ClientHello or a fragment of one, in clear."""
    record = seen.record
    clear = record.type == ContentType.HANDSHAKE and not record.epoch
    return clear and record.fragment[:1] == bytes((HandshakeType.CLIENT_HELLO,))


def cookie_loop(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """HelloVerifyRequests one after the other."""
    asked = list(session.all(HandshakeType.HELLO_VERIFY_REQUEST, False))
    if len(asked) > 1 and session.server_hello is None:
        text = f"{len(asked)} cookies were asked for and none was accepted"
        yield Cause(
            HANDSHAKE,
            FOUND,
            text,
            "RFC 6347 section 4.2.1: the second ClientHello repeats the first, and the cookie",
        )


def alerts(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """Fatal alerts, in clear or opened."""
    seen: set[tuple[bool, int]] = set()
    for record in session.records:
        content = record.content
        if record.record.type != ContentType.ALERT or content is None or len(content) != 2:
            continue
        level, kind = content
        side = record.sender == session.client
        if level != 2 or (side, kind) in seen:
            continue
        seen.add((side, kind))
        who = "client" if side else "server"
        text = f"the {who} ends it with alert {_alert(kind)} in packet {record.packet}{_hint(kind, session)}"
        yield Cause(HANDSHAKE, FOUND, text, "RFC 5246 section 7.2")


def _alert(kind: int) -> str:
    try:
        return f"{AlertDescription(kind).name.lower()} ({kind})"
    except ValueError:
        return str(kind)


def _hint(kind: int, session: DtlsSession) -> str:
    if kind in (42, 43, 44, 45, 46, 48, 49):
        return ": it does not accept the other side's certificate; compare its fingerprint with the one that is pinned"
    if kind == 40:
        offered = _offered(session)
        if offered is None:
            return ": the ClientHello has no use_srtp extension"
        doubles = [p for p in offered if p in SRTP_PROFILES and SRTP_PROFILES[p].is_double]
        return "" if doubles else ": the ClientHello offers no double profile"
    return ""


def _offered(session: DtlsSession) -> tuple[int, ...] | None:
    hello = session.client_hello
    data = None if hello is None else hello.extensions.get(ExtensionType.USE_SRTP)
    try:
        return None if data is None else extensions.decode_use_srtp(data).profiles
    except DecodeError:
        return None


def no_common_profile(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """What the endpoint offers and what the MDD says it can do have nothing in common."""
    offered = _offered(session)
    if (
        session.server_hello is None
        or association.carrier is None
        or session.srtp_profile is not None
    ):
        return
    listed = next(
        (
            m.message.profiles
            for m in association.carrier.messages
            if m.message and m.message.profiles
        ),
        None,
    )
    if offered is None:
        yield Cause(
            HANDSHAKE, FOUND, "the ClientHello has no use_srtp extension", "RFC 5764 section 4.1"
        )
    elif listed is not None and not set(offered) & set(listed):
        text = f"the endpoint offers {_names(offered)}, the MDD lists {_names(listed)}"
        yield Cause(
            HANDSHAKE,
            FOUND,
            text,
            "draft-jones-perc-dtls-tunnel-00 section 5.3; RFC 5764 section 4.1.1",
        )


def _names(profiles: tuple[int, ...]) -> str:
    known = {int(p) for p in ProtectionProfile}
    return ", ".join(ProtectionProfile(p).name if p in known else f"{p:#06x}" for p in profiles)


def no_srtp(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """The handshake went through without use_srtp."""
    if session.server_hello is None or session.srtp_profile is not None or not complete(session):
        return
    if _offered(session) is not None:
        text = "no SRTP keys: the server did not select a profile of use_srtp"
        yield Cause(HANDSHAKE, FOUND, text, "RFC 5764 section 4.1")
    elif not session.has_secret:
        text = "an association without use_srtp, and its secret is not in the key log: perhaps a tunnel"
        yield Cause(HANDSHAKE, MISSING, text, "draft-jones-perc-dtls-tunnel-00 section 4")
    else:
        text = "no SRTP keys: the client did not offer use_srtp"
        yield Cause(HANDSHAKE, FOUND, text, "RFC 5764 section 4.1")


def altered(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """The two sights of one association differ: the MDD changed a handshake message."""
    direct, tunneled = association.direct, association.tunneled
    if direct is None or tunneled is None or not direct.as_sent:
        return  # what was exported may have zeros in the place of keys
    there = {(m.from_client, m.type, m.sequence, m.epoch): m for m in tunneled.messages}
    for message in direct.messages:
        other = there.get((message.from_client, message.type, message.sequence, message.epoch))
        if other is not None and other.body != message.body:
            text = f"{_message(message.type)} differs between the links: packets {message.packet}, {other.packet}"
            yield Cause(
                HANDSHAKE,
                FOUND,
                text,
                "draft-jones-perc-dtls-tunnel-00 section 5.2: messages pass unchanged",
            )


def lost_in_the_tunnel(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """One sight of an association has messages that the other never shows."""
    direct, tunneled = association.direct, association.tunneled
    if direct is None or tunneled is None or complete(direct):
        return
    for here, other, where in ((direct, tunneled, "tunnel"), (tunneled, direct, "endpoint's link")):
        theirs = {(m.from_client, m.type, m.sequence) for m in other.messages}
        gone = [m for m in here.messages if (m.from_client, m.type, m.sequence) not in theirs]
        if gone:
            text = f"{_message(gone[0].type)} of packet {gone[0].packet} never shows on the {where}"
            yield Cause(HANDSHAKE, FOUND, text, "draft-jones-perc-dtls-tunnel-00 section 5.2")


def _message(kind: int) -> str:
    try:
        return HandshakeType(kind).name.lower()
    except ValueError:
        return f"handshake message {kind}"


def ekt_key_missing(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """An EKT cipher was agreed, and no EKT key came, or nobody says that it did."""
    if (
        association.ekt_cipher is None
        or not any(s.has_secret for s in association.sessions)
        or not complete(session)
    ):
        return
    given = association.ekt_keys()
    zeros = [packet for s in association.sessions for packet in _zero_keys(s)]
    if zeros:
        yield _blotted_out(zeros[0], as_sent=session.as_sent)
    elif not given:
        text = "an EKT cipher was agreed, but no ekt_key message came"
        sure = any(map(_came_without, association.sessions))
        yield _unseen(text, sure=sure)
    for received in given:
        if not any(s.acknowledgement(received.message) for s in association.sessions):
            name = f"packet {received.packet} (SPI {received.parameters.spi:#06x})"
            text = f"the ekt_key of {name} was never acknowledged"
            again = any(len(s.numbers_of(received.message)) > 1 for s in association.sessions)
            later = any(
                _goes_on(s, received.packet, from_client=True) for s in association.sessions
            )
            yield _unseen(text, sure=again or later)


def _zero_keys(session: DtlsSession) -> Iterator[int]:
    """Packets of ekt_key messages with zeros in the place of the key, or of all that they say."""
    for message in session.all(HandshakeType.EKT_KEY, False):
        try:
            key = decode_ekt_key(message.body).key
        except DecodeError:
            key = message.body
        if message.epoch and not any(key):
            yield message.packet


def _blotted_out(packet: int, *, as_sent: bool) -> Cause:
    """What `perc keys share` wrote has no keys, and nobody sent it like that."""
    text = f"the ekt_key of packet {packet} has zeros in the place of the key"
    if as_sent:
        return Cause(HANDSHAKE, FOUND, text, "RFC 8870 section 5.2.2")
    text += ": a shared capture, its keys are blotted out"
    return Cause(HANDSHAKE, MISSING, text, "RFC 8870 section 5.2.2")


def _unseen(text: str, *, sure: bool) -> Cause:
    """A message that is not there: nobody's fault where the capture may lack it."""
    if sure:
        return Cause(HANDSHAKE, FOUND, text, "RFC 8870 section 5.2.2")
    text += ", or it is in a record that the capture lacks or the keys do not open"
    return Cause(HANDSHAKE, MISSING, text, "RFC 8870 section 5.2.2")


def _came_without(session: DtlsSession) -> bool:
    """The server goes on behind its Finished, and the client acknowledges nothing."""
    finished = session.first(HandshakeType.FINISHED, False)
    if finished is None or any(o.from_client for o in session.contents(ContentType.ACK)):
        return False
    return _goes_on(session, finished.packet, from_client=False)


def _goes_on(session: DtlsSession, packet: int, *, from_client: bool) -> bool:
    """One side is seen behind this packet, and every record of its first protected epoch was opened."""
    mine = [
        seen
        for seen in session.records
        if seen.record.epoch == 1 and (seen.sender == session.client) == from_client
    ]
    numbers = {seen.record.number & 0xFFFFFFFFFFFF for seen in mine}
    there = numbers == set(range(len(numbers))) and bool(numbers)
    later = any(seen.packet > packet for seen in mine)
    return there and later and all(seen.content is not None for seen in mine)


def no_ekt(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """A double profile without EKT: end-to-end keys can reach nobody."""
    row = SRTP_PROFILES.get(association.srtp_profile or 0)
    if row is None or not row.is_double or association.ekt_cipher is not None:
        return
    hello = session.client_hello
    offered = hello is not None and ExtensionType.SUPPORTED_EKT_CIPHERS in hello.extensions
    who = (
        "server did not select an EKT cipher"
        if offered
        else "client did not offer supported_ekt_ciphers"
    )
    yield Cause(
        HANDSHAKE, FOUND, f"a double profile without EKT: the {who}", "RFC 8870 section 5.2.1"
    )


def _unfinished(session: DtlsSession) -> Cause:
    sides = {m.from_client for m in session.messages}
    last = max((m for m in session.messages), key=lambda m: m.packet, default=None)
    if last is None or sides == {False}:
        return Cause(
            HANDSHAKE, MISSING, "its beginning is not in the capture", "RFC 6347 section 4.2.4"
        )
    who, other = ("client", "server") if last.from_client else ("server", "client")
    text = f"it stops after {_message(last.type)} of the {who} in packet {last.packet}: the {other} says nothing more"
    if session.repeats:
        text += f"; {session.repeats} messages were sent again"
    return Cause(HANDSHAKE, FOUND, text, "RFC 6347 section 4.2.4")


REASONS: tuple[Reason, ...] = (
    no_answer,
    cookie_loop,
    alerts,
    altered,
    unfit_finished,
    lost_in_the_tunnel,
    no_common_profile,
    no_srtp,
    no_ekt,
    ekt_key_missing,
)
