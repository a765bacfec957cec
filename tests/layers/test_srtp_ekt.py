# SPDX-License-Identifier: GPL-2.0-only
"""One layer and an EKT field."""

import pytest

from perc_scapy.codes import ProtectionProfile as P
from perc_scapy.layers.compile import decode
from perc_scapy.layers.ekt import EKTFull
from perc_scapy.layers.srtp_ekt import srtp_ekt_layer
from perc_scapy.wire import full_ekt_field

HEAD = b"\x80\x00\x00\x05" + bytes(4) + b"\0\0\x10\x41"


@pytest.mark.parametrize(
    ("profile", "tag"),
    [(P.SRTP_AEAD_AES_128_GCM, 16), (P.SRTP_AEAD_AES_256_GCM, 16), (P.SRTP_AES128_CM_HMAC_SHA1_80, 10),
     (P.SRTP_AES128_CM_HMAC_SHA1_32, 4)],
)  # fmt: skip
def test_tag_and_field_are_read_from_the_end(profile: int, tag: int) -> None:
    octets = HEAD + b"sealed" + b"\x77" * tag + full_ekt_field(bytes(40), 3, 1)
    found = decode(srtp_ekt_layer(profile), octets)
    assert (found.ciphertext, found.tag) == (b"sealed", b"\x77" * tag)
    packet = srtp_ekt_layer(profile)(octets)
    assert bytes(packet) == octets
    assert packet[EKTFull].spi == 3
    assert packet.brief().endswith("pt PCMU / EKT full spi 0x0003 epoch 1")
    assert packet.faults() == ()
    assert srtp_ekt_layer(profile)(octets[:-1]).brief()
