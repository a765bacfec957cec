# SPDX-License-Identifier: GPL-2.0-only
"""`perc cert` against the openssl program."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess

import pytest

from perc_scapy.cli import main
from perc_scapy.crypto import parse_fingerprint
from perc_scapy.dtls.identity import Identity

OPENSSL = shutil.which("openssl")


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_the_pair_belongs_together_and_the_key_is_private(tmp_path, capsys, kind):
    assert main(["cert", "alice", "--dir", str(tmp_path / "new"), "--kind", kind, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    key, certificate = tmp_path / "new/alice.key", tmp_path / "new/alice.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    loaded = Identity.load(certificate.read_bytes(), key.read_bytes())
    assert said == {
        "schema": 1,
        "certificate": str(certificate),
        "private_key": str(key),
        "fingerprint": loaded.fingerprint,
    }


@pytest.mark.tool("openssl")
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_says_the_same_fingerprint(tmp_path, capsys):
    assert main(["cert", "kmf", "--dir", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    command = [OPENSSL, "x509", "-in", tmp_path / "kmf.pem", "-noout", "-fingerprint", "-sha256"]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert parse_fingerprint(theirs) in shown
    assert main(["cert", "--show", str(tmp_path / "kmf.pem")]) == 0
    assert capsys.readouterr().out.strip() == parse_fingerprint(theirs)


def test_files_are_replaced_only_with_force(tmp_path, capsys):
    command = ["cert", "bob", "--dir", str(tmp_path)]
    assert main(command) == 0
    before = (tmp_path / "bob.key").read_bytes()
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "bob.key").read_bytes() == before
    assert main([*command, "--force"]) == 0
    assert (tmp_path / "bob.key").read_bytes() != before
    assert stat.S_IMODE((tmp_path / "bob.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../x", "a b", "", ".hidden", "x" * 61])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, capsys, name):
    assert main(["cert", name, "--dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_show_of_what_is_no_certificate(tmp_path, capsys):
    (tmp_path / "x.pem").write_text("hello")
    assert main(["cert", "--show", str(tmp_path / "x.pem")]) == 2
    assert main(["cert", "--show", str(tmp_path / "absent.pem")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert "no PEM certificate" in lines[0]
    assert "absent.pem: No such file" in lines[1]
