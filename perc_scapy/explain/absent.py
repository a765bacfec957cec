# SPDX-License-Identifier: GPL-2.0-only
"""What a media packet lacks before any hypothesis can be tried: its association, its handshake, its keys."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.media import MediaPacket
from perc_scapy.codes import DtlsVersion
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.explain.cause import FOUND, MISSING, OPEN, Cause
from perc_scapy.explain.traffic import Traffic

HOP, INNER, EKT, RTCP = "hop-by-hop layer", "end-to-end layer", "EKT field", "SRTCP"
_KEYS = "RFC 5764 section 4.2"


def absent(analysis: Analysis, media: MediaPacket, traffic: Traffic | None = None) -> Cause | None:
    """Why there is nothing to try; None when there is. `traffic`: that of the analysis, when it is at hand."""
    subject = RTCP if media.kind == "rtcp" else HOP
    if media.opened.plain is not None and not media.opened.late:
        return Cause(subject, OPEN, "it opens")
    if media.opened.repeat:
        return _again(traffic or Traffic(analysis.media), media, subject)
    if media.association is None:
        return _no_association(analysis, media, subject)
    if media.association.hop_keys() is None:
        return _no_keys(analysis, media.association, subject)
    if profile_of(media.association) not in SRTP_PROFILES:
        text = "the SRTP profile of the association is not known"
        return Cause(subject, MISSING, text, "RFC 5764 section 4.1.2")
    return None


def _again(traffic: Traffic, media: MediaPacket, subject: str) -> Cause:
    """The index was used before: by the same octets, or by others, which repeats a nonce."""
    if media.opened.hop_opened and media.kind == "rtp":
        return _inner_again(traffic, media)
    earlier = [m for m in traffic.stream(media) if m.number < media.number]
    twin = next((m for m in reversed(earlier) if m.datagram.data == media.datagram.data), None)
    if twin is not None:
        text = (
            f"the same octets were opened before, in packet {twin.number}: a duplicate or a replay"
        )
        return Cause(subject, FOUND, text, "RFC 3711 section 3.3.2")
    if media.kind == "rtp":
        seq = media.datagram.data[2:4]
        other = next((m for m in reversed(earlier) if m.datagram.data[2:4] == seq), None)
        if other is not None:
            text = f"packet {other.number} had the same index and other octets: key and nonce are used twice"
            return Cause(subject, FOUND, text, "RFC 7714 section 8.4")
    text = "its index was used before, or is too old to know: a duplicate, a replay, or a nonce used twice"
    return Cause(subject, FOUND, text, "RFC 3711 section 3.3.2")


def _inner_again(traffic: Traffic, media: MediaPacket) -> Cause:
    """The hop's index is fresh, the end-to-end index is not."""
    senders = traffic.senders(media.ssrc)
    if senders > 1:
        text = f"{senders} endpoints send SSRC {media.ssrc:08x}, and their indices meet here"
        return Cause(INNER, FOUND, text, "RFC 3550 section 8.2; RFC 7714 section 8.4")
    text = "its end-to-end index was seen before under another hop-by-hop index: "
    if media.from_endpoint:
        text += "its sender uses an index again"
        return Cause(INNER, FOUND, text, "RFC 7714 section 8.4; RFC 8723 section 5.1")
    return Cause(INNER, FOUND, text + "the MDD relays a packet again", "RFC 8871 section 8.2.2")


def profile_of(association: Association) -> int:
    """The profile agreed, else the one that the keys are for; 0 for none."""
    keys = association.hop_keys()
    return association.srtp_profile or (keys.profile if keys else 0)


def _no_association(analysis: Analysis, media: MediaPacket, subject: str) -> Cause:
    hosts = {media.datagram.src.host, media.datagram.dst.host}
    for number, a in enumerate(analysis.associations, 1):
        if a.endpoint is not None and a.endpoint.host in hosts:
            text = f"no DTLS association is between these; association {number} is between {a.endpoint} and {a.mdd}"
            return Cause(subject, MISSING, text, "RFC 5764 section 3")
    text = "no DTLS handshake between these addresses is in the capture: it begins late, or keys came another way"
    return Cause(subject, MISSING, text, "RFC 5764 section 3")


def _no_keys(analysis: Analysis, association: Association, subject: str) -> Cause:
    sessions = association.sessions
    if not any(s.server_hello for s in sessions):
        text = "the handshake of its association has no ServerHello in the capture"
        return Cause(subject, MISSING, text, _KEYS)
    if all(s.negotiated == DtlsVersion.DTLS_1_3 for s in sessions if s.server_hello):
        text = "its keys were agreed on in DTLS 1.3, which is not decrypted; a table of SRTP keys opens it"
        return Cause(subject, MISSING, text, _KEYS)
    if not analysis.keylog:
        return Cause(
            subject, MISSING, "no key log was given: nothing says what its keys are", _KEYS
        )
    if not any(s.has_secret for s in sessions):
        random = association.client_random[:8].hex()
        text = f"the key log has no line for the client random {random}…; is it the log of another run?"
        return Cause(subject, MISSING, text, _KEYS)
    if association.srtp_profile is None:
        text = "the handshake agreed on no SRTP profile"
        return Cause(subject, FOUND, text, "RFC 5764 section 4.1")
    text = (
        "the secret of its association is not usable: unknown cipher suite or wrong master secret"
    )
    return Cause(subject, MISSING, text, _KEYS)
