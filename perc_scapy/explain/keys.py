# SPDX-License-Identifier: GPL-2.0-only
"""Which master keys a packet may have been protected with: the right ones, and those that are mistaken for them."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.associations import Association
from perc_scapy.crypto.kdf import ExportedKeys, MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.explain.search import Option

HALVES = (
    "RFC 8723 section 3: the first half of key and salt is the inner one, the second the outer one"
)
DIRECTION = "RFC 5764 section 4.2: the client's keys protect what the DTLS client sends"
ORDER = "RFC 5764 section 4.2: client key, server key, client salt, server salt"
MD_KEYS = "RFC 8871 section 6.2: the KMF tells the MDD the outer halves of the exported keys"
OWN_HOP = "RFC 8871 section 6.2: every hop has keys of its own"


def hop_options(
    association: Association, everyone: list[Association], *, from_endpoint: bool
) -> list[Option]:
    """Hop keys of one direction, the right ones first."""
    found = list(_own(association, from_endpoint))
    found += _others(association, everyone, from_endpoint)
    return _distinct(found)


def _own(association: Association, from_endpoint: bool) -> Iterator[Option]:
    keys, full = association.hop_keys(), association.exported()
    if keys is not None:
        ours, theirs = _sides(keys, from_endpoint)
        yield Option(ours)
        yield Option(theirs, "client and server keys are swapped", DIRECTION)
    if full is None:
        return
    yield from _told(association, from_endpoint)
    double = SRTP_PROFILES[full.profile].is_double
    for name, exported, clause in _cuts(full):
        if double:
            ours, theirs = _sides(exported.inner(), from_endpoint)
            yield Option(
                ours, _join("the halves are swapped: inner key for the hop", name), clause or HALVES
            )
            yield Option(
                theirs,
                _join("the halves are swapped, and client and server too", name),
                clause or HALVES,
            )
        if name:
            part = exported.outer() if double else exported
            ours, theirs = _sides(part, from_endpoint)
            yield Option(ours, name, clause)
            yield Option(theirs, _join(name, "client and server keys are swapped"), clause)
    if double:
        yield from _mixed(full, from_endpoint)


def _told(association: Association, from_endpoint: bool) -> Iterator[Option]:
    for seen in association.key_messages():
        told = seen.message.keys if seen.message is not None else None
        if told is not None:
            ours = told.client if from_endpoint else told.server
            text = f"the keys are those told to the MDD in packet {seen.packet}, which the handshake does not export"
            yield Option(ours, text, MD_KEYS)


def _cuts(full: ExportedKeys) -> Iterator[tuple[str, ExportedKeys, str]]:
    """The export cut right, and in the other order that is seen."""
    yield "", full, ""
    material = full.client.key + full.server.key + full.client.salt + full.server.salt
    key, salt = len(full.client.key), len(full.client.salt)
    side = key + salt
    client = MasterKey(Key(material[:key]), Key(material[key:side]))
    server = MasterKey(Key(material[side : side + key]), Key(material[side + key :]))
    yield (
        "the exported octets are cut as key, salt, key, salt",
        ExportedKeys(full.profile, client, server),
        ORDER,
    )


def _mixed(full: ExportedKeys, from_endpoint: bool) -> Iterator[Option]:
    ours = _sides(full, from_endpoint)[0]
    inner, outer = ours.inner(), ours.outer()
    yield Option(
        MasterKey(outer.key, inner.salt), "the inner half of the salt is used for the hop", HALVES
    )
    yield Option(
        MasterKey(inner.key, outer.salt), "the inner half of the key is used for the hop", HALVES
    )


def _others(
    association: Association, everyone: list[Association], from_endpoint: bool
) -> Iterator[Option]:
    for number, other in enumerate(everyone, 1):
        keys = other.hop_keys() if other is not association else None
        if keys is not None:
            for part, which in zip(
                _sides(keys, from_endpoint), ("", ", other direction"), strict=True
            ):
                yield Option(part, f"the keys are those of association {number}{which}", OWN_HOP)


def inner_options(association: Association, everyone: list[Association]) -> list[Option]:
    """End-to-end keys that are no EKT key's: exported halves, hop keys."""
    found = []
    for number, other in enumerate(everyone, 1):
        full = other.exported()
        if full is None or not SRTP_PROFILES[full.profile].is_double:
            continue
        whose = "this association" if other is association else f"association {number}"
        for side, name in ((full.client, "client"), (full.server, "server")):
            text = f"the end-to-end key is the exported inner {name} half of {whose}"
            found.append(
                Option(
                    side.inner(),
                    text,
                    "RFC 8871 section 4.5.1: with the salt of ekt_key, and announced in an EKT field",
                )
            )
            text = f"the halves are swapped: outer {name} half of {whose} inside"
            found.append(Option(side.outer(), text, HALVES))
    return _distinct(found)


def _sides(keys: ExportedKeys, from_endpoint: bool) -> tuple[MasterKey, MasterKey]:
    both = keys.client, keys.server
    return both if from_endpoint else (both[1], both[0])


def _distinct(options: list[Option]) -> list[Option]:
    """Each key once, under its first name."""
    found: dict[tuple[bytes, bytes], Option] = {}
    for option in options:
        key = bytes(option.value.key), bytes(option.value.salt)
        found.setdefault(key, option)
    return list(found.values())


def _join(*parts: str) -> str:
    return "; ".join(filter(None, parts))
