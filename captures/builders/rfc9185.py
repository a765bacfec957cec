# SPDX-License-Identifier: GPL-2.0-only
"""The tunnel of RFC 9185: the same conferences, with the tunnel protocol that became a standard, over TLS and TCP."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

from captures.builders.deviate import DRAFT
from captures.builders.flows import SLOW
from captures.builders.recipe import Built, recipe
from captures.builders.stage import START, Stage, pcapng
from captures.builders.tcp import Connection
from captures.builders.tls import TlsPair
from perc_scapy.layers import tunnel_rfc9185 as layers
from perc_scapy.layers.compile import encode, record
from perc_scapy.roles.policy import Member
from perc_scapy.sim.conference import identity
from perc_scapy.tunnel.messages import HopKeys, TunneledDtls

MDD, KMF = 0, 1
KMF_ID = "k" * 24
WHY = "Python's ssl module, which carries the tunnel, draws randomness of its own."


def message(body: Any) -> bytes:
    """One tunnel message."""
    return encode(record(layers.TunnelMessage, body=body))


def profiles() -> bytes:
    """The MDD's first message."""
    return message(record(layers.TunnelSupportedProfiles, version=0, protection_profiles=(9, 10)))


def media_keys(about: TunneledDtls, keys: HopKeys) -> bytes:
    """What the draft sends beside the Finished."""
    return message(
        record(
            layers.TunnelMediaKeys,
            association_id=about.association_id,
            protection_profile=keys.profile,
            mki=b"",
            client_write_SRTP_master_key=bytes(keys.client.key),
            server_write_SRTP_master_key=bytes(keys.server.key),
            client_write_SRTP_master_salt=bytes(keys.client.salt),
            server_write_SRTP_master_salt=bytes(keys.server.salt),
        )
    )


def translated(data: bytes, sender: Any) -> list[bytes]:
    """Messages of RFC 9185 for one of draft-00: media keys come right behind the last flight."""
    old = DRAFT.decode(data, sender)
    named = {"association_id": old.association_id}
    out = [message(record(layers.TunneledDtls, **named, dtls_message=old.dtls))]
    return out if old.keys is None else [*out, media_keys(old, old.keys)]


def disconnect(association_id: bytes) -> bytes:
    """An endpoint is gone."""
    return message(record(layers.EndpointDisconnect, association_id=association_id))


def carried(
    stage: Stage,
    version: ssl.TLSVersion,
    gone: dict[float, bytes],
    change: Callable[[bytes], bytes] = bytes,
) -> Built:
    """The conference with its tunnel replaced; `gone`: when the MDD said that an association ended; `change`: what an
    untrue party makes of a message."""
    pair = TlsPair(identity("mdd"), identity("kmf"), version)
    start = START * 10**9
    connection = Connection(stage.address("mdd/tunnel/room"), stage.address("kmf"), start)
    for side, data in pair.opening:
        connection.write(side, data, start + 1_000_000)
    if first := change(profiles()):
        connection.write(MDD, pair.write(MDD, first), start + 5_000_000)
    said = [(r.time, MDD, m) for r in stage.mdd.records for m in translated(r.data, "mdd")]
    said += [(r.time, KMF, m) for r in stage.kmf.records for m in translated(r.data, "kmf")]
    said += [(when, side, disconnect(id_)) for when, id_ in gone.items() for side in (MDD, KMF)]
    for number, (when, side, data) in enumerate(sorted(said, key=lambda item: item[0])):
        _carry(connection, pair, side, change(data), start + round(when * 1e9), number)
    connection.write(MDD, pair.close(MDD), start + round(stage.now * 1e9))
    connection.close(start + round(stage.now * 1e9))
    links = [(t, f) for (t, f), p in zip(stage.frames(), stage.passed, strict=True)
             if "kmf" not in (p.src, p.dst)]  # fmt: skip
    secrets = pair.secrets + stage.secrets()
    return Built(pcapng(sorted(links + connection.frames, key=lambda item: item[0])), secrets)


