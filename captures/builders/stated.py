# SPDX-License-Identifier: GPL-2.0-only
"""Keys as vendors log them: SRTP keys and EKT keys in a TOML file, in the place of DTLS secrets."""

from __future__ import annotations

from base64 import b64encode

from captures.builders.deviate import association_id, hop_keys, stream_of
from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage, pcapng
from perc_scapy.capture.statement_tables import PROFILE_NAMES
from perc_scapy.crypto.kdf import EXPORTER_LABEL
from perc_scapy.crypto.profiles import SRTP_PROFILES

SPDX = "# SPDX-License-Identifier: GPL-2.0-only\n"


def exported(stage: Stage, name: str) -> tuple[int, bytes]:
    """(profile, output of the DTLS-SRTP exporter) of a participant, as the KMF has it."""
    (tunnel,) = stage.kmf.kmf._tunnels.values()
    session = tunnel.associations[association_id(stage, name)].current
    assert session is not None
    profile = session.conference.config.profile
    return profile, session.server.export(EXPORTER_LABEL, SRTP_PROFILES[profile].export_length)


def exporter_table(stage: Stage, name: str) -> str:
    """`[[exporter]]` of one participant."""
    profile, material = exported(stage, name)
    called = next(text for text, code in PROFILE_NAMES.items() if code == profile)
    (host, port) = stage.address(stage.endpoints[name].addresses[0])
    return (
        f'[[exporter]]           # {name}\nprofile = "{called}"\nmaterial = "{material.hex()}"\n'
        f'client = "{host}:{port}"\n'
    )


def ekt_table(stage: Stage, name: str) -> str:
    """`[[ekt]]` of the EKT key that a participant uses."""
    parameters = stream_of(stage, name)._parameters[0]
    return (
        f'[[ekt]]\nspi = {parameters.spi}\ncipher = "AESKW_128"\nkey = "{parameters.key.hex()}"\n'
        f'salt = "{parameters.salt.hex()}"\n'
    )


@recipe("flow", "Keys stated in a TOML file, both layers", shows="DBL-02 EKT-12")
def stated_keys() -> Built:
    """Only media was recorded, from the middle of a conference on: no handshake, no tunnel. The keys come from
    elsewhere: what each endpoint's DTLS-SRTP exporter gave, and the EKT key."""
    stage = Stage("ab", seed="stated")
    stage.open("ab")
    first = len(stage.passed)
    stage.everybody("ab", 8)
    tables = [exporter_table(stage, name) for name in "ab"] + [ekt_table(stage, "a")]
    return Built(pcapng(stage.frames()[first:]), keys=SPDX + "\n".join(tables))


@recipe("flow", "Keys stated in a TOML file, one layer", shows="SRT-02")
def stated_sdes() -> Built:
    """Plain SRTP (AES128_CM_HMAC_SHA1_80) without any handshake, the keys of each direction as SDES writes them."""
    stage = Stage("ab", seed="sdes", setup={"profile": 1, "hbh_only": True},
                  mdd_setup={"profiles": (1,)})  # fmt: skip
    stage.open("ab")
    first = len(stage.passed)
    stage.everybody("ab", 6)
    tables = []
    for name in "ab":
        keys = hop_keys(stage, name)
        host, port = stage.address(stage.endpoints[name].addresses[0])
        for master, end in ((keys.client, "src"), (keys.server, "dst")):
            inline = b64encode(master.key + master.salt).decode()
            tables.append(
                f'[[srtp]]\nlayer = "hop"\nprofile = "AES_CM_128_HMAC_SHA1_80"\n'
                f'inline = "inline:{inline}"\n{end} = "{host}:{port}"\n'
            )
    return Built(pcapng(stage.frames()[first:]), keys=SPDX + "\n".join(tables))
