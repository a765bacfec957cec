# SPDX-License-Identifier: GPL-2.0-only
"""Configuration files: the documented examples load, and every mistake is one line with file and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perc_scapy.cli.config import example
from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.dtls.identity import Identity
from perc_scapy.errors import ConfigError
from perc_scapy.net.address import Address
from perc_scapy.net.config import load_endpoint, load_kmf, load_mdd

ROOT = Path(__file__).parents[2]
LOADERS = {"kmf": load_kmf, "mdd": load_mdd, "endpoint": load_endpoint}
CONFERENCE = bytes(range(0xC0, 0xD0))
IDENTITIES = {name: Identity.generate(name) for name in ("kmf", "mdd", "alice", "bob")}


@pytest.fixture
def folder(tmp_path):
    for name, identity in IDENTITIES.items():
        (tmp_path / f"{name}.pem").write_bytes(identity.certificate_pem())
        (tmp_path / f"{name}.key").write_bytes(identity.private_key_pem())
    return tmp_path


@pytest.fixture
def load(folder):
    def write_and_load(role: str, *changes: tuple[str, str]):
        text = example(role)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = folder / f"{role}.toml"
        path.write_text(text)
        return LOADERS[role](path)

    return write_and_load


@pytest.mark.parametrize("role", LOADERS)
def test_the_documented_example_is_the_printed_one(role):
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/configuration.md").read_text(), re.S)
    assert example(role) in blocks


@pytest.mark.parametrize("role", LOADERS)
def test_every_commented_key_is_one_that_is_known(folder, role):
    lines = example(role).splitlines()
    shown = [re.sub(r"^# (?=\[|\w+ = )", "", line) for line in lines]
    assert sum(a != b for a, b in zip(lines, shown, strict=True)) > 5
    (folder / "all.toml").write_text("\n".join(shown))
    LOADERS[role](folder / "all.toml")


def test_kmf(load):
    settings = load("kmf")
    (conference,) = settings.role.conferences
    assert settings.listen == Address("127.0.0.1", 20000)
    assert conference.id == CONFERENCE
    assert conference.mdds == {IDENTITIES["mdd"].fingerprint}
    assert {m.name: m.fingerprint for m in conference.members} == {
        name: IDENTITIES[name].fingerprint for name in ("alice", "bob")
    }
    assert settings.role.identity.fingerprint == IDENTITIES["kmf"].fingerprint


def test_kmf_values_reach_the_role(load):
    settings = load(
        "kmf",
        ("# mtu = 1200 ", "mtu = 900 "),
        ("# [limits]", "[limits]"),
        ("# max_half_open = 1000", "max_half_open = 7"),
        ('# profile = "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM"', "profile = 0x000A"),
        ('# ekt_cipher = "AESKW_128"', 'ekt_cipher = "aeskw_256"'),
        ("# rekey_on_join = 2", "rekey_on_join = false"),
    )
    (conference,) = settings.role.conferences
    assert settings.role.mtu == 900
    assert settings.role.limits.max_half_open == 7
    assert conference.profile == ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM
    assert conference.ekt_cipher == EktCipher.AESKW_256
    assert conference.rekey_on_join is None


def test_mdd(load):
    settings = load(
        "mdd",
        ("# [conference.relay]", "[conference.relay]"),
        ("# payload_types = { 0 = 96 }", "payload_types = { 0 = 96 }"),
        ("# marker = true", "marker = true"),
    )
    (conference,) = settings.role.conferences
    assert settings.listen == {CONFERENCE: Address("127.0.0.1", 20002)}
    assert conference.relay.payload_types == {0: 96}
    assert conference.relay.marker is True
    (plan,) = settings.tunnels
    assert plan.name == CONFERENCE
    assert plan.kmf == Address("127.0.0.1", 20000)
    assert plan.kmf_fingerprint == IDENTITIES["kmf"].fingerprint
    assert settings.dial_on_demand is False


@pytest.mark.req("T00-TUN-04")
def test_conferences_share_a_tunnel_by_its_name(folder):
    text = example("mdd").replace('# tunnels = ["one", "two"]', 'tunnels = ["one"]')
    head, _, conference = text.partition("[[conference]]")
    other = conference.replace("cecf", "ceff").replace("weekly", "daily").replace("20002", "0")
    path = folder / "two.toml"
    path.write_text(f"{head}[[conference]]{conference}[[conference]]{other}")
    settings = load_mdd(path)
    assert len(settings.listen) == 2
    assert [plan.name for plan in settings.tunnels] == ["one"]
    path.write_text(path.read_text()[::-1].replace("00002", "99992", 1)[::-1])
    with pytest.raises(ConfigError, match=r"conference\[2\].tunnels: 'one' leads to another KMF"):
        load_mdd(path)


def test_endpoint(load):
    settings = load(
        "endpoint",
        ("# send =", "send ="),
        ("# duration = 10", "duration = 2.5"),
        ('# ekt_ciphers = ["AESKW_128", "AESKW_256"]', 'ekt_ciphers = ["AESKW_256"]'),
    )
    assert settings.mdd == Address("127.0.0.1", 20002)
    assert settings.role.kmf_fingerprint == IDENTITIES["kmf"].fingerprint
    assert settings.role.ekt_ciphers == (EktCipher.AESKW_256,)
    assert settings.send.name == "hello.wav"
    assert settings.send.is_absolute()
    assert settings.duration == 2.5
    assert settings.record is None


MISTAKES = [
    ("kmf", "listen = ", "listen ", "not valid TOML: .*line 4"),
    ("kmf", 'listen = "127.0.0.1:20000"', "",
     r"listen: is missing \(perc config kmf prints an example\)"),
    ("kmf", "127.0.0.1:20000", "127.0.0.1", "listen: '127.0.0.1' is not HOST:PORT"),
    ("kmf", "127.0.0.1:20000", "127.0.0.1:70000", "listen: .* is not HOST:PORT"),
    ("kmf", "listen", "lisen", r"lisen: unknown key; did you mean listen\?"),
    ("kmf", 'name = "alice"', 'nmae = "alice"', r"member\[1\].nmae: unknown key; did you mean name"),
    ("kmf", '["mdd.pem"]', "[]", r"conference\[1\].mdds: is empty; at least one is needed"),
    ("kmf", "# mtu", "mtuu", "mtuu: unknown key; did you mean mtu"),
    ("kmf", "# mtu = 1200", 'mtu = "big"', "mtu: must be a whole number, not 'big'"),
    ("kmf", "# mtu = 1200", "mtu = 100", "mtu 100 is outside"),
    ("kmf", '"kmf.pem"', '"no.pem"', "no.pem: No such file"),
    ("kmf", '"kmf.key"', '"mdd.key"', "private key does not belong to the certificate"),
    ("kmf", '"kmf.key"', '"kmf.pem"', "private key is not valid unencrypted PEM"),
    ("kmf", '"kmf.pem"', '"kmf.key"', "certificate is not valid PEM"),
    ("kmf", "cecf", "ce", r"conference\[1\].id: must be 32 hex digits"),
    ("kmf", "c0c1", "xyzt", r"conference\[1\].id: must be 32 hex digits"),
    ("kmf", '["mdd.pem"]', '"mdd.pem"', r"conference\[1\].mdds: must be an array"),
    ("kmf", '["mdd.pem"]', '["absent.pem"]', r"conference\[1\].mdds: .*absent.pem: No such file"),
    ("kmf", '["mdd.pem"]', '["sha-256:12"]', r"conference\[1\].mdds: not a SHA-256 fingerprint"),
    ("kmf", '["mdd.pem"]', '["alice.pem"]', "an MDD certificate is also listed as a member"),
    ("kmf", '"alice.pem"', '"kmf.key"', r"member\[1\].fingerprint: not a SHA-256"),
    ("kmf", '"bob.pem"', '"alice.pem"', "two members with fingerprint"),
    ("kmf", '# profile = "DOUBLE', 'profile = "TRIPLE', "profile: unknown name 'TRIPLE.*known: DOUBLE"),
    ("kmf", '# profile = "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM"', "profile = 7", "hbh_only"),
    ("kmf", "# ekt_ttl = 86400", "ekt_ttl = true", "ekt_ttl: must be a whole number, not True"),
    ("kmf", "# hbh_only = false", "hbh_only = 1", "hbh_only: must be true or false"),
    ("kmf", "# tls_id = \"abc3de65cddef001be82\"", 'tls_id = "x"', "tls-id has 20 to 255"),
    ("kmf", "[[conference]]", "[conference]", "conference"),
    ("mdd", "127.0.0.1:20000", "127.0.0.1:0", "kmf: .*port 0 is only good for listening"),
    ("mdd", "# [limits]", "[limits]\nmax_ssrcs = 0", "max_ssrcs must be above 0"),
    ("mdd", "# [limits]", "[limits]\nmax_sscrs = 1", "limits.max_sscrs: .*did you mean max_ssrcs"),
    ("mdd", "# [conference.relay]", "[conference.relay]\npayload_types = { a = 1 }", "payload_types"),
    ("endpoint", '"kmf.pem"', '"sha-256:zz"', "kmf_fingerprint: not a SHA-256"),
    ("endpoint", "# ssrc = 3405691582", "ssrc = -1", "ssrc has 32 bits"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "old", "new", "says"), MISTAKES)
def test_a_mistake_is_named(load, role, old, new, says):
    with pytest.raises(ConfigError, match=says) as caught:
        load(role, (old, new))
    assert f"{role}.toml" in str(caught.value)
    assert "PRIVATE KEY" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.toml: No such file"):
        load_kmf(tmp_path / "absent.toml")
    with pytest.raises(ConfigError, match="Is a directory"):
        load_kmf(tmp_path)
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_kmf(tmp_path / "x.toml")


def test_two_conferences_at_one_address_are_told_before_anything_starts(folder):
    text = example("mdd")
    head, _, conference = text.partition("[[conference]]")
    other = conference.replace("cecf", "ceff").replace("weekly", "daily")
    (folder / "two.toml").write_text(f"{head}[[conference]]{conference}[[conference]]{other}")
    with pytest.raises(
        ConfigError, match=r"conference\[2\].listen: .* belongs to another conference"
    ):
        load_mdd(folder / "two.toml")


def test_a_negative_duration_is_a_mistake(load):
    with pytest.raises(ConfigError, match=r"endpoint\.toml: duration: must not be negative"):
        load("endpoint", ("# duration = ", "duration = -"))


def test_an_unknown_profile_is_answered_with_those_that_can_be_used(load):
    with pytest.raises(ConfigError) as caught:
        load("kmf", ('# profile = "DOUBLE', 'profile = "TRIPLE'))
    double, _, single = str(caught.value).partition("; with hbh_only: ")
    assert double.count("DOUBLE_") == 2
    assert "SRTP_AEAD_AES_128_GCM" in single
    assert "NULL" not in single
