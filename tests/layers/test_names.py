# SPDX-License-Identifier: GPL-2.0-only
"""Every layer has a prefix, and a name means one kind of value."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import perc_scapy.layers
from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls import DTLSHandshake, ExtUseSRTP
from perc_scapy.layers.names import filter_name, prefix_of, snake

KNOWN_ROOTS = {
    "tunnel",
    "dtls",
    "rtp",
    "rtcp",
    "srtcp",
    "ekt",
    "double",
    "ohb",
    "tls",
    "turn",
    "zrtp",
    "stun",
}


def _below(cls: type) -> Iterator[type]:
    for child in cls.__subclasses__():
        yield child
        yield from _below(child)


def layers() -> list[type]:
    for module in pkgutil.walk_packages(perc_scapy.layers.__path__, "perc_scapy.layers."):
        importlib.import_module(module.name)
    own = [
        c for c in _below(PercPacket) if c.__module__.startswith("perc_scapy.") and c.fields_desc
    ]
    return sorted(own, key=lambda c: c.__name__)


@pytest.mark.parametrize("cls", layers(), ids=lambda c: c.__name__)
def test_every_layer_has_a_known_root(cls: type) -> None:
    assert prefix_of(cls).split(".")[0] in KNOWN_ROOTS


def test_names_are_what_users_type() -> None:
    assert filter_name(DTLSTunnelMessage, "type") == "tunnel.type"
    assert filter_name(DTLSHandshake, "msg_type") == "dtls.handshake.msg_type"
    assert filter_name(ExtUseSRTP, "profiles") == "dtls.ext.use_srtp.profiles"


@pytest.mark.parametrize(
    ("camel", "words"),
    [("ServerHelloDone", "server_hello_done"), ("UseSRTP", "use_srtp"), ("ALPN", "alpn"),
     ("SelectedEKTCipher", "selected_ekt_cipher")],
)  # fmt: skip
def test_snake(camel: str, words: str) -> None:
    assert snake(camel) == words
