# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import SRTP_PROFILES, ExportedKeys, Key, MasterKey, split_exporter
from perc_scapy.crypto.kdf import EXPORTER_LABEL, derive, session_keys
from perc_scapy.errors import LocalError
from tests.crypto.dtls_pair import exported_by_openssl
from tests.crypto.support import PUBLIC, VECTORS, h, needs_libcrypto, octets, of_kind, openssl_kdf


@pytest.mark.req("SRT-02", "DBL-02")
@pytest.mark.parametrize("vector", of_kind("srtp-kdf"))
def test_session_keys_from_12_octet_salts(vector: dict) -> None:
    master = MasterKey(Key(h(vector["master_key"])), Key(h(vector["master_salt"])))
    profile = SRTP_PROFILES[7 if len(master.key) == 16 else 8]
    rtp, rtcp = session_keys(profile, master)
    assert (rtp.key.hex(), rtp.salt.hex()) == (
        vector["label00_srtp_key"],
        vector["label02_srtp_salt"],
    )
    assert (rtcp.key.hex(), rtcp.salt.hex()) == (
        vector["label03_srtcp_key"],
        vector["label05_srtcp_salt"],
    )
    assert rtp.auth == rtcp.auth == b""


@pytest.mark.req("SRT-02")
def test_rfc_3711_appendix_b3() -> None:
    v = PUBLIC["R3711-B3"]
    key, salt = h(v["master_key"]), h(v["master_salt"])
    assert derive(key, salt, 0, 16).hex() == v["label00"]
    assert derive(key, salt, 2, 14).hex() == v["label02"]
    assert derive(key, salt, 1, 16).hex() == v["label01_first16"]
    rtp, _rtcp = session_keys(SRTP_PROFILES[1], MasterKey(Key(key), Key(salt)))
    assert (rtp.key.hex(), rtp.salt.hex(), rtp.auth[:16].hex()) == (
        v["label00"],
        v["label02"],
        v["label01_first16"],
    )
    assert len(rtp.auth) == 20


@pytest.mark.req("SRT-02")
def test_rfc_6188_section_7() -> None:
    v = PUBLIC["R6188-7.2"]
    key, salt = h(v["master_key"]), h(v["master_salt"])
    assert derive(key, salt, 0, 32).hex() == v["label00"]
    assert derive(key, salt, 2, 14).hex() == v["label02"]
    assert derive(key, salt, 1, 20).hex() == v["label01_20"]


@pytest.mark.req("SRT-02")
@pytest.mark.parametrize("code", [c for c, row in SRTP_PROFILES.items() if not row.is_double])
def test_all_labels_at_once_are_the_labels_one_by_one(code: int) -> None:
    row = SRTP_PROFILES[code]
    key, salt = Key(bytes(range(row.key_length))), Key(bytes(range(100, 100 + row.salt_length)))
    auth = 0 if row.cipher == "aes-gcm" else 20
    for base, keys in zip((0, 3), session_keys(row, MasterKey(key, salt)), strict=True):
        assert keys.key == derive(key, salt, base, row.key_length)
        assert keys.auth == derive(key, salt, base + 1, auth)
        assert keys.salt == derive(key, salt, base + 2, row.salt_length)


@needs_libcrypto
@given(
    st.sampled_from((16, 32)).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    st.sampled_from((12, 14)),
    st.integers(0, 7),
    st.integers(1, 64),
)
def test_equals_another_openssl(key: bytes, salt_length: int, label: int, length: int) -> None:
    salt = octets(label * 31, salt_length)
    assert derive(key, salt, label, length) == openssl_kdf(key, salt, label, length)


@pytest.mark.req("DTL-02", "DBL-01")
def test_export_split_of_the_vector() -> None:
    v = VECTORS["EXPORT-double-128"]
    keys = split_exporter(9, h(v["exporter_output"]))
    inner, outer = keys.inner(), keys.outer()
    assert (inner.profile, outer.profile) == (7, 7)
    for name, half in (("inner", inner), ("outer", outer)):
        assert half.client.key.hex() == v[f"client_{name}_key"]
        assert half.server.key.hex() == v[f"server_{name}_key"]
        assert half.client.salt.hex() == v[f"client_{name}_salt"]
        assert half.server.salt.hex() == v[f"server_{name}_salt"]


@pytest.mark.req("DTL-02")
@pytest.mark.parametrize("profile", [1, 7, 8, 9, 10])
def test_export_split_loses_and_repeats_nothing(profile: int) -> None:
    material = octets(0, SRTP_PROFILES[profile].export_length)
    keys = split_exporter(profile, material)
    parts = keys.client.key, keys.server.key, keys.client.salt, keys.server.salt
    assert b"".join(map(bytes, parts)) == material
    assert all(isinstance(part, Key) for part in parts)
    for wrong in (material[:-1], material + b"\0", b""):
        with pytest.raises(LocalError):
            split_exporter(profile, wrong)


@pytest.mark.req("DBL-02")
@pytest.mark.parametrize("profile", [9, 10])
def test_halves_join_to_the_whole(profile: int) -> None:
    keys = split_exporter(profile, octets(3, SRTP_PROFILES[profile].export_length))
    for full in (keys.client, keys.server):
        inner, outer = full.inner(), full.outer()
        assert inner.key + outer.key == full.key
        assert inner.salt + outer.salt == full.salt
        assert len(inner.key) == len(outer.key)
        assert len(inner.salt) == len(outer.salt) == 12


def test_a_single_profile_has_no_halves() -> None:
    keys = split_exporter(7, octets(0, 56))
    with pytest.raises(LocalError):
        keys.outer()
    with pytest.raises(LocalError):
        keys.inner()


@pytest.mark.req("DTL-02")
@pytest.mark.parametrize("profile", [1, 2, 7, 8, 9, 10])
def test_openssl_ends_of_a_handshake_agree_on_the_halves(profile: int) -> None:
    row = SRTP_PROFILES[profile]
    client, server = exported_by_openssl(row.openssl_name, EXPORTER_LABEL, row.export_length)
    assert split_exporter(profile, client) == split_exporter(profile, server)
    assert len(set(split_exporter(profile, client).client)) == 2


def test_keys_do_not_show_in_text() -> None:
    keys = split_exporter(9, octets(0x61, 112))
    for thing in (
        keys,
        keys.client,
        keys.outer(),
        session_keys(SRTP_PROFILES[7], keys.client.outer()),
    ):
        assert "abcdef" not in repr(thing)
    assert isinstance(keys, ExportedKeys)
