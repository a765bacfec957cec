# SPDX-License-Identifier: GPL-2.0-only
"""Planted violations of the tunnel protocol: one thing is wrong in each, everything around it is sound."""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import Any
from unittest.mock import patch

from captures.builders.deviate import DRAFT, kmf_says, mdd_says
from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage
from captures.builders.troubled import last_flight
from perc_scapy.crypto.kdf import EXPORTER_LABEL, MasterKey, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import DtlsConfig
from perc_scapy.dtls.record import split_records
from perc_scapy.roles.policy import EndpointConfig
from perc_scapy.sim.conference import identity, only
from perc_scapy.sim.network import Crossing
from perc_scapy.tunnel.carrier import EngineAcceptor, TunnelListener
from perc_scapy.tunnel.messages import TunneledDtls
from perc_scapy.tunnel.session import Session

OTHER_ID = bytes.fromhex("0badc0de0bad4c0d8bad0badc0de0bad")


def key_record(message: TunneledDtls, client: MasterKey, server: MasterKey) -> bytes:
    """SRTPKeyInformation with keys of any length."""
    assert message.keys is not None
    assert message.conference_id is not None
    head = b"\x01\x00" + message.association_id + message.conference_id + b"\x02"
    body = message.keys.profile.to_bytes(2, "big")
    for part in (client.key, server.key, client.salt, server.salt):
        body += len(part).to_bytes(2, "big") + bytes(part)
    return head + body + len(message.dtls).to_bytes(2, "big") + message.dtls


def exported(stage: Stage, about: TunneledDtls) -> Any:
    """The full keys that the KMF has for an association."""
    for tunnel in stage.kmf.kmf._tunnels.values():
        session = tunnel.associations[about.association_id].current
        profile = session.conference.config.profile
        material = session.server.export(EXPORTER_LABEL, SRTP_PROFILES[profile].export_length)
        return split_exporter(profile, material)
    raise LookupError


def two(seed: str, **more: Any) -> Stage:
    """A is in, B is about to come."""
    stage = Stage("ab", seed=seed, **more)
    stage.open("a")
    stage.endpoint("b")
    return stage


def finish(stage: Stage) -> Built:
    """B joins and both talk."""
    stage.join("b")
    stage.run(0.5)
    stage.everybody("ab", 4)
    return stage.built()


@recipe(
    "violation",
    "The KMF gives the MDD the full double key",
    violates="T00-KMF-14 R8871-31 R8871-04 SLD-ROLE-02 FW16-01 DBL-01 DBL-02 SS2-07",
)
def violation_full_double_key() -> Built:
    """SRTPKeyInformation about B holds 32-octet keys and 24-octet salts: the end-to-end halves as well. The MDD, in the
    plot, uses the outer halves, so that media flow."""
    stage = two("full key")

    def tell(message: TunneledDtls, record: bytes) -> bytes:
        if message.keys is None:
            return record
        keys = exported(stage, message)
        return key_record(message, keys.client, keys.server)

    kmf_says(stage, "b", tell)
    return finish(stage)


@recipe(
    "violation",
    "The KMF gives the MDD the inner halves",
    violates="T00-KMF-14 DBL-02 SLD-ROLE-02 R8871-04 R8871-31 FW16-01",
)
def violation_inner_half_told() -> Built:
    """SRTPKeyInformation about B holds the first halves of keys and salts, the end-to-end ones. The MDD, in the plot,
    uses the outer halves."""
    stage = two("inner half")

    def tell(message: TunneledDtls, record: bytes) -> bytes:
        if message.keys is None:
            return record
        inner = exported(stage, message).inner()
        return key_record(message, inner.client, inner.server)

    kmf_says(stage, "b", tell)
    return finish(stage)


@recipe(
    "violation",
    "Key information is not repeated with a retransmitted Finished",
    violates="T00-KMF-11 SLD-TRN-01",
)
def violation_keys_not_repeated() -> Built:
    """The KMF's Finished for B is lost behind the MDD. B sends its flight again, and the KMF its Finished, but in an
    Empty message: had the first one been lost in the tunnel, the MDD would never have got the keys."""
    stage = two("not repeated")
    seen: list[bytes] = []

    def tell(message: TunneledDtls, record: bytes) -> bytes:
        if message.keys is None:
            return record
        seen.append(record)
        bare = message._replace(keys=None)
        return record if len(seen) == 1 else DRAFT.encode(bare, "kmf")

    kmf_says(stage, "b", tell)
    last_flight(stage, "b")
    stage.join("b")
    stage.run(4.0)
    stage.everybody("ab", 4)
    return stage.built()


@recipe("violation", "Keys come later than the Finished", violates="T00-KMF-10 SS2-07 SLD-OBJ-05")
def violation_keys_late() -> Built:
    """The KMF's Finished for B travels in an Empty message; the keys come with the ekt_key that follows."""
    stage = two("keys late")
    kept: list[Any] = []

    def tell(message: TunneledDtls, record: bytes) -> bytes:
        if message.keys is not None:
            kept.append(message.keys)
            return DRAFT.encode(message._replace(keys=None), "kmf")
        if len(kept) == 1:
            kept.append(None)
            return DRAFT.encode(message._replace(keys=kept[0]), "kmf")
        return record

    kmf_says(stage, "b", tell)
    return finish(stage)


