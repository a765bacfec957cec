# SPDX-License-Identifier: GPL-2.0-only
"""What is kept of handshakes and tunnels."""

from typing import Any

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.golden.handshakes import name_of
from tests.golden.samples import described


def association(capture: str, name: str) -> dict[str, Any]:
    return next(a for a in described(capture)["associations"] if a["name"] == name)


def texts(entries: list[dict[str, Any]], key: str = "message") -> list[str]:
    return [entry[key] for entry in entries]


def test_a_whole_handshake() -> None:
    found = association("new-user-joins-aes256", "B1")
    assert found["srtp_profile"] == "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM"
    assert found["ekt_cipher"] == "AESKW_256"
    assert found["seen"] == ["direct", "tunneled"]
    assert texts(found["messages"])[:4] == [
        "> CLIENT_HELLO",
        "< HELLO_VERIFY_REQUEST",
        "> CLIENT_HELLO",
        "< SERVER_HELLO",
    ]
    assert texts(found["messages"])[-2:] == ["< EKT_KEY", "< EKT_KEY"]
    assert [k["name"] for k in found["ekt_keys"]] == ["K1", "K2"]
    assert all(k["acknowledged"] > k["packet"] for k in found["ekt_keys"])


def test_refusals_are_kept_as_alerts() -> None:
    assert texts(association("wrong-endpoint-certificate", "B1")["alerts"], "alert") == [
        "< FATAL ACCESS_DENIED"
    ]
    assert texts(association("wrong-kmf-certificate", "B1")["alerts"], "alert") == [
        "> FATAL BAD_CERTIFICATE"
    ]
    assert association("no-common-profile", "B1")["srtp_profile"] is None


def test_tunnel_messages_say_who_and_what() -> None:
    (tunnel,) = described("finished-lost")["tunnels"]
    assert tunnel["version"] == "draft00"
    said = texts(tunnel["messages"])
    assert said[0] == "mdd: A + profiles 0x0009 0x000a (CLIENT_HELLO)"
    assert sum(text.startswith("kmf: B + keys 0x0009") for text in said) == 2
    assert texts(tunnel["handshake"])[-1] == "< FINISHED"


def test_names_of_numbers() -> None:
    assert name_of(EktCipher, 2) == "AESKW_256"
    assert name_of(ProtectionProfile, 0x99) == "0x0099"
    assert name_of(EktCipher, None) is None
