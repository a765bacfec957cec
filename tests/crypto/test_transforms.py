# SPDX-License-Identifier: GPL-2.0-only
import pytest

from perc_scapy.crypto import SRTP_PROFILES, Key
from perc_scapy.crypto.kdf import SessionKeys
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.crypto.transforms import E_BIT, AesCmTransform, GcmTransform, make_transform
from perc_scapy.errors import AuthenticationError, LocalError
from tests.crypto.support import PUBLIC, h, octets

SALT = h(PUBLIC["R7714-16.1.1"]["session_salt"])
RTP = h(PUBLIC["R7714-16.1.1"]["rtp"])
SSRC = int.from_bytes(RTP[8:12], "big")
SEQ = int.from_bytes(RTP[2:4], "big")


def gcm(vector: dict) -> GcmTransform:
    return GcmTransform(SessionKeys(Key(h(vector["session_key"])), Key(SALT), Key(b"")))


@pytest.mark.req("SRT-01")
@pytest.mark.parametrize("name", ["R7714-16.1.1", "R7714-16.2.1"])
def test_rfc_7714_srtp(name: str) -> None:
    v = PUBLIC[name]
    transform = gcm(v)
    base = transform.base(SSRC)
    if "iv" in v:
        assert (base ^ SEQ).to_bytes(12, "big").hex() == v["iv"]
    assert (RTP[:12] + transform.seal(base, SEQ, RTP[:12], RTP[12:])).hex() == v["srtp"]
    assert transform.open(base, SEQ, RTP[:12], h(v["srtp"])[12:]) == RTP[12:]


@pytest.mark.req("SRT-01")
@pytest.mark.parametrize("name", ["R7714-16.1.3", "R7714-16.2.3"])
def test_rfc_7714_srtp_authentication_only(name: str) -> None:
    transform = gcm(PUBLIC[name])
    assert transform.seal(transform.base(SSRC), SEQ, RTP, b"").hex() == PUBLIC[name]["tag"]


@pytest.mark.req("SRT-01", "SRT-05")
@pytest.mark.parametrize("name", ["R7714-17.1", "R7714-17.2"])
def test_rfc_7714_srtcp_encrypted(name: str) -> None:
    v = PUBLIC[name]
    rtcp, transform = h(v["rtcp"]), gcm(v)
    base = transform.base(int.from_bytes(rtcp[4:8], "big"))
    if "iv" in v:
        assert (base ^ 0x5D4).to_bytes(12, "big").hex() == v["iv"]
    assert transform.seal_rtcp(base, 0x5D4 | E_BIT, rtcp).hex() == v["srtcp"]
    assert transform.open_rtcp(base, h(v["srtcp"])) == rtcp


@pytest.mark.req("SRT-01", "SRT-05")
@pytest.mark.parametrize("name", ["R7714-17.3", "R7714-17.4"])
def test_rfc_7714_srtcp_authenticated(name: str) -> None:
    v = PUBLIC[name]
    rtcp, transform = h(v["rtcp"]), gcm(v)
    base = transform.base(int.from_bytes(rtcp[4:8], "big"))
    sealed = transform.seal_rtcp(base, 0x5D4, rtcp)
    assert sealed.hex() == v["rtcp"] + v["tail"]
    assert transform.open_rtcp(base, sealed) == rtcp


@pytest.mark.parametrize("tag", [10, 4])
def test_counter_mode_refuses_every_changed_octet(tag: int) -> None:
    transform = AesCmTransform(
        SessionKeys(Key(octets(1, 16)), Key(octets(2, 14)), Key(octets(3, 20))), tag
    )
    base = transform.base(SSRC)
    sealed = transform.seal(base, 70000, RTP[:12], RTP[12:])
    assert len(sealed) == len(RTP) - 12 + tag
    assert transform.open(base, 70000, RTP[:12], sealed) == RTP[12:]
    for position in range(len(sealed)):
        changed = sealed[:position] + bytes((sealed[position] ^ 1,)) + sealed[position + 1 :]
        with pytest.raises(AuthenticationError):
            transform.open(base, 70000, RTP[:12], changed)
    # The ROC is authenticated too (RFC 3711 section 4.2).
    with pytest.raises(AuthenticationError):
        transform.open(base, 70000 + 65536, RTP[:12], sealed)


@pytest.mark.parametrize(("code", "tag"), [(5, 10), (6, 4)])
def test_null_cipher_authenticates_and_hides_nothing(code: int, tag: int) -> None:
    keys = SessionKeys(Key(octets(1, 16)), Key(octets(2, 14)), Key(octets(3, 20)))
    transform = make_transform(SRTP_PROFILES[code], keys, tag)
    base = transform.base(SSRC)
    sealed = transform.seal(base, 70000, RTP[:12], RTP[12:])
    mac = AesCmTransform(keys, tag)._mac(RTP + (1).to_bytes(4, "big"))
    assert sealed == RTP[12:] + mac
    assert transform.open(base, 70000, RTP[:12], sealed) == RTP[12:]
    with pytest.raises(AuthenticationError):
        transform.open(base, 4000, RTP[:12], sealed)


@pytest.mark.parametrize("code", [5, 6])
def test_who_sends_or_receives_never_gets_a_null_cipher(code: int) -> None:
    with pytest.raises(LocalError, match="NULL"):
        SrtpContext(code, octets(1, 16), octets(2, 14))
    one, other = (SrtpContext.for_reading(code, octets(1, 16), octets(2, 14)) for _ in range(2))
    assert other.unprotect(one.protect(RTP)) == RTP
