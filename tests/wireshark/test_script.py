# SPDX-License-Identifier: GPL-2.0-only
"""What the script does with captures, beyond the fields: columns, expert information, preferences, decode-as."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.keys.share import shared, write_shared
from perc_scapy.layers import DTLSTunnelMessage, TunnelMessage
from perc_scapy.layers.compile import decode, encode
from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import datagrams
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.reader import open_capture
from tests.capture.conversations import with_ekt
from tests.dtls.pairs import ekt_parameters, shuttle
from tests.project.tree import ROOT
from tests.wireshark.samples import GOOD, Pdu, write
from tests.wireshark.tshark import packets, with_script

pytestmark = pytest.mark.tool("tshark")
ENDS = {"client": ("192.0.2.2", 50000), "server": ("192.0.2.1", 4433)}
START = 1_700_000_000_000_000_000


def golden(name: str) -> tuple[Path, Path]:
    folder = ROOT / "captures" / name
    return folder / "trace.pcapng", folder / "secrets.keylog"


def told(name: str, *options: str) -> str:
    path, keys = golden(name)
    return with_script(path, *options, keys=keys)


def column(name: str, field: str, *options: str) -> list[str]:
    return told(name, *options, "-T", "fields", "-e", field).splitlines()


def opened(name: str) -> Analysis:
    path, keys = golden(name)
    with open_capture(path) as reader:
        return Analysis(datagrams(reader), Keyring.of([keys]))


# columns ------------------------------------------------------------------------------------------


def test_lines_of_a_session_setup() -> None:
    """The columns that people see: tunnel message, association, and the endpoint's DTLS inside it."""
    path, keys = golden("session-setup-1")
    (association,) = opened("session-setup-1").associations
    name = association.carrier.association_id.hex()[:8]
    lines = with_script(path, "-Y", "perc_tunnel", "-T", "fields", "-e", "_ws.col.Protocol", "-e",
                        "_ws.col.Info", keys=keys).splitlines()  # fmt: skip
    assert lines[0] == f"PERC\tPERC tunnel SUPPORTED_PROFILES association {name}, Client Hello"
    assert f"PERC\tPERC tunnel EMPTY association {name}, Hello Verify Request" in lines
    assert any("SRTP_KEY_INFORMATION" in line and line.endswith("Finished") for line in lines)
    assert any(line.endswith("(ekt_key, spi 0xe4eb)") for line in lines)
    assert all(line.startswith("PERC\t") for line in lines)


def test_lines_of_media() -> None:
    info = column("session-setup-2", "_ws.col.Info", "-Y", "perc_srtp")
    assert any(line.endswith("/ EKT short") for line in info)
    assert any("/ EKT full spi " in line for line in info)
    info = column("rtcp", "_ws.col.Info", "-Y", "perc.srtcp.index")
    assert any(line.startswith("SRTCP SR ssrc ") and " index " in line for line in info)


# keys ---------------------------------------------------------------------------------------------


def known_keys(name: str) -> set[bytes]:
    analysis = opened(name)
    found = set()
    for association in analysis.associations:
        for received in association.ekt_keys():
            found |= {bytes(received.parameters.key), bytes(received.parameters.salt)}
    for tunnel in analysis.tunnels:
        for seen in tunnel.messages:
            keys = None if seen.message is None else seen.message.keys
            for pair in () if keys is None else (keys.client, keys.server):
                found |= set(map(bytes, pair))
    return found


def test_no_key_octet_in_any_output() -> None:
    keys = known_keys("session-setup-1")
    assert len(keys) == 6
    for form in (("-V",), ("-T", "json"), ("-T", "pdml"), ("-T", "ek")):
        text = told("session-setup-1", *form).lower().replace(":", "")
        assert not [key for key in keys if key.hex() in text], form


def test_keys_on_request() -> None:
    text = told("session-setup-1", "-T", "json", "-o", "perc.show_keys:TRUE").replace(":", "")
    assert all(key.hex() in text for key in known_keys("session-setup-1"))


def test_keys_in_clear_are_pointed_out() -> None:
    severity = told(
        "session-setup-1", "-Y", "perc.key_in_clear", "-T", "fields", "-e", "_ws.expert.message"
    )
    assert "Hop-by-hop key in clear" in severity
    assert "EKT key in clear" in severity
    assert told("no-keys", "-Y", "perc.key_in_clear") == ""


