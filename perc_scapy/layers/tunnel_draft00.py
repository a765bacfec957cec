# SPDX-License-Identifier: GPL-2.0-only
"""The KMF-MDD tunnel message of draft-jones-perc-dtls-tunnel-00 section 6, application data of a DTLS
association (KMF: RFC 8871 Key Distributor; MDD: Media Distributor).

The message ends itself but does not say its own length, and one record carries exactly one: octets
behind `dtls_message` are shown as payload and refused by the strict decoder.
"""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import Draft00MessageType, ProtectionProfile
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, Fixed, Opaque, Select, Vector
from perc_scapy.layers.validators import ProfileKeyLength, RecordLimit, SentBy

ANY = 0xFFFF
"""2^16-1, the largest vector that two length octets announce."""


class Empty(PercPacket):
    """Body of type 0: no octets. Both directions."""

    name = "PERC tunnel body: empty"
    fields_desc = ()


class SupportedProfiles(PercPacket):
    """Body of type 1: the SRTP protection profiles that the MDD runs, in two octets each, and an MKI that
    has no use here (it is sent empty). MDD to KMF only."""

    name = "PERC tunnel body: supported profiles"
    fields_desc = (
        Vector("profiles", U16(enum=ProtectionProfile), min=2, max=ANY),
        Opaque("srtp_mki", max=255),
    )


class SRTPKeyInformation(PercPacket):
    """Body of type 2: profile, keys and salts of one hop; of a double profile the outer halves only.
    KMF to MDD only, with the KMF's Finished."""

    name = "PERC tunnel body: SRTP key information"
    rules = (ProfileKeyLength(),)
    fields_desc = (
        U16("protection_profile", enum=ProtectionProfile),
        Opaque("client_write_SRTP_master_key", min=1, max=ANY, secret=True),
        Opaque("server_write_SRTP_master_key", min=1, max=ANY, secret=True),
        Opaque("client_write_SRTP_master_salt", min=1, max=ANY, secret=True),
        Opaque("server_write_SRTP_master_salt", min=1, max=ANY, secret=True),
    )


BODIES = {
    Draft00MessageType.EMPTY: Empty,
    Draft00MessageType.SUPPORTED_PROFILES: SupportedProfiles,
    Draft00MessageType.SRTP_KEY_INFORMATION: SRTPKeyInformation,
}


class DTLSTunnelMessage(PercPacket):
    """One tunnel message: 35 octets of header, the body, and one UDP payload of the endpoint's DTLS."""

    name = "PERC tunnel message (draft-jones-perc-dtls-tunnel-00)"
    rules = (
        SentBy("type", {1: "mdd", 2: "kmf"}),
        RecordLimit(16384),
    )
    fields_desc = (
        U8("version_major", 1, only=(1,)),
        U8("version_minor", 0, only=(0,)),
        Fixed("association_id", 16),
        Fixed("conference_id", 16),
        U8("type", None, enum=Draft00MessageType),
        Select("body", on="type", cases=BODIES),
        Opaque("dtls_message", max=ANY, content="DTLS"),
    )

    def hashret(self) -> bytes:
        """Request and answer belong together by the association id."""
        return bytes(self.association_id)

    def answers(self, other: Any) -> int:
        """True for two messages of one association and one conference."""
        return int(
            isinstance(other, DTLSTunnelMessage)
            and self.association_id == other.association_id
            and self.conference_id == other.conference_id
        )

    def brief(self) -> str:
        body, inner = self.getfieldval("body"), self.getfieldval("dtls_message")
        kind = type(body).__name__ if self.getfieldval("type") is None else self._shown("type")
        text = f"PERC tunnel {kind} association {bytes(self.association_id)[:4].hex()}"
        return f"{text} / {inner.summary()}" if isinstance(inner, PercPacket) else text


__all__ = ["DTLSTunnelMessage", "Empty", "SRTPKeyInformation", "SupportedProfiles"]