def _carry(
    connection: Connection, pair: TlsPair, side: int, data: bytes, time_ns: int, number: int
) -> None:
    """TLS is a stream: some messages come in two records, some segments twice or in disorder."""
    if number % 5 == 4:
        connection.write(side, pair.write(side, data[:20]), time_ns)
        connection.write(side, pair.write(side, data[20:]), time_ns)
        if number % 10 == 4:
            connection.swap_last()
    else:
        connection.write(side, pair.write(side, data), time_ns)
    if number % 7 == 6:
        connection.repeat_last()


def with_tls_ids(names: str, seed: str) -> Stage:
    """Members registered with their tls-ids, which RFC 9185 binds to the handshakes (RFC 8844)."""
    members = tuple(Member(name, identity(name).fingerprint, tls_id=name * 24) for name in names)
    return Stage(names, seed=seed, setup={"members": members}, kmf_setup={"tls_id": KMF_ID})


def join(stage: Stage, name: str) -> None:
    """With the own tls-id, and knowing the KMF's."""
    stage.run(0.2)
    stage.join(name, tls_id=name * 24, kmf_tls_id=KMF_ID)
    stage.run(0.3)


def conference(seed: str, version: ssl.TLSVersion) -> Built:
    """A and B, then C; B leaves."""
    stage = with_tls_ids("abc", seed)
    for name in "ab":
        join(stage, name)
    stage.everybody("ab", 3)
    join(stage, "c")
    stage.run(1.0)
    stage.everybody("cab", 4, every=SLOW)
    node = stage.endpoints["b"]
    b = next(a for a in stage.mdd.mdd.associations() if a.path.remote == node.addresses[0])
    node.endpoint.leave(stage.now)
    stage.network.touch(node)
    left = stage.now + 0.1
    stage.run(1.5)
    return carried(stage, version, {left: b.association_id})


@recipe(
    "flow",
    "RFC 9185: the tunnel over TLS 1.2",
    shows="R9F-01 R9F-12 R9185-WIRE-01 R9185-MD-01 R9185-KD-07 R9185-KD-08",
    recorded=WHY,
)
def rfc9185_tls12() -> Built:
    """A, B and C join, C as the third gets everybody a new EKT key, B leaves. Between MDD and KMF the messages of
    RFC 9185 pass over TLS 1.2: SupportedProfiles, TunneledDtls, MediaKeys, EndpointDisconnect.
    Messages are cut anywhere, some TCP segments come twice or in disorder."""
    return conference("9185 on 1.2", ssl.TLSVersion.TLSv1_2)


@recipe(
    "flow",
    "RFC 9185: the tunnel over TLS 1.3",
    shows="R9F-01 R9F-12 R9185-WIRE-01 R9185-MD-01 R9185-KD-07 R9185-KD-08",
    recorded=WHY,
)
def rfc9185_tls13() -> Built:
    """As rfc9185-tls12, over TLS 1.3: the key log has traffic secrets in the place of a master secret."""
    return conference("9185 on 1.3", ssl.TLSVersion.TLSv1_3)


def small(seed: str, change: Callable[[bytes], bytes]) -> Built:
    """A and B, and one thing wrong."""
    stage = with_tls_ids("ab", seed)
    for name in "ab":
        join(stage, name)
    stage.everybody("ab", 3)
    return carried(stage, ssl.TLSVersion.TLSv1_2, {}, change)


@recipe(
    "violation",
    "RFC 9185: SupportedProfiles does not come first",
    violates="R9185-MD-01",
    recorded=WHY,
)
def violation_rfc9185_profiles_missing() -> Built:
    """The MDD never sends SupportedProfiles on the connection. The KMF, in the plot, knows its list from
    elsewhere."""
    return small("9185 profiles", lambda data: b"" if data[0] == 1 else data)


@recipe(
    "violation",
    "RFC 9185: MediaKeys with the full double key",
    violates="R9185-KD-08 T00-KMF-14 R8871-31 FW16-01 DBL-01",
    recorded=WHY,
)
def violation_rfc9185_full_keys() -> Built:
    """Keys and salts in MediaKeys have twice the length that the profile's outer layer takes."""

    def doubled(data: bytes) -> bytes:
        if data[0] != 3:
            return data
        body, out = data[22:], data[3:22]
        for _ in range(4):
            length = body[0]
            out += bytes((2 * length,)) + 2 * body[1 : 1 + length]
            body = body[1 + length :]
        return data[:1] + len(out).to_bytes(2, "big") + out

    return small("9185 keys", doubled)