def test_a_full_double_key_is_malformed() -> None:
    """As our own expert information has it."""
    messages = column("violation-full-double-key", "_ws.expert.message", "-Y", "perc.malformed")
    wanted = "client_write_SRTP_master_key has 32 octets, profile 0x0009 needs 16"
    assert messages
    assert all(wanted in line for line in messages)


# EKT ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "preference", "there"),
    [
        ("session-setup-2", "auto", True),
        ("session-setup-2", "never", False),
        ("hbh-only-gcm", "auto", False),
        ("hbh-only-cm80", "auto", False),
        ("webrtc-cm80", "auto", False),
    ],
)
def test_ekt_fields_are_never_guessed(name: str, preference: str, *, there: bool) -> None:
    assert bool(told(name, "-Y", "perc.ekt.type", "-o", f"perc.ekt:{preference}")) is there


def test_ekt_fields_without_the_handshake(tmp_path: Path) -> None:
    """Nothing was seen that chose EKT: with the preference, fields are read all the same."""
    path = write(tmp_path / "media.pcapng", [pdu for pdu in GOOD if pdu.dissector == "perc_srtp"])
    assert with_script(path, "-Y", "perc.ekt.type") == ""
    always = with_script(path, "-T", "fields", "-e", "perc.ekt.type", "-o", "perc.ekt:always")
    assert always.split() == ["0", "2", "9"]


def test_an_ekt_field_behind_srtcp_is_a_warning() -> None:
    (message,) = set(column("violation-ekt-on-rtcp", "_ws.expert.message", "-Y", "perc.warning"))
    assert "seems to stand behind SRTCP" in message
    assert told("rtcp", "-Y", "perc.warning") == ""


# DTLS ---------------------------------------------------------------------------------------------


def recorded(path: Path, log: list[tuple[str, bytes]], keylog: bytes) -> Path:
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        writer.secrets(keylog)
        for number, (sender, data) in enumerate(log):
            other = "server" if sender == "client" else "client"
            frame = ip_udp(ENDS[sender], ENDS[other], bytes(data))
            writer.packet(START + 1_000_000 * number, frame)
    return path


def test_ekt_key_in_fragments(tmp_path: Path) -> None:
    """Wireshark joins no fragments of a message that it does not know."""
    talk = with_ekt(mtu=100)
    path = recorded(tmp_path / "fragments.pcapng", talk.log, talk.keylog.to_text())
    found = [dict(pairs) for pairs in packets(path).values()]
    pieces = [p for p in found if p.get("perc.dtls.handshake.msg_type") == "26"]
    assert len(pieces) >= 2
    assert [p["perc.dtls.ekt_key.ekt_spi"] for p in pieces if "perc.dtls.ekt_key.ekt_spi" in p] == [
        "4660"
    ]
    assert "perc.dtls.ekt_key.ekt_spi" in pieces[-1]
    key = ekt_parameters().key
    assert key.hex() not in with_script(path, "-T", "json").replace(":", "")
    assert key.hex() in with_script(path, "-T", "json", "-o", "perc.show_keys:TRUE").replace(
        ":", ""
    )


def test_two_passes_show_what_one_shows(tmp_path: Path) -> None:
    """What is learnt belongs to the first pass; a graphical Wireshark dissects packets again in any order."""
    talk = with_ekt(mtu=100)
    path = recorded(tmp_path / "fragments.pcapng", talk.log, talk.keylog.to_text())
    for capture, keys in ((path, None), golden("session-setup-2")):
        once, twice = packets(capture, keys=keys), packets(capture, "-2", keys=keys)
        assert len(once) == len(twice) > 10
        assert list(map(ours, once.values())) == list(map(ours, twice.values()))


def ours(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[0].startswith("perc.")]


def test_rfc9185_messages_in_a_dtls_tunnel(tmp_path: Path) -> None:
    """Not what the RFC says, but what somebody may try; and draft-00 that begins like it stays draft-00."""
    talk = with_ekt()
    wanted = [pdu.data for pdu in GOOD if pdu.dissector == "perc_tunnel"][3:8]
    for data in wanted:
        talk.client.send_application(data)
    log = talk.log + shuttle(talk.client, talk.server)
    path = recorded(tmp_path / "dtls.pcapng", log, talk.keylog.to_text())
    kinds = with_script(path, "-T", "fields", "-e", "perc.tunnel.msg_type").split()
    assert kinds == ["1", "2", "3", "4", "5"]


