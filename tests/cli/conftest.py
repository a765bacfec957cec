# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from perc_scapy.dtls.identity import Identity

NAMES = ("kmf", "mdd", "alice", "bob")


@pytest.fixture(scope="session")
def identities():
    return {name: Identity.generate(name) for name in NAMES}


@pytest.fixture
def folder(tmp_path, identities, monkeypatch):
    """The working directory of a test: certificates and keys as `perc cert` writes them."""
    for name, identity in identities.items():
        (tmp_path / f"{name}.pem").write_bytes(identity.certificate_pem())
        (tmp_path / f"{name}.key").write_bytes(identity.private_key_pem())
    monkeypatch.chdir(tmp_path)
    return tmp_path
