# SPDX-License-Identifier: GPL-2.0-only
"""What KMF and MDD say to each other, in no wire version: the words that roles use.

A KMF is what RFC 8871 calls a Key Distributor, an MDD what it calls a Media Distributor.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import DecodeError

Sender = Literal["mdd", "kmf"]
"""Who wrote a message: some messages are legal in one direction only."""

ID_LENGTH = 16
"""Octets of an association_id and of a conference_id (draft-jones-perc-dtls-tunnel-00 section 6)."""


class RefusedMessage(DecodeError):
    """A tunnel record that has no effect. `reason` is the name of the counter that counts it.

    Reasons: `malformed`, `bad_version`, `bad_type`, `wrong_direction`, `unknown_profile`, `key_length`.
    """

    def __init__(self, reason: str, what: str, offset: int | None = None) -> None:
        self.reason = reason
        super().__init__(what, offset)


class HopKeys(NamedTuple):
    """SRTP master keys of one hop: the outer halves only, never an inner one (RFC 8723 section 3, RFC 8871 4.5.1).

    `profile` is the negotiated one (a double keeps its code point); `client` protects what the endpoint sends,
    `server` what the MDD sends to it. Lengths are those of `SRTP_PROFILES[profile].layer`.
    """

    profile: int
    client: MasterKey
    server: MasterKey

    @property
    def known(self) -> bool:
        """Not zeros in their place, as in messages that were shared without keys."""
        return any(any(bytes(part)) for part in (*self.client, *self.server))


def key_fault(keys: HopKeys) -> tuple[str, str] | None:
    """(reason, text) when the lengths are not those of one layer; full-length doubles would hand over inner keys."""
    row = SRTP_PROFILES.get(keys.profile)
    if row is None:
        return "unknown_profile", f"profile 0x{keys.profile:04x} is unknown"
    want = (row.layer.key_length, row.layer.salt_length)
    for master in (keys.client, keys.server):
        if (len(master.key), len(master.salt)) != want:
            return "key_length", f"{row.name} takes one layer of {want[0]} + {want[1]}"
    return None


class TunneledDtls(NamedTuple):
    """One UDP payload between an endpoint and the KMF, with what the two ends of the tunnel add to it.

    RFC 9185 says one of these things a message: then `dtls` is empty where the message is about something else.
    """

    association_id: bytes
    """16 octets that the MDD chose for one endpoint association; unique in its tunnel. Empty in an RFC 9185
    message about the tunnel as a whole."""
    dtls: bytes
    """One or more whole DTLS records; may be empty on receipt (AMB-11), never sent so."""
    conference_id: bytes | None = None
    """16 octets, known to both sides beforehand; names a conference and authorises nobody."""
    profiles: tuple[int, ...] | None = None
    """MDD to KMF: the SRTP protection profiles that the MDD can run."""
    keys: HopKeys | None = None
    """KMF to MDD: what the MDD needs for this hop; sent with the Finished."""
    mki: bytes = b""
    """RFC 9185 with `keys`: Master Key Identifier, mostly empty."""
    version: int | None = None
    """RFC 9185 with `profiles`: the tunnel version that the MDD speaks; alone: the highest that the KMF speaks."""
    ended: bool = False
    """RFC 9185: the association is over (EndpointDisconnect)."""


class TunnelVersion(Protocol):
    """One wire version. `sender` names who wrote the record."""

    name: str

    def encode(self, message: TunneledDtls, sender: Sender) -> bytes:
        """One record. Raises `EncodeError` for a value that this version cannot carry."""

    def decode(self, record: bytes, sender: Sender) -> TunneledDtls:
        """Raises `RefusedMessage` only."""