def test_other_data_over_dtls_is_left_alone(tmp_path: Path) -> None:
    talk = with_ekt()
    path = recorded(tmp_path / "dtls.pcapng", talk.log, talk.keylog.to_text())
    assert with_script(path, "-Y", "perc_tunnel") == ""
    assert with_script(path, "-Y", "data.data contains 66:72:6f:6d").count("\n") == 2
    forced = with_script(path, "-d", "dtls.port==4433,perc_tunnel", "-Y", "perc.malformed")
    assert forced.count("\n") == 2


# PDUs ---------------------------------------------------------------------------------------------


def test_messages_shared_without_secrets(tmp_path: Path) -> None:
    """An exported PDU named for our dissector opens by itself, whatever version it is of."""
    path = write(tmp_path / "pdus.pcapng", GOOD)
    lines = with_script(
        path, "-Y", "perc_tunnel", "-T", "fields", "-e", "_ws.col.Info"
    ).splitlines()
    assert [line.split()[2] for line in lines] == [
        "SUPPORTED_PROFILES", "SRTP_KEY_INFORMATION", "EMPTY", "SUPPORTED_PROFILES", "UNSUPPORTED_VERSION",
        "MEDIA_KEYS", "TUNNELED_DTLS", "ENDPOINT_DISCONNECT",
    ]  # fmt: skip
    assert with_script(path, "-Y", "perc.malformed or perc.note or _ws.malformed") == ""


def test_what_perc_keys_share_writes(tmp_path: Path) -> None:
    """No secret and no key in the file, and the whole conversation in it; zeros are no key in clear."""
    analysis = opened("session-setup-1")
    path = tmp_path / "shared.pcapng"
    with path.open("wb") as stream:
        write_shared(stream, shared(analysis))
    assert not [key for key in known_keys("session-setup-1") if key in path.read_bytes()]
    kinds = with_script(path, "-Y", "perc_tunnel", "-T", "fields", "-e", "perc.tunnel.type").split()
    (tunnel,) = analysis.tunnels
    assert kinds == [str(seen.raw[34]) for seen in tunnel.messages]
    assert with_script(path, "-Y", "perc.key_in_clear") == ""
    assert with_script(path, "-Y", "perc.dtls.ekt_key.ekt_spi == 58603").count("\n") == 1


def test_the_version_by_preference(tmp_path: Path) -> None:
    path = write(tmp_path / "pdus.pcapng", GOOD[:1])
    assert "perc_tunnel" in with_script(path, "-T", "fields", "-e", "frame.protocols")
    forced = with_script(
        path, "-o", "perc.tunnel:rfc9185", "-Y", "perc.malformed and perc.tunnel.msg_type == 1"
    )
    assert forced.count("\n") == 1


def test_what_the_outer_layer_protected(tmp_path: Path) -> None:
    """OHBs, each as our own layer reads it."""
    outer = [m.opened.outer for m in opened("ohb-all").media if m.kind == "rtp" and m.opened.outer]
    path = write(
        tmp_path / "outer.pcapng", [Pdu("perc_double", o.header + o.payload) for o in outer]
    )
    ours = [DoublePlaintext(o.payload).ohb for o in outer]
    names = ("payload_type", "sequence_number", "B", "M", "P", "Q")
    options = [part for name in names for part in ("-e", f"perc.ohb.{name}")]
    theirs = [line.split("\t") for line in with_script(path, "-T", "fields", *options).splitlines()]
    assert theirs == [["" if (v := getattr(o, n)) is None else str(v) for n in names] for o in ours]
    assert {row[4] for row in theirs} == {"0", "1"}
    info = with_script(path, "-T", "fields", "-e", "_ws.col.Info").splitlines()
    assert any("/ OHB pt 100, seq " in line and line.endswith("marker 1") for line in info)
    assert any(line.endswith("/ OHB unchanged") for line in info)


def test_the_shared_samples_are_what_they_say() -> None:
    """Every tunnel message is one that our strict codec takes."""
    kinds = [DTLSTunnelMessage] * 3 + [TunnelMessage] * 5
    for layer, pdu in zip(kinds, GOOD[:8], strict=True):
        assert encode(decode(layer, pdu.data)) == pdu.data
