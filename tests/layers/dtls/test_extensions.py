# SPDX-License-Identifier: GPL-2.0-only
"""Bodies of hello extensions, octet for octet, and the forms that are refused."""

from __future__ import annotations

import pytest

from perc_scapy.layers import dtls
from perc_scapy.layers.compile import decode
from tests.layers.compile.test_equivalence import agree

TLS_ID = b"abc3de65cddef001be82"
GOOD = [
    ("ExtServerName", "000e00000b6578616d706c652e636f6d", {}),
    ("ExtServerNameAck", "", {}),
    ("ExtMaxFragmentLength", "02", {"max_fragment_length": 2}),
    ("ExtStatusRequest", "0100000000", {"status_type": 1, "responder_ids": ()}),
    ("ExtSupportedGroups", "0004001d0017", {"groups": (29, 23)}),
    ("ExtECPointFormats", "0100", {"formats": (0,)}),
    ("ExtSignatureAlgorithms", "000404030804", {"algorithms": (0x0403, 0x0804)}),
    ("ExtUseSRTP", "0004000a000900", {"profiles": (10, 9), "srtp_mki": b""}),
    ("ExtUseSRTP", "0002000702abcd", {"profiles": (7,), "srtp_mki": b"\xab\xcd"}),
    ("ExtUseSRTPSelected", "0002000900", {"profiles": (9,)}),
    ("ExtHeartbeat", "01", {"mode": 1}),
    ("ExtALPN", "000c02683208687474702f312e31", {"protocols": (b"h2", b"http/1.1")}),
    ("ExtALPNSelected", "0003026832", {"protocols": (b"h2",)}),
    ("ExtPadding", "000000", {"zeros": bytes(3)}),
    ("ExtEncryptThenMac", "", {}),
    ("ExtExtendedMasterSecret", "", {}),
    ("ExtRecordSizeLimit", "4001", {"record_size_limit": 16385}),
    ("ExtSessionTicket", "616263", {"ticket": b"abc"}),
    ("ExtSessionTicketAck", "", {}),
    ("ExtSupportedEKTCiphers", "020201", {"ciphers": (2, 1)}),
    ("ExtSelectedEKTCipher", "01", {"cipher": 1}),
    ("ExtSupportedVersions", "04fefcfefd", {"versions": (0xFEFC, 0xFEFD)}),
    ("ExtSelectedVersion", "fefc", {"version": 0xFEFC}),
    ("ExtCookie", "0003616263", {"cookie": b"abc"}),
    ("ExtKeyShare", "0007001d0003616263", {}),
    ("ExtKeyShareSelected", "001d0003616263", {"group": 29, "key_exchange": b"abc"}),
    ("ExtKeyShareSelected", "001d", {"group": 29, "key_exchange": None}),
    ("ExtConnectionId", "03616263", {"cid": b"abc"}),
    ("ExtExternalIdHash", "00", {"binding_hash": b""}),
    ("ExtExternalIdHash", "20" + "ab" * 32, {"binding_hash": b"\xab" * 32}),
    ("ExtExternalSessionId", "14" + TLS_ID.hex(), {"session_id": TLS_ID}),
    ("ExtRenegotiationInfo", "00", {"renegotiated_connection": b""}),
]


@pytest.mark.req("DTL-01", "EKT-22")
@pytest.mark.parametrize(("layer", "octets", "values"), GOOD)
def test_forms(layer, octets, values):
    cls, octets = getattr(dtls, layer), bytes.fromhex(octets)
    assert agree(cls, octets)
    strict = decode(cls, octets)
    assert {name: getattr(strict, name) for name in values} == values
    # A body ends itself: whatever is cut off or put behind it is noticed, unless it takes any octets.
    if layer not in ("ExtPadding", "ExtSessionTicket"):
        assert not agree(cls, octets + b"\0")


BAD = [
    ("ExtServerName", "0000"),
    ("ExtServerName", "0003000000"),
    ("ExtSupportedGroups", "0000"),
    ("ExtSupportedGroups", "0003001d00"),
    ("ExtECPointFormats", "00"),
    ("ExtSignatureAlgorithms", "0000"),
    ("ExtUseSRTP", "000000"),
    ("ExtUseSRTP", "0003000a0000"),
    ("ExtUseSRTP", "0002000a"),
    ("ExtUseSRTP", "0002000a02ab"),
    ("ExtUseSRTPSelected", "0004000a000900"),
    ("ExtALPN", "000100"),
    ("ExtALPNSelected", "0006026832026833"),
    ("ExtSupportedEKTCiphers", "00"),
    ("ExtSupportedEKTCiphers", "01"),
    ("ExtSelectedEKTCipher", ""),
    ("ExtSelectedEKTCipher", "0101"),
    ("ExtSupportedVersions", "00"),
    ("ExtCookie", "0000"),
    ("ExtKeyShareSelected", "001d0000"),
    ("ExtExternalIdHash", "03616263"),
    ("ExtExternalSessionId", "13" + TLS_ID[:19].hex()),
    ("ExtRenegotiationInfo", ""),
]


@pytest.mark.req("DTL-01", "EKT-22")
@pytest.mark.parametrize(("layer", "octets"), BAD)
def test_refused_forms(layer, octets):
    assert not agree(getattr(dtls, layer), bytes.fromhex(octets))


def test_defaults_can_be_sent():
    for name in dir(dtls):
        if name.startswith("Ext") and name != "ExtServerName":
            cls = getattr(dtls, name)
            assert agree(cls, bytes(cls())), name


def test_a_server_name():
    packet = dtls.ExtServerName(server_names=[dtls.ServerName(host_name=b"example.com")])
    assert bytes(packet).hex() == GOOD[0][1]
    assert dtls.ExtUseSRTP in dtls.ExtUseSRTPSelected(b"\0\2\0\x09\0")
