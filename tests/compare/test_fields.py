# SPDX-License-Identifier: GPL-2.0-only
"""Fields side by side: lists by place, typed things by their type, code points by name."""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import CipherSuite, ExtensionType
from perc_scapy.compare.fields import ABSENT, FieldDifference, differences


def hello(*types: int, suite: int = 0xC02B, **more: Any) -> dict[str, Any]:
    extensions = [{"layer": "DTLSClientExtension", "type": kind, "length": 0} for kind in types]
    return {"layer": "DTLSServerHello", "cipher_suite": suite, "extensions": extensions, **more}


def paths(a: Any, b: Any) -> list[str]:
    return [found.path for found in differences(a, b)]


def test_a_swap_is_one_line() -> None:
    assert list(differences(hello(10, 11, 14), hello(14, 10, 11))) == [
        FieldDifference(
            "extensions.order",
            "supported_groups, ec_point_formats, use_srtp",
            "use_srtp, supported_groups, ec_point_formats",
        )
    ]


def test_one_more_is_one_line() -> None:
    assert list(differences(hello(10, 11), hello(14, 10, 11))) == [
        FieldDifference("extensions[use_srtp]", ABSENT, "DTLSClientExtension")
    ]
    assert paths(hello(), hello(10, 14)) == [
        "extensions[supported_groups]",
        "extensions[use_srtp]",
    ]


def test_the_same_type_twice_and_an_unknown_one() -> None:
    assert paths(hello(14), hello(14, 14, 0xFF33)) == [
        "extensions[use_srtp #2]",
        "extensions[0xff33]",
    ]


def test_what_differs_inside_is_told_by_type() -> None:
    a, b = hello(10, 14), hello(14, 10)
    b["extensions"][0]["length"] = 5
    assert paths(a, b) == ["extensions[use_srtp].length", "extensions.order"]


def test_code_points_have_their_names_beside_them() -> None:
    (found,) = differences(hello(suite=0xC02B), hello(suite=0x1234))
    assert (found.path, found.a, found.b) == ("cipher_suite", str(0xC02B), str(0x1234))
    assert found.names == (f"{0xC02B} ({CipherSuite(0xC02B).name})", "")


def test_lists_of_code_points_too() -> None:
    a = {"layer": "ExtUseSRTP", "profiles": [9]}
    (found,) = differences(a, {"layer": "ExtUseSRTP", "profiles": [10]})
    assert found.path == "profiles[0]"
    assert found.names[0].startswith("9 (")
    assert found.names[1].startswith("10 (")


def test_numbers_without_names_have_none() -> None:
    (found,) = differences({"layer": "X", "n": 1}, {"layer": "X", "n": 2})
    assert found == FieldDifference("n", "1", "2")


def test_a_type_that_could_not_be_read() -> None:
    odd = hello()
    odd["extensions"] = [{"layer": "DTLSClientExtension", "type": {"octets": "0a"}}]
    assert paths(odd, hello(int(ExtensionType.USE_SRTP))) == [
        "extensions[{'octets': '0a'}]",
        "extensions[use_srtp]",
    ]


def test_a_layer_instead_of_octets() -> None:
    a, b = {"layer": "X", "body": "00ff"}, {"layer": "X", "body": {"layer": "Y", "n": 1}}
    assert list(differences(a, b)) == [FieldDifference("body", "00ff", "Y")]