@recipe(
    "violation",
    "The MDD changes an association id on the way",
    violates="T00-MDD-02 SLD-OBJ-06 SS2-12",
)
def violation_association_id_changed() -> Built:
    """From B's acknowledgement of its EKT key on, the MDD names B's association by another id. The KMF, in the plot,
    knows whom it means."""
    stage = two("association id")
    seen: list[bytes] = []

    def tell(message: TunneledDtls, record: bytes) -> bytes:
        seen.append(record)
        changed = message._replace(association_id=OTHER_ID)
        return record if message.dtls[0] != 26 else DRAFT.encode(changed, "mdd")

    mdd_says(stage, "b", tell)
    return finish(stage)


@recipe("violation", "The MDD names another conference on the way", violates="T00-MDD-04")
def violation_conference_id_changed() -> Built:
    """B's acknowledgement of its EKT key reaches the KMF under another conference id."""
    stage = two("conference id")

    def tell(message: TunneledDtls, record: bytes) -> bytes:
        changed = message._replace(conference_id=b"another room\0\0\0\0")
        return record if message.dtls[0] != 26 else DRAFT.encode(changed, "mdd")

    mdd_says(stage, "b", tell)
    return finish(stage)


@recipe(
    "violation",
    "No SupportedProfiles on the first message",
    violates="T00-MDD-05 SS2-02 SLD-OBJ-07 SLD-FUN-01",
)
def violation_profiles_missing() -> Built:
    """The first message about B is of type Empty. The KMF goes by the list that came with A's."""
    stage = two("no profiles")
    mdd_says(stage, "b", lambda m, record: DRAFT.encode(m._replace(profiles=None), "mdd"))
    return finish(stage)


@recipe(
    "violation",
    "The MDD splits datagrams of the KMF",
    violates="T00-MDD-06 T00-MDD-07 SLD-FUN-03 R8871-03",
)
def violation_dtls_split() -> Built:
    """Each DTLS record of the KMF's flights reaches B in a datagram of its own: not the payload that the KMF sent. DTLS
    bears it, so that nobody notices."""
    stage = two("split")
    sending: list[bytes] = []

    def split(crossing: Crossing) -> bytes | None:
        data = crossing.data
        if not str(crossing.destination).startswith("b/") or data[0] != 22 or data in sending:
            return data
        records, _ = split_records(data)
        at, parts = 0, []
        for record in records:
            parts.append(data[at : at + 13 + len(record.fragment)])
            at += len(parts[-1])
        if len(parts) < 2:
            return data
        for part in parts:
            sending.append(part)
            stage.network.send(part, crossing.source, crossing.destination)
        return None

    stage.untrue.append(split)
    return finish(stage)


@recipe(
    "violation",
    "Messages of another version, of no type, in the wrong direction",
    violates="T00-WIRE-01 T00-WIRE-03 T00-WIRE-08 T00-TUN-07 T00-MDD-06 T00-MDD-07 SLD-OBJ-03 SLD-FUN-03 R8871-03",
)
def violation_tunnel_messages() -> Built:
    """While A is in, the MDD sends three more copies of its first tunnel message: as version 2.0, as type 9, and as the
    SRTPKeyInformation that only a KMF may send. All must be dropped."""
    stage = two("messages")
    first = stage.mdd.records[0]
    keys = next(r.data for r in stage.kmf.records if r.data[34] == 2)
    for wrong in (b"\x02\x00" + first.data[2:], first.data[:34] + b"\x09" + first.data[35:], keys):
        stage.mdd.say(first.tunnel_id, wrong)
        stage.network.touch(stage.mdd)
        stage.run(0.05)
    return finish(stage)


@recipe(
    "violation",
    "A tunnel in which the MDD shows no certificate",
    violates="T00-TUN-02 SS1-02 SS1-03 SLD-TRN-03 R8871-07",
)
def violation_tunnel_without_certificate() -> Built:
    """The KMF's listener asks for no certificate, and takes whoever comes for its MDD."""
    opened = Session._open
    mdd = identity("mdd").fingerprint
    with patch.object(Session, "_open", lambda self, who, now: opened(self, who or mdd, now)):
        stage = OpenDoor("ab", seed="no certificate")
        stage.open("ab")
        stage.everybody("ab", 4)
    return stage.built()


class OpenDoor(Stage):
    """A KMF that takes any client for its MDD."""

    def _make_kmf(self, setup: dict[str, Any]) -> Any:
        node = super()._make_kmf(setup)
        config = DtlsConfig(
            identity("kmf"),
            only({identity("mdd").fingerprint}),
            random=self.randomness("door"),
            keylog=self.keylog.append,
        )
        anybody = replaced(config, verify=lambda peer: None, request_client_certificate=False)
        node.listener = TunnelListener(EngineAcceptor(anybody))
        return node


@recipe(
    "violation",
    "Full keys through a stripped profile list",
    violates="T00-KMF-14 FW16-01",
)
def violation_stripped_profiles() -> Built:
    """Both endpoints offer the double 0x0009 and, as their last resort, the single 0x0007. The MDD lists 0x0007 alone,
    and the KMF falls for it: plain SRTP, and the MDD gets the keys that open the media."""
    setup = {"profile": 7, "hbh_only": True}
    stage = Stage("ab", seed="stripped", setup=setup, mdd_setup={"profiles": (7,)})
    with patch.object(EndpointConfig, "__post_init__"):
        stage.open("ab", profiles=(9, 7), ekt_ciphers=(1,))
    stage.everybody("ab", 4)
    return stage.built()
