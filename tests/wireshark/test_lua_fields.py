# SPDX-License-Identifier: GPL-2.0-only
import pytest

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.wireshark.lua_fields import FieldTable, label_of


def test_a_field_is_registered_once() -> None:
    table = FieldTable()
    first = table.number("tunnel.type", "Type", 8)
    assert table.octets("tunnel.id", "Id") == first + 1
    assert table.number("tunnel.type", "Type", 8) == first
    assert [line for line in table.lines() if line.startswith("F[")] == [
        'F[1] = ProtoField.uint8("perc.tunnel.type", "Type", base.DEC)',
        'F[2] = ProtoField.bytes("perc.tunnel.id", "Id")',
    ]


def test_widths_masks_and_names() -> None:
    table = FieldTable()
    table.number("a.b", "B", 48)
    table.number("a.flag", "Flag", 8, None, 0x10)
    table.number("a.profile", "Profile", 16, ProtectionProfile)
    table.number("a.cipher", "Cipher", 8, EktCipher)
    table.number("a.ssrc", "SSRC", 32)
    lines = table.lines()
    assert 'N.EktCipher = {[1] = "AESKW_128", [2] = "AESKW_256"}' in lines
    assert [line.split(" = ", 1)[1] for line in lines if line.startswith("F[")] == [
        'ProtoField.uint64("perc.a.b", "B", base.DEC)',
        'ProtoField.uint8("perc.a.flag", "Flag", base.DEC, nil, 0x10)',
        'ProtoField.uint16("perc.a.profile", "Profile", base.HEX, N.ProtectionProfile)',
        'ProtoField.uint8("perc.a.cipher", "Cipher", base.DEC, N.EktCipher)',
        'ProtoField.uint32("perc.a.ssrc", "SSRC", base.HEX_DEC)',
    ]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("client_write_SRTP_master_key", "Client write SRTP master key"),
        ("ekt_spi", "EKT SPI"),
        ("msg_type", "Message type"),
    ],
)
def test_labels(name: str, label: str) -> None:
    assert label_of(name) == label


def test_the_label_of_one_of_many() -> None:
    assert label_of("protection_profiles", single=True) == "Protection profile"
