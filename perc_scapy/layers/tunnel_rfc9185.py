# SPDX-License-Identifier: GPL-2.0-only
"""The tunnel messages of RFC 9185 section 6, carried in a TLS stream between Media Distributor (MDD) and Key
Distributor (KMF). Each starts with its type and the octets of its body; a stream is cut by that length.
"""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import ProtectionProfile, TunnelMessageType
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, Fixed, Opaque, Select, Vector
from perc_scapy.layers.validators import ProfileKeyLength, SentBy, UuidVersion4

ANY = 0xFFFF


class TunnelSupportedProfiles(PercPacket):
    """Body of type 1, the MDD's first message on a connection (RFC 9185 section 6.2). Any version number
    is decoded: a KMF must be able to answer one that it does not speak."""

    name = "PERC tunnel body: supported profiles (RFC 9185)"
    fields_desc = (
        U8("version", 0),
        Vector("protection_profiles", U16(enum=ProtectionProfile), min=2, max=ANY),
    )


class TunnelUnsupportedVersion(PercPacket):
    """Body of type 2: the KMF names the highest version it speaks and closes (RFC 9185 section 6.3)."""

    name = "PERC tunnel body: unsupported version (RFC 9185)"
    fields_desc = (U8("highest_version", 0),)


class TunnelMediaKeys(PercPacket):
    """Body of type 3: profile, MKI, keys and salts of one hop; of a double profile the outer halves only
    (RFC 9185 section 6.4). KMF to MDD."""

    name = "PERC tunnel body: media keys (RFC 9185)"
    rules = (ProfileKeyLength(), UuidVersion4())
    fields_desc = (
        Fixed("association_id", 16),
        U16("protection_profile", enum=ProtectionProfile),
        Opaque("mki", max=255),
        Opaque("client_write_SRTP_master_key", min=1, max=255, secret=True),
        Opaque("server_write_SRTP_master_key", min=1, max=255, secret=True),
        Opaque("client_write_SRTP_master_salt", min=1, max=255, secret=True),
        Opaque("server_write_SRTP_master_salt", min=1, max=255, secret=True),
    )


class TunneledDtls(PercPacket):
    """Body of type 4: one UDP payload of the endpoint's DTLS, in either direction (RFC 9185 section 6.5).

    `length` of the message caps it at 65517 octets, below what its own prefix could say.
    """

    name = "PERC tunnel body: DTLS (RFC 9185)"
    rules = (UuidVersion4(),)
    fields_desc = (
        Fixed("association_id", 16),
        Opaque("dtls_message", min=1, max=ANY, content="DTLS"),
    )


class EndpointDisconnect(PercPacket):
    """Body of type 5: the association is over, said by either side (RFC 9185 section 6.6)."""

    name = "PERC tunnel body: endpoint disconnect (RFC 9185)"
    rules = (UuidVersion4(),)
    fields_desc = (Fixed("association_id", 16),)


BODIES = {
    TunnelMessageType.SUPPORTED_PROFILES: TunnelSupportedProfiles,
    TunnelMessageType.UNSUPPORTED_VERSION: TunnelUnsupportedVersion,
    TunnelMessageType.MEDIA_KEYS: TunnelMediaKeys,
    TunnelMessageType.TUNNELED_DTLS: TunneledDtls,
    TunnelMessageType.ENDPOINT_DISCONNECT: EndpointDisconnect,
}


class TunnelMessage(PercPacket):
    """One message: type, octets of the body, body."""

    name = "PERC tunnel message (RFC 9185)"
    rules = (SentBy("msg_type", {1: "mdd", 2: "kmf", 3: "kmf"}),)
    fields_desc = (
        U8("msg_type", None, enum=TunnelMessageType),
        U16("length", None),
        Select("body", on="msg_type", cases=BODIES, size="length"),
    )

    def hashret(self) -> bytes:
        """The association id of the body; empty for messages about the whole tunnel."""
        return bytes(_association(self) or b"")

    def answers(self, other: Any) -> int:
        """True within one association; UnsupportedVersion answers SupportedProfiles."""
        if not isinstance(other, TunnelMessage):
            return 0
        mine, theirs = _association(self), _association(other)
        if mine is not None or theirs is not None:
            return int(mine is not None and theirs is not None and bytes(mine) == bytes(theirs))
        return int(
            isinstance(self.body, TunnelUnsupportedVersion)
            and isinstance(other.body, TunnelSupportedProfiles)
        )

    def brief(self) -> str:
        body, association = self.body, _association(self)
        kind = (
            type(body).__name__ if self.getfieldval("msg_type") is None else self._shown("msg_type")
        )
        text = f"PERC tunnel {kind}"
        if association is not None:
            text += f" association {bytes(association)[:4].hex()}"
        inner = body.dtls_message if isinstance(body, TunneledDtls) else None
        return f"{text} / {inner.summary()}" if isinstance(inner, PercPacket) else text


def _association(message: TunnelMessage) -> Any:
    """The body's association id, or None for a body without one."""
    body = message.body
    named = (TunnelMediaKeys, TunneledDtls, EndpointDisconnect)
    return body.association_id if isinstance(body, named) else None


__all__ = [
    "EndpointDisconnect",
    "TunnelMediaKeys",
    "TunnelMessage",
    "TunnelSupportedProfiles",
    "TunnelUnsupportedVersion",
    "TunneledDtls",
]
