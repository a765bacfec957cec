# SPDX-License-Identifier: GPL-2.0-only
"""Key information: when it comes, for which profile, and that it is no more than a hop needs."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.inner import InnerView
from perc_scapy.conform.subject.wire import RawKeys, WireMessage
from perc_scapy.crypto.kdf import ExportedKeys
from perc_scapy.crypto.profiles import SRTP_PROFILES

KEY_INFORMATION = "key information"


def told(
    subject: Subject, version: str | None = None
) -> Iterator[tuple[InnerView, WireMessage, RawKeys]]:
    """Every message with keys, good or bad, with the association that it is for; one id may serve two in a row.

    Zeros are no keys: somebody blotted them out before the capture was handed on.
    """
    seen: set[int] = set()
    for view in subject.tunneled(version):
        for message in view.key_messages:
            keys = message.keys
            if (
                keys is not None
                and any(keys.client_key + keys.server_key)
                and id(message) not in seen
            ):
                seen.add(id(message))
                yield _owner(subject, view, message), message, keys


def _owner(subject: Subject, view: InnerView, message: WireMessage) -> InnerView:
    """Of several handshakes under one id: the newest that had begun."""
    carrier = view.association.carrier
    fellows = [v for v in subject.tunneled() if v.association.carrier is carrier]
    begun = [v for v in fellows if v.association.first_packet < message.packet]
    return max(begun, key=lambda v: v.association.first_packet, default=view)


@rule(
    "T00-KMF-10",
    "SLD-OBJ-05",
    expected="the message with the KMF's Finished is SRTPKeyInformation",
    about="Finished messages of the KMF in a tunnel",
    needs=Part.TUNNEL,
    broken_by="a Finished in an Empty message, and the keys later",
    shown_in="violation-keys-late",
)
def finished_has_keys(subject: Subject) -> Iterator[Finding]:
    """The first datagram of each association with the KMF's Finished (told by the opened record; without the
    endpoint's secrets by its place as the first protected one)."""
    for message in _finished(subject, again=False):
        yield Finding(
            message.packet, message.keys is not None, f"Finished with type {message.type}"
        )


@rule(
    "T00-KMF-11",
    "SLD-TRN-01",
    expected="a retransmitted Finished brings the same key information again",
    about="retransmitted Finished messages of the KMF in a tunnel",
    needs=Part.TUNNEL | Part.INNER,
    broken_by="a KMF that sends keys once, though the message that had them was lost",
    shown_in="violation-keys-not-repeated",
)
def repeated_finished_has_keys(subject: Subject) -> Iterator[Finding]:
    """Later datagrams with the KMF's Finished carry key information, with the octets of the first."""
    first: dict[int, RawKeys | None] = {}
    for view in subject.tunneled("draft00"):
        first[id(view)] = next((m.keys for m in view.key_messages), None)
        for message in _finished_of(view)[1:]:
            ok = message.keys is not None and message.keys == first[id(view)]
            text = "other keys than before" if message.keys else "Finished again, without keys"
            yield Finding(message.packet, ok, text)


def _finished(subject: Subject, *, again: bool) -> Iterator[WireMessage]:
    for view in subject.tunneled("draft00"):
        found = _finished_of(view)
        yield from found[1:] if again else found[:1]


def _finished_of(view: InnerView) -> list[WireMessage]:
    return [m for m in view.messages if not m.from_mdd and view.carries_finished(m)]


@rule(
    "T00-KMF-12",
    expected="the chosen profile is one that endpoint and MDD both list",
    about="chosen profiles",
    needs=Part.TUNNEL,
    broken_by="a profile that the MDD did not list",
)
def profile_is_common(subject: Subject) -> Iterator[Finding]:
    """The ServerHello's use_srtp against the ClientHello's and the newest list that the MDD sent before."""
    for view in subject.tunneled("draft00"):
        chosen = view.association.srtp_profile
        listed = next((m.profiles for m in view.messages if m.profiles is not None), None)
        if chosen is None or listed is None or view.client_hello is None:
            continue
        offered = chosen in view.offered_profiles
        text = f"{chosen:#06x} is not in the list of the {'MDD' if offered else 'endpoint'}"
        yield Finding(_answer(view), offered and chosen in listed, text)


def _answer(view: InnerView) -> int | None:
    hello = view.first(2, False)
    return None if hello is None else hello.packet


@rule(
    "T00-KMF-13",
    expected="protection_profile of the key information equals use_srtp of the ServerHello",
    about=KEY_INFORMATION,
    needs=Part.TUNNEL,
    broken_by="key information for 0x0007 after a handshake for 0x0009",
)
def told_profile_is_the_chosen_one(subject: Subject) -> Iterator[Finding]:
    """Both values, in each message with keys."""
    for view, message, keys in told(subject, "draft00"):
        chosen = view.association.srtp_profile
        if chosen is not None:
            text = f"{keys.profile:#06x}, while the handshake chose {chosen:#06x}"
            yield Finding(message.packet, keys.profile == chosen, text)


