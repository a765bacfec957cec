# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185: TunnelMessages in a TLS stream, cut by the length that each announces, in the words of `messages`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perc_scapy.codes import TunnelMessageType as Type
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import tunnel_rfc9185 as layers
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.tunnel.messages import HopKeys, RefusedMessage, Sender, TunneledDtls, key_fault

HEADER = 3
"""Octets of type and length."""
_TYPES = frozenset(Type)
SENDERS: dict[int, Sender] = {
    Type.SUPPORTED_PROFILES: "mdd",
    Type.UNSUPPORTED_VERSION: "kmf",
    Type.MEDIA_KEYS: "kmf",
}
"""Types that only one side may send (RFC 9185 sections 6.2 to 6.4); the others are for both."""


def message_length(data: bytes | bytearray) -> int | None:
    """Octets of the message that begins here, header included; None while the header is not whole.

    Raises `DecodeError` when no message begins here.
    """
    if data and data[0] not in _TYPES:
        raise DecodeError(f"RFC 9185: type {data[0]} begins no tunnel message", 0)
    return HEADER + int.from_bytes(data[1:HEADER], "big") if len(data) >= HEADER else None


class Rfc9185:
    """`TunnelVersion` of RFC 9185. Stateless: which version a SupportedProfiles names is the reader's business."""

    name = "rfc9185"

    def encode(self, message: TunneledDtls, sender: Sender) -> bytes:
        """One message. Raises `EncodeError` (nothing or several things to say, wrong direction, wrong key length)."""
        body = _body(message)
        made = record(layers.TunnelMessage, body=body)
        if SENDERS.get(made.msg_type, sender) != sender:
            raise EncodeError(f"RFC 9185: {Type(made.msg_type).name} is not for the {sender}")
        return encode(made)

    def decode(self, data: bytes, sender: Sender) -> TunneledDtls:
        """Strict: exactly one message, legal for `sender`. Raises `RefusedMessage` only."""
        if not data or data[0] not in _TYPES:
            raise RefusedMessage("bad_type", f"RFC 9185: type {data[0] if data else 'missing'}", 0)
        kind = data[0]
        if SENDERS.get(kind, sender) != sender:
            raise RefusedMessage(
                "wrong_direction", f"RFC 9185: {Type(kind).name} from the {sender}", 0
            )
        try:
            return _READ[kind](decode(layers.TunnelMessage, data).body)
        except RefusedMessage:
            raise
        except DecodeError as error:
            raise RefusedMessage(_reason(error), f"RFC 9185: {error.what}", error.offset) from None


def _reason(error: DecodeError) -> str:
    """A rule across the fields of MediaKeys is about lengths; every other fault is one of form."""
    broken_rule = error.what.startswith(f"{layers.TunnelMediaKeys.__name__}:")
    return "key_length" if broken_rule else "malformed"


def _profiles(body: Any) -> TunneledDtls:
    return TunneledDtls(b"", b"", profiles=tuple(body.protection_profiles), version=body.version)


def _keys_untrusted(body: Any) -> TunneledDtls:
    client, server = (
        MasterKey(
            Key(getattr(body, f"{side}_write_SRTP_master_key")),
            Key(getattr(body, f"{side}_write_SRTP_master_salt")),
        )
        for side in ("client", "server")
    )
    keys = HopKeys(body.protection_profile, client, server)
    fault = key_fault(keys)
    if fault is not None:
        raise RefusedMessage(fault[0], f"RFC 9185: {fault[1]}")
    return TunneledDtls(body.association_id, b"", keys=keys, mki=body.mki)


_READ: dict[int, Callable[[Any], TunneledDtls]] = {
    Type.SUPPORTED_PROFILES: _profiles,
    Type.UNSUPPORTED_VERSION: lambda body: TunneledDtls(b"", b"", version=body.highest_version),
    Type.MEDIA_KEYS: _keys_untrusted,
    Type.TUNNELED_DTLS: lambda body: TunneledDtls(body.association_id, body.dtls_message),
    Type.ENDPOINT_DISCONNECT: lambda body: TunneledDtls(body.association_id, b"", ended=True),
}


def _body(message: TunneledDtls) -> Any:
    said = [
        message.dtls != b"",
        message.keys is not None,
        message.version is not None,
        message.ended,
    ]
    if sum(said) != 1 or message.conference_id is not None:
        raise EncodeError("RFC 9185: a message says one thing, and names no conference")
    name = message.association_id
    if message.dtls:
        return record(layers.TunneledDtls, association_id=name, dtls_message=message.dtls)
    if message.keys is not None:
        return _key_body(name, message.keys, message.mki)
    if message.ended:
        return record(layers.EndpointDisconnect, association_id=name)
    if message.profiles is None:
        return record(layers.TunnelUnsupportedVersion, highest_version=message.version)
    return record(
        layers.TunnelSupportedProfiles,
        version=message.version,
        protection_profiles=message.profiles,
    )


def _key_body(name: bytes, keys: HopKeys, mki: bytes) -> Any:
    fault = key_fault(keys)
    if fault is not None:
        raise EncodeError(f"RFC 9185: {fault[1]}")
    return record(
        layers.TunnelMediaKeys,
        association_id=name,
        protection_profile=keys.profile,
        mki=mki,
        client_write_SRTP_master_key=bytes(keys.client.key),
        server_write_SRTP_master_key=bytes(keys.server.key),
        client_write_SRTP_master_salt=bytes(keys.client.salt),
        server_write_SRTP_master_salt=bytes(keys.server.salt),
    )
