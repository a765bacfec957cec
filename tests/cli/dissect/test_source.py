# SPDX-License-Identifier: GPL-2.0-only
"""Where packets and keys come from."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from tests.cli.dissect.test_printing import perc, talk, trace

__all__ = ["talk", "trace"]


def test_standard_input(trace: Path, capsys, monkeypatch) -> None:
    want = perc(capsys, trace)[1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(trace.read_bytes())))
    assert perc(capsys, "-")[1] == want


def test_keys_from_the_environment_only_where_none_are_given(
    trace: Path, talk, tmp_path: Path, capsys, monkeypatch
) -> None:
    sealed, keys = tmp_path / "sealed.pcapng", tmp_path / "keys"
    sealed.write_bytes(talk.pcapng(secrets=False))
    keys.write_text("\n".join(talk.lines))
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    code, out, err = perc(capsys, sealed)
    assert (code, out) == (0, perc(capsys, trace)[1])
    assert err == f"keys from $SSLKEYLOGFILE: {keys}\n"
    assert perc(capsys, trace)[2] == ""  # it has its own
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "absent"))
    assert "stayed closed" in perc(capsys, sealed)[2]


def test_rtp_of_nobody_known_is_not_called_closed(tmp_path: Path, capsys) -> None:
    from perc_scapy.pcap.tap import Tap

    path = tmp_path / "rtp.pcapng"
    with Tap(path) as tap:
        tap.datagram(1.0, ("10.0.0.1", 1), ("10.0.0.2", 2), b"\x80\0\0\1" + bytes(20))
    assert perc(capsys, path)[2] == ""


def test_a_tunnel_version_that_is_not_the_one(trace: Path, capsys) -> None:
    auto = perc(capsys, trace, "-T", "fields", "-e", "tunnel.type", "-Y", "tunnel")[1]
    assert len(auto.splitlines()) == 28
    assert (
        perc(
            capsys,
            trace,
            "--tunnel",
            "draft00",
            "-T",
            "fields",
            "-e",
            "tunnel.type",
            "-Y",
            "tunnel",
        )[1]
        == auto
    )
    assert perc(capsys, trace, "--tunnel", "rfc9185", "-Y", "tunnel")[1] == ""


def test_one_packet_that_stayed_closed_is_one(capsys) -> None:
    path = Path(__file__).parents[3] / "captures" / "no-keys" / "trace.pcapng"
    assert "perc dissect: 1 protected packet stayed closed;" in perc(capsys, path, "-n", "40")[2]
    assert "perc dissect: 2 protected packets stayed" in perc(capsys, path, "-n", "40-41")[2]