@rule(
    "T00-KMF-14",
    "FW16-01",
    expected="hop-by-hop key material only: nothing that opens the media",
    about=KEY_INFORMATION,
    needs=Part.TUNNEL,
    broken_by="full double keys, or the keys of a single profile for an endpoint that offered a double",
    shown_in="violation-full-double-key",
)
def keys_are_of_the_hop_only(subject: Subject) -> Iterator[Finding]:
    """Fields no longer than one layer of the profile; no octets of the exported inner halves; and no single profile
    where the endpoint offered a double and EKT (a stripped profile list must not lead to full keys, AMB-25)."""
    for view, message, keys in told(subject):
        yield Finding(message.packet, not (fault := _too_much(view, keys)), fault)


def _too_much(view: InnerView, keys: RawKeys) -> str:
    due = keys.due
    if due is not None and any(had > want for had, want in zip(keys.lengths, due, strict=True)):
        return f"lengths {keys.lengths}, one layer of {keys.profile:#06x} has {due}"
    full = view.association.exported()
    if full is not None and has_inner(full, keys):
        return "inner halves of the exported keys"
    row = SRTP_PROFILES.get(keys.profile)
    doubles = [
        p for p in view.offered_profiles if p in SRTP_PROFILES and SRTP_PROFILES[p].is_double
    ]
    if row is not None and not row.is_double and doubles:
        return f"keys of {keys.profile:#06x} for an endpoint that offered {doubles[0]:#06x}"
    return ""


def has_inner(full: ExportedKeys, keys: RawKeys) -> bool:
    """Whether key information holds an inner half of what the handshake exports."""
    if not SRTP_PROFILES[full.profile].is_double:
        return False
    inner = full.inner()
    fields = (keys.client_key, keys.server_key)
    return any(bytes(half) in f for half in (inner.client.key, inner.server.key) for f in fields)


@rule(
    "R8871-31",
    expected="the second half of each exported key and of each salt",
    about="key information whose handshake can be opened",
    needs=Part.TUNNEL | Part.INNER,
    broken_by="first halves, client and server the wrong way round, or the whole salts",
    shown_in="violation-full-double-key",
)
def keys_are_second_halves(subject: Subject) -> Iterator[Finding]:
    """Compared with what the endpoint's master secret exports (RFC 5764 section 4.2, RFC 8723 section 3)."""
    for view, message, keys in told(subject):
        full = view.association.exported()
        if full is None:
            continue
        want = full.outer() if SRTP_PROFILES[full.profile].is_double else full
        due = (want.client.key, want.server.key, want.client.salt, want.server.salt)
        names = ("client key", "server key", "client salt", "server salt")
        wrong = [n for n, had, want in zip(names, keys[1:], due, strict=True) if had != bytes(want)]
        yield Finding(message.packet, not wrong, f"another {' and '.join(wrong)} than exported")


@rule(
    "DBL-01",
    expected="keys of 16 octets for 0x0009, of 32 for 0x000A, salts of 12",
    about="key information for profiles that are known",
    needs=Part.TUNNEL,
    broken_by="12-octet keys",
    shown_in="violation-full-double-key",
)
def lengths_fit_the_profile(subject: Subject) -> Iterator[Finding]:
    """The four lengths against one layer of the profile that the message names."""
    for _, message, keys in told(subject):
        if keys.due is not None:
            text = f"lengths {keys.lengths} instead of {keys.due}"
            yield Finding(message.packet, keys.lengths == keys.due, text)


@rule(
    "R8871-10",
    "DBL-13",
    expected="no SRTP master key serves two hops or both directions of one",
    about="hop keys",
    needs=Part.HOP,
    broken_by="one key toward two receivers",
    shown_in="violation-same-key-two-receivers",
)
def hops_have_keys_of_their_own(subject: Subject) -> Iterator[Finding]:
    """All keys in key information, and all outer halves that the handshakes export; a repeat within one
    association and direction is no second use."""
    owners: dict[bytes, tuple[object, str]] = {}
    for packet, owner, direction, key in _hop_keys(subject):
        first = owners.setdefault(key, (owner, direction))
        ok = first == (owner, direction)
        yield Finding(packet, ok, f"the {direction} key is the {first[1]} key of another hop")


def _hop_keys(subject: Subject) -> Iterator[tuple[int, object, str, bytes]]:
    for view, message, keys in told(subject):
        owner = view.association.client_random
        yield message.packet, owner, "client", keys.client_key
        yield message.packet, owner, "server", keys.server_key
    for association in subject.analysis.associations:
        hop = association.hop_keys()
        if hop is not None:
            owner = association.client_random
            yield association.first_packet, owner, "client", bytes(hop.client.key)
            yield association.first_packet, owner, "server", bytes(hop.server.key)


@rule(
    "T00-KMF-16",
    expected="each conference has EKT keys of its own",
    about="EKT keys of conferences that tunnels name",
    needs=Part.TUNNEL | Part.INNER,
    broken_by="one EKT key for two conferences",
)
def conferences_share_no_ekt_key(subject: Subject) -> Iterator[Finding]:
    """The conference in the tunnel message selects the end-to-end key: no EKT key is given out in two of them."""
    homes: dict[bytes, bytes] = {}
    for given in subject.ekt.given:
        conference = given.association.conference_id
        if conference is not None:
            first = homes.setdefault(bytes(given.received.parameters.key), conference)
            text = f"the EKT key of conference {first.hex()[:8]}"
            yield Finding(given.received.packet, first == conference, text)
