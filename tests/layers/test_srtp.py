# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP without keys: against the vectors and what libsrtp sends."""

from __future__ import annotations

import pylibsrtp
import pytest

from perc_scapy.codes import ProtectionProfile
from perc_scapy.layers import (
    RTP,
    SRTCP,
    SRTCPHMAC,
    SRTP,
    SRTPAEAD,
    SRTPHMAC32,
    SRTPHMAC80,
    RTPHeader,
    srtcp_layer,
    srtp_layer,
)
from perc_scapy.layers.compile import decode
from tests.layers.compile.test_equivalence import agree
from tests.layers.media import VECTORS, octets

RTCP_PACKET = octets("SRTCP-128-rr_idx1", "rtcp")
RTP_PACKET = octets("SRTP-128-csrc2", "rtp")
LIBSRTP = {
    ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_80: (
        30,
        pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    ),
    ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_32: (
        30,
        pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    ),
    ProtectionProfile.SRTP_AEAD_AES_128_GCM: (28, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM),
    ProtectionProfile.SRTP_AEAD_AES_256_GCM: (44, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM),
}


def session(profile: int) -> pylibsrtp.Session:
    length, theirs = LIBSRTP[profile]
    kind = pylibsrtp.Policy.SSRC_ANY_OUTBOUND
    return pylibsrtp.Session(
        pylibsrtp.Policy(key=bytes(range(length)), ssrc_type=kind, srtp_profile=theirs)
    )


@pytest.mark.parametrize("profile", LIBSRTP)
def test_tags_and_index_stand_where_libsrtp_puts_them(profile):
    theirs = session(profile)
    rtp, rtcp = theirs.protect(RTP_PACKET), [theirs.protect_rtcp(RTCP_PACKET) for _ in range(3)]
    shown, clear = srtp_layer(profile)(rtp), RTP(RTP_PACKET)
    assert agree(srtp_layer(profile), rtp)
    assert len(shown.ciphertext) == len(clear.rtp_payload)
    assert (shown.ssrc, shown.csrc, shown.sequence_number) == (
        clear.ssrc,
        clear.csrc,
        clear.sequence_number,
    )
    for index, packet in enumerate(rtcp, 1):
        # A wrong layout would read the index out of a tag.
        report = decode(srtcp_layer(profile), packet)
        assert (report.encrypted, report.index, report.ssrc) == (1, index, 0xCAFEBABE)
        assert len(report.ciphertext) == len(RTCP_PACKET) - 8
        assert agree(srtcp_layer(profile), packet)


@pytest.mark.parametrize("name", [n for n in VECTORS if n.startswith("SRTP-")])
def test_srtp_vectors(name):
    packet, clear = octets(name, "srtp"), RTP(octets(name, "rtp"))
    assert agree(SRTP, packet)
    assert agree(SRTPAEAD, packet)
    assert bytes(SRTP(packet))[: -len(SRTP(packet).ciphertext)] == octets(name, "aad")
    assert SRTP(packet).ciphertext == SRTPAEAD(packet).ciphertext + SRTPAEAD(packet).tag
    assert len(SRTPAEAD(packet).ciphertext) == len(clear.rtp_payload)


@pytest.mark.parametrize("name", [n for n in VECTORS if n.startswith("SRTCP-")])
def test_srtcp_vectors(name):
    packet, row = octets(name, "srtcp"), VECTORS[name]
    assert agree(SRTCP, packet)
    report = SRTCP(packet)
    assert (report.encrypted, report.index) == (int(row["encrypted"]), row["index"])
    if not row["encrypted"]:
        assert bytes(report)[:8] + report.ciphertext == octets(name, "rtcp")
    assert report.summary().startswith("SRTCP RR ssrc cafebabe index 1")


@pytest.mark.parametrize(
    ("cls", "shortest"), [(SRTP, 12), (SRTPAEAD, 28), (SRTPHMAC80, 22), (SRTPHMAC32, 16)]
)
def test_a_packet_without_room_for_its_tag(cls, shortest):
    packet = b"\x80" + bytes(40)
    assert agree(cls, packet[:shortest])
    assert not agree(cls, packet[: shortest - 1])
    assert RTPHeader in cls(packet)


@pytest.mark.parametrize(("cls", "shortest"), [(SRTCP, 28), (SRTCPHMAC, 22)])
def test_a_report_without_room_for_its_trailer(cls, shortest):
    packet = b"\x80\xc9" + bytes(40)
    assert agree(cls, packet[:shortest])
    assert not agree(cls, packet[: shortest - 1])


def test_double_profiles_have_the_outer_tag():
    assert srtp_layer(ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM) is SRTPAEAD
    assert srtcp_layer(ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM) is SRTCP
