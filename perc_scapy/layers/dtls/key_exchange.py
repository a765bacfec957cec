# SPDX-License-Identifier: GPL-2.0-only
"""ServerKeyExchange and ClientKeyExchange. Their form follows from the cipher suite, which the messages do
not repeat: strict decoding gives their octets, and Scapy shows the one form that fits them exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perc_scapy.codes import EcCurveType, NamedGroup, SignatureScheme
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, Opaque, Rest

ANY = 0xFFFF


@dataclass(frozen=True, init=False)
class ExactForm:
    """`content` of an octet field: the first of these layers that takes all octets and finds no fault."""

    forms: tuple[type, ...]

    def __init__(self, *forms: type) -> None:
        object.__setattr__(self, "forms", forms)

    def dissect_whole(self, data: bytes, parent: Any) -> Any:
        """A packet of the form that fits, or the octets themselves."""
        for form in self.forms:
            packet = form.dissect_whole(data, parent)
            if not packet.faults():
                return packet
        return data


ECDH = (
    U8("curve_type", EcCurveType.NAMED_CURVE, enum=EcCurveType, only=(EcCurveType.NAMED_CURVE,)),
    U16("named_curve", NamedGroup.X25519, enum=NamedGroup),
    Opaque("public", min=1, max=255, default=bytes(32)),
)
DH = (
    Opaque("dh_p", min=1, max=ANY, default=b"\x17"),
    Opaque("dh_g", min=1, max=ANY, default=b"\x02"),
    Opaque("dh_Ys", min=1, max=ANY, default=b"\x01"),
)
SIGNATURE = (Opaque("signature", max=ANY),)
SIGNED = (
    U16("scheme", SignatureScheme.ECDSA_SECP256R1_SHA256, enum=SignatureScheme),
    *SIGNATURE,
)


class DTLSServerECDH(PercPacket):
    """Signed ECDHE parameters on a named curve (RFC 8422 5.4)."""

    name = "Server ECDH parameters"
    fields_desc = (*ECDH, *SIGNED)


class DTLSServerECDH10(PercPacket):
    """The same in DTLS 1.0, where the signature does not name its algorithm (RFC 4492 5.4)."""

    name = "Server ECDH parameters (DTLS 1.0)"
    fields_desc = (*ECDH, *SIGNATURE)


class DTLSServerDH(PercPacket):
    """Signed finite-field parameters (RFC 5246 7.4.3)."""

    name = "Server DH parameters"
    fields_desc = (*DH, *SIGNED)


class DTLSServerDH10(PercPacket):
    """The same in DTLS 1.0 (RFC 4346 7.4.3)."""

    name = "Server DH parameters (DTLS 1.0)"
    fields_desc = (*DH, *SIGNATURE)


class DTLSServerPSK(PercPacket):
    """Hint for a pre-shared key (RFC 4279 section 2)."""

    name = "Server PSK hint"
    fields_desc = (Opaque("psk_identity_hint", max=ANY),)


class DTLSClientECDH(PercPacket):
    """The client's point (RFC 8422 5.7)."""

    name = "Client ECDH public key"
    fields_desc = (Opaque("public", min=1, max=255, default=bytes(32)),)


class DTLSClientLong(PercPacket):
    """Octets behind a two-octet length: an RSA-encrypted premaster secret, a DH value or a PSK identity
    (RFC 5246 7.4.7, RFC 4279 section 2)."""

    name = "Client RSA, DH or PSK key exchange"
    fields_desc = (Opaque("exchange_keys", max=ANY),)


class DTLSServerKeyExchange(PercPacket):
    """The server's key exchange parameters."""

    name = "DTLS ServerKeyExchange"
    fields_desc = (
        Rest(
            "params",
            content=ExactForm(
                DTLSServerECDH, DTLSServerECDH10, DTLSServerDH, DTLSServerDH10, DTLSServerPSK
            ),
        ),
    )


class DTLSClientKeyExchange(PercPacket):
    """The client's key exchange. The two forms cannot both fit the same octets."""

    name = "DTLS ClientKeyExchange"
    fields_desc = (Rest("exchange", content=ExactForm(DTLSClientECDH, DTLSClientLong)),)
