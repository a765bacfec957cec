# SPDX-License-Identifier: GPL-2.0-only
"""Names, options, codes and signatures that programs of others rely on: changing one of these is a breaking change."""

from __future__ import annotations

import argparse
import importlib
import inspect

import pytest

from perc_scapy import cli
from perc_scapy.errors import DecodeError

NAMES = """
perc_scapy.errors: DecodeError
perc_scapy.crypto: SrtpContext DoubleContext EktSender EktReceiver
perc_scapy.dtls: DtlsClient DtlsServer
perc_scapy.roles: Kmf Mdd Endpoint
perc_scapy.layers: DTLSTunnelMessage SupportedProfiles SRTPKeyInformation TunnelMessage bind_perc
perc_scapy.layers.compile: decode encode
perc_scapy.media: PCMU PCMA CODECS decode_wav encode_wav resample round_trip speech Packetizer Recorder
"""
SIGNATURES = {
    "crypto.SrtpContext": "profile master_key master_salt window",
    "crypto.DoubleContext": "profile master_key master_salt window",
    "crypto.EktSender": "parameters key_length random now master_key full_interval hold salt_length encryptions",
    "crypto.EktReceiver": "key_length salt_length max_ssrcs",
    "dtls.DtlsClient": "config",
    "dtls.DtlsServer": "config",
    "roles.Kmf": "config random keylog",
    "roles.Mdd": "config random",
    "roles.Endpoint": "config random keylog",
}
DATAGRAMS = "receive_datagram next_event datagrams_to_send get_timer handle_timer"
TUNNEL = "tunnel_opened tunnel_closed receive_tunnel tunnel_data_to_send"
VERBS = {
    "dtls.DtlsClient": f"start {DATAGRAMS} send_application export close established",
    "dtls.DtlsServer": f"{DATAGRAMS} send_application send_ekt_key export close established",
    "roles.Kmf": f"{TUNNEL} next_event get_timer handle_timer counters hop_keys members rekey remove admit",
    "roles.Mdd": f"{TUNNEL} {DATAGRAMS} set_change associations originate remove",
    "roles.Endpoint": f"{DATAGRAMS} start send_rtp send_rtcp rekey leave ready closed ssrc sources spis",
}
COMMAND_LINES = [
    "kmf --config F.toml --keylog F --capture F --json",
    "mdd --config F.toml --keylog F --capture F --json",
    "endpoint --config F.toml --keylog F --capture F --json",
    "endpoint --mdd HOST:1 --cert F --key F --kmf-fingerprint sha-256:00 --send in.wav --record DIR",
    "demo",
    "demo --participants 4 --keep DIR --json",
    "dissect CAPTURE -k KEYS --json",
]


def named(path: str) -> object:
    module, name = f"perc_scapy.{path}".rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    "line", [line for line in NAMES.splitlines() if line], ids=lambda s: s.split(":")[0]
)
def test_names(line: str) -> None:
    module, names = line.split(":")
    for name in names.split():
        assert getattr(importlib.import_module(module), name) is not None


@pytest.mark.parametrize("path", SIGNATURES)
def test_constructors(path: str) -> None:
    parameters = inspect.signature(named(path)).parameters
    assert list(parameters) == SIGNATURES[path].split()


@pytest.mark.parametrize("path", VERBS)
def test_verbs(path: str) -> None:
    cls = named(path)
    missing = [verb for verb in VERBS[path].split() if not hasattr(cls, verb)]
    assert not missing
    # The Mdd is told its attribute at construction, so the class alone does not show it.
    assert "counters" in inspect.getsource(cls)  # type: ignore[arg-type]


def test_decode_and_encode() -> None:
    from perc_scapy.layers import DTLSTunnelMessage
    from perc_scapy.layers.compile import decode, encode

    octets = b"\x01\x00" + bytes(32) + b"\x00" + b"\x00\x01x"
    assert encode(decode(DTLSTunnelMessage, octets)) == octets
    assert encode(DTLSTunnelMessage(octets)) == octets
    for wrong in (b"", octets[:-1], octets + b"\0", b"\x02" + octets[1:]):
        with pytest.raises(DecodeError):
            decode(DTLSTunnelMessage, wrong)


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_command_lines(line: str) -> None:
    name, *arguments = line.split()
    module = importlib.import_module(cli.COMMANDS[name].module)
    parser = argparse.ArgumentParser(exit_on_error=False)
    module.configure(parser)
    parsed, left = parser.parse_known_args(arguments)
    assert left == []
    assert parsed is not None


def test_exit_codes() -> None:
    assert {code.name: int(code) for code in cli.ExitCode} == {
        "OK": 0, "FINDING": 1, "USAGE": 2, "ENVIRONMENT": 3, "UNDECIDABLE": 4, "INTERRUPTED": 130,
    }  # fmt: skip
