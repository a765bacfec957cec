# SPDX-License-Identifier: GPL-2.0-only
"""Which class of address becomes which."""

from ipaddress import ip_address, ip_network

import pytest

from perc_scapy.keys.anonymous.addresses import Addresses


@pytest.mark.parametrize(
    ("host", "into"),
    [
        ("8.8.8.8", "198.18.0.0/15"),
        ("192.0.2.1", "198.18.0.0/15"),
        ("10.1.2.3", "10.0.0.0/8"),
        ("172.20.1.1", "172.16.0.0/12"),
        ("192.168.7.9", "192.168.0.0/16"),
        ("169.254.3.3", "169.254.0.0/16"),
        ("100.64.1.1", "100.64.0.0/10"),
        ("239.1.2.3", "239.255.0.0/16"),
        ("2a00:1450::1", "2001:db8::/32"),
        ("fe80::1234:5678", "fe80::/10"),
        ("fd12:3456::1", "fc00::/7"),
        ("ff02::1:ff12:3456", "ff15::/16"),
        ("::ffff:8.8.8.8", "::ffff:198.18.0.0/111"),
        ("64:ff9b::808:808", "64:ff9b::/96"),
    ],
)
def test_classes_stay(host: str, into: str) -> None:
    addresses = Addresses()
    new = addresses.host(host)
    assert new != host
    assert ip_address(new) in ip_network(into)
    assert addresses.host(host) == new


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "::1", "::", "ff02::1", "ff02::fb"],
)
def test_what_names_nobody_stays(host: str) -> None:
    assert Addresses().host(host) == host


def test_different_hosts_stay_different_and_no_stand_in_is_somebody_else() -> None:
    addresses = Addresses()
    hosts = [f"10.0.0.{n}" for n in range(200)] + [f"8.8.{n}.1" for n in range(200)]
    addresses.taken = {ip_address(host).packed for host in hosts}
    new = [addresses.host(host) for host in hosts]
    assert len(set(new)) == len(hosts) == len(addresses)
    assert not set(new) & set(hosts)


def test_a_full_range_begins_again() -> None:
    addresses = Addresses()
    assert len({addresses.host(f"169.254.{n // 256}.{n % 256}") for n in range(65536)}) == 65534


def test_who_became_whom() -> None:
    addresses = Addresses()
    for host in ("8.8.8.8", "127.0.0.1", "2a00::1"):
        addresses.host(host)
    addresses.mac(bytes.fromhex("001b638445e6"))
    assert addresses.replaced() == [
        ("8.8.8.8", "198.18.0.1"), ("2a00::1", "2001:db8::1"), ("00:1b:63:84:45:e6", "02:00:00:00:00:01"),
    ]  # fmt: skip


def test_hardware_addresses() -> None:
    addresses = Addresses()
    one, two = bytes.fromhex("001b638445e6"), bytes.fromhex("001b638445e7")
    assert addresses.mac(one) == bytes.fromhex("020000000001") == addresses.mac(one)
    assert addresses.mac(two) == bytes.fromhex("020000000002")
    for kept in ("ffffffffffff", "01005e0000fb", "333300000001", "000000000000"):
        assert addresses.mac(bytes.fromhex(kept)).hex() == kept
    solicited = addresses.mac(bytes.fromhex("3333ff123456"))
    assert solicited[:2] == b"\x33\x33"
    assert b"\x12\x34\x56" not in solicited
