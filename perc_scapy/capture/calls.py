# SPDX-License-Identifier: GPL-2.0-only
"""Plain DTLS-SRTP: calls between two ends without a tunnel, as WebRTC has them, told as steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.endings import ending_steps
from perc_scapy.capture.handshake_steps import finished
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.secured import VERSIONS
from perc_scapy.capture.steps import Section, Step
from perc_scapy.codes import DtlsVersion, ExtensionType, HandshakeType, ProtectionProfile
from perc_scapy.crypto.profiles import SRTP_PROFILES

CLIENT, SERVER = "client", "server"
DTLS_1_3 = VERSIONS[DtlsVersion.DTLS_1_3]


def is_plain(association: Association) -> bool:
    """A DTLS-SRTP call between two ends: no tunnel, no EKT, one layer."""
    if association.carrier is not None or association.ekt_cipher is not None:
        return False
    row = SRTP_PROFILES.get(association.srtp_profile or 0)
    return row is None or not row.is_double


def call_section(name: str, association: Association, media: Iterable[MediaPacket]) -> Section:
    """The handshake, the first packets each way, and the end of one call."""
    session = association.sessions[0]
    steps = [*_handshake(name, session), *_media(name, association, media)]
    _tell(steps, association, session)
    steps += ending_steps(session, CLIENT, SERVER)
    title = f"Call {name}: {_kind(association, session)} between {_ends(association)}"
    return Section(title, steps, closed=session.version == DTLS_1_3)


def closed_section(name: str, association: Association) -> Section:
    """DTLS of which nobody knows what it carries: its handshake as far as it is in clear, and its end."""
    session = association.sessions[0]
    steps = [*_handshake(name, session)]
    _tell(steps, association, session)
    steps += ending_steps(session, CLIENT, SERVER)
    return Section(f"DTLS that stays closed between {_ends(association)}", steps, closed=True)


def _ends(association: Association) -> str:
    return f"{association.endpoint or '?'} and {association.mdd or '?'}"


def _kind(association: Association, session: DtlsSession) -> str:
    if session.server_hello is None or association.srtp_profile is not None:
        return "DTLS-SRTP"
    # RFC 9147 section 5: the server answers use_srtp in EncryptedExtensions.
    hidden = session.version == DTLS_1_3
    return "DTLS, SRTP unknown (DTLS 1.3)," if hidden else "DTLS without SRTP"


def _handshake(name: str, session: DtlsSession) -> list[Step]:
    cookie = _packet(session, HandshakeType.HELLO_VERIFY_REQUEST, False)
    hellos = [m.packet for m in session.all(HandshakeType.CLIENT_HELLO, True)]
    steps = [Step(f"{name}-01", CLIENT, SERVER, "ClientHello", next(iter(hellos), None))]
    if cookie is not None:
        again = hellos[1] if len(hellos) > 1 else None
        steps.append(Step("", SERVER, CLIENT, "HelloVerifyRequest", cookie))
        steps.append(Step("", CLIENT, SERVER, "ClientHello, cookie", again))
    answer = _packet(session, HandshakeType.SERVER_HELLO, False)
    steps.append(Step(f"{name}-02", SERVER, CLIENT, "ServerHello …", answer))
    if session.version == DTLS_1_3:
        steps[-1].notes.append("DTLS 1.3: what follows is not decrypted")
        return steps
    key = _packet(session, HandshakeType.CLIENT_KEY_EXCHANGE, True)
    done = finished(session, from_client=True)
    steps.append(Step(f"{name}-03", CLIENT, SERVER, "ClientKeyExchange … Finished", done or key))
    last = finished(session, from_client=False)
    steps.append(Step(f"{name}-04", SERVER, CLIENT, "Finished", last))
    return steps


def _packet(session: DtlsSession, kind: int, from_client: bool) -> int | None:
    found = session.first(kind, from_client)
    return None if found is None else found.packet


def _media(name: str, association: Association, media: Iterable[MediaPacket]) -> Iterator[Step]:
    """The first packet of each source in either direction."""
    seen: set[tuple[str, bool, int]] = set()
    for packet in media:
        key = packet.kind, packet.from_endpoint, packet.ssrc
        if packet.association is not association or key in seen or packet.opened.repeat:
            continue
        seen.add(key)
        src, dst = (CLIENT, SERVER) if packet.from_endpoint else (SERVER, CLIENT)
        kind = "SRTP" if packet.kind == "rtp" else "SRTCP"
        step = Step("", src, dst, f"{kind} SSRC {packet.ssrc:08x}", packet.number)
        closed = packet.opened.plain is None
        step.notes.append(f"closed: {packet.opened.problem}" if closed else "opened")
        yield step


def _tell(steps: list[Step], association: Association, session: DtlsSession) -> None:
    answer = next((s for s in steps if s.message.startswith("ServerHello") and s.seen), None)
    if answer is not None:
        answer.notes.append(f"{session.version}, {session.suite}, {_profile(association, session)}")
    last = next((s for s in steps if s.message == "Finished" and s.seen), None)
    hop = association.hop_keys()
    if last is not None and hop is not None:
        last.notes.append(f"keys: client {hop.client.key.id}, server {hop.server.key.id}")


def _profile(association: Association, session: DtlsSession) -> str:
    known = {int(p): p.name for p in ProtectionProfile}
    profile, hello = association.srtp_profile, session.client_hello
    if profile is not None:
        return known.get(profile, f"profile {profile:#06x}")
    if session.version != DTLS_1_3:
        return "no SRTP"
    offered = hello is None or ExtensionType.USE_SRTP in hello.extensions
    return "SRTP unknown (DTLS 1.3)" if offered else "no SRTP"
