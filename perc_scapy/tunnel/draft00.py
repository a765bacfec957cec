# SPDX-License-Identifier: GPL-2.0-only
"""draft-jones-perc-dtls-tunnel-00: one DTLSTunnelMessage per record (Empty, SupportedProfiles, SRTPKeyInformation)."""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import Draft00MessageType as Type
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import (
    DTLSTunnelMessage,
    Empty,
    SRTPKeyInformation,
    SupportedProfiles,
)
from perc_scapy.layers.compile import decode, encode, record, record_class
from perc_scapy.tunnel.messages import HopKeys, RefusedMessage, Sender, TunneledDtls, key_fault

VERSION = b"\x01\x00"
_TYPE_OFFSET = 34
_LAST_TYPE = max(Type)
_FROM: dict[int, Sender] = {
    Type.SUPPORTED_PROFILES: "mdd",
    Type.SRTP_KEY_INFORMATION: "kmf",
}
"""Types that only one side may send (draft section 5.3, 5.4); Empty is for both."""
# The records' own classes, as a KMF makes thousands; `encode` checks what `record` would convert.
_Message = record_class(DTLSTunnelMessage)
_Profiles = record_class(SupportedProfiles)
_Keys = record_class(SRTPKeyInformation)
_EMPTY = record(Empty)


class Draft00:
    """`TunnelVersion` of draft-jones-perc-dtls-tunnel-00. Stateless."""

    name = "draft00"

    def encode(self, message: TunneledDtls, sender: Sender) -> bytes:
        """37 octets + body + DTLS; raises `EncodeError` (beyond one record, wrong direction, wrong key length)."""
        kind, body = _body(message)
        if _FROM.get(kind, sender) != sender:
            raise EncodeError(f"draft-00: {kind.name} is not for the {sender} to send")
        if message.conference_id is None:
            raise EncodeError("draft-00: every message names its conference")
        header = (*VERSION, message.association_id, message.conference_id, kind)
        return encode(_Message(*header, body, message.dtls))

    def decode(self, data: bytes, sender: Sender) -> TunneledDtls:
        """Strict: nothing left over, this version, a known type, legal for `sender`. Raises `RefusedMessage` only."""
        _check_start_untrusted(data, sender)
        try:
            message = decode(DTLSTunnelMessage, data)
        except DecodeError as error:
            raise RefusedMessage(_reason(error), error.what, error.offset) from None
        profiles, keys = None, None
        if message.type == Type.SUPPORTED_PROFILES:
            profiles = tuple(message.body.profiles)
        elif message.type == Type.SRTP_KEY_INFORMATION:
            keys = _keys_untrusted(message.body)
        return TunneledDtls(
            message.association_id, message.dtls_message, message.conference_id, profiles, keys
        )


def _check_start_untrusted(data: bytes, sender: Sender) -> None:
    """Version, type and direction come first: each has a counter of its own (AMB-20)."""
    if len(data) <= _TYPE_OFFSET:
        raise RefusedMessage("malformed", "draft-00: shorter than its header", len(data))
    if data[:2] != VERSION:
        raise RefusedMessage("bad_version", f"draft-00: version {data[0]}.{data[1]}", 0)
    kind = data[_TYPE_OFFSET]
    if kind > _LAST_TYPE:
        raise RefusedMessage("bad_type", f"draft-00: type {kind}", _TYPE_OFFSET)
    if _FROM.get(kind, sender) != sender:
        raise RefusedMessage(
            "wrong_direction", f"draft-00: {Type(kind).name} from the {sender}", _TYPE_OFFSET
        )


def _reason(error: DecodeError) -> str:
    """A rule across the fields of SRTPKeyInformation is about lengths; every other fault is one of form."""
    broken_rule = error.what.startswith(f"{SRTPKeyInformation.__name__}:")
    return "key_length" if broken_rule else "malformed"


def _keys_untrusted(body: Any) -> HopKeys:
    client = MasterKey(
        Key(body.client_write_SRTP_master_key), Key(body.client_write_SRTP_master_salt)
    )
    server = MasterKey(
        Key(body.server_write_SRTP_master_key), Key(body.server_write_SRTP_master_salt)
    )
    keys = HopKeys(body.protection_profile, client, server)
    fault = key_fault(keys)
    if fault is not None:
        raise RefusedMessage(fault[0], f"draft-00: {fault[1]}")
    return keys


def _body(message: TunneledDtls) -> tuple[Type, Any]:
    if message.profiles is not None and message.keys is not None:
        raise EncodeError("draft-00: a message has profiles or keys, not both")
    if message.profiles is not None:
        # AMB-04: the MDD has no MKI to tell.
        return Type.SUPPORTED_PROFILES, _Profiles(message.profiles, b"")
    if message.keys is None:
        return Type.EMPTY, _EMPTY
    return Type.SRTP_KEY_INFORMATION, _key_body(message.keys)


def _key_body(keys: HopKeys) -> Any:
    fault = key_fault(keys)
    if fault is not None:
        raise EncodeError(f"draft-00: {fault[1]}")
    client, server = keys.client, keys.server
    return _Keys(keys.profile, client.key, server.key, client.salt, server.salt)
