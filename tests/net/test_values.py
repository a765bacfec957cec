# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from perc_scapy.dtls.identity import Identity
from perc_scapy.errors import ConfigError
from perc_scapy.net import values


def test_a_conference_id_is_hex_with_or_without_separators():
    wanted = bytes(range(16))
    for text in (wanted.hex(), wanted.hex(":"), "00010203-0405-0607-0809-0a0b0c0d0e0f"):
        assert values.conference_id(text) == wanted
    for text in ("00", "x" * 32, 5, "00" * 17):
        with pytest.raises(ValueError):
            values.conference_id(text)


def test_codes_by_name_and_number():
    assert values.profile("srtp_aead_aes_128_gcm") == values.profile(7) == 7
    assert values.ekt_cipher("AESKW_256") == 2
    for wrong in (True, "", "AES", 1.5):
        with pytest.raises(ValueError):
            values.ekt_cipher(wrong)


def test_a_fingerprint_or_the_certificate_it_belongs_to(tmp_path):
    identity = Identity.generate("x")
    (tmp_path / "x.pem").write_bytes(identity.certificate_pem())
    convert = values.fingerprint_in(tmp_path)
    assert convert("x.pem") == convert(identity.fingerprint) == identity.fingerprint
    (tmp_path / "y.crt").write_text("nothing")
    with pytest.raises(ConfigError, match=r"y\.crt: no PEM certificate"):
        convert("y.crt")
    with pytest.raises(ConfigError, match=r"z\.cer: No such file"):
        convert("z.cer")


def test_identity_errors_name_the_files_and_never_the_key(tmp_path):
    identity, other = Identity.generate("x"), Identity.generate("y")
    certificate, key = tmp_path / "x.pem", tmp_path / "y.key"
    certificate.write_bytes(identity.certificate_pem())
    key.write_bytes(other.private_key_pem())
    with pytest.raises(ConfigError, match=r"x\.pem.*y\.key: private key does not belong") as caught:
        values.load_identity(certificate, key)
    assert "BEGIN" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"absent: No such file"):
        values.load_identity(certificate, tmp_path / "absent")
