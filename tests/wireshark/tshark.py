# SPDX-License-Identifier: GPL-2.0-only
"""Running tshark with the generated script, and its JSON as lists of (name, value) pairs in the order of the tree."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from perc_scapy.wireshark.generate import SCRIPT

SECONDS = 60
PROTOCOLS = "dtls rtp rtcp srtcp perc perc_tunnel perc_dtls perc_srtp perc_double frame _ws.malformed _ws.lua"
NOWHERE = Path("/nonexistent")
Pairs = list[tuple[str, Any]]


def run(command: list[str], home: Path) -> str:
    """What tshark prints, with no script or preference of the person who runs this test.

    An error of the script appears in either stream.
    """
    environ = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, env=environ, check=False
    )
    assert "Lua" not in done.stderr, done.stderr
    assert "Lua Error" not in done.stdout, lua_errors(done.stdout)
    return done.stdout


def with_script(path: Path, *options: str, keys: Path | None = None, home: Path = NOWHERE) -> str:
    """What tshark prints of a capture, the script loaded."""
    command = ["tshark", "-n", "-r", str(path), "-X", f"lua_script:{SCRIPT}"]
    if keys is not None:
        command += ["-o", f"tls.keylog_file:{keys}"]
    return run([*command, *options], home)


def lua_errors(text: str) -> list[str]:
    return sorted({line.strip() for line in text.splitlines() if "Lua Error" in line})


def packets(path: Path, *options: str, keys: Path | None = None) -> dict[int, Pairs]:
    """Packet number -> every field of its tree."""
    # RTP of a call whose start is not in the capture: our side shows it by its first octets.
    options = (*options, "--enable-heuristic", "rtp_udp")
    options = (*options, "-o", "tcp.reassemble_out_of_order:TRUE")
    text = with_script(path, *options, "-T", "json", "-J", PROTOCOLS, keys=keys)
    found = {}
    for packet in json.loads(text, object_pairs_hook=list):
        layers = dict(dict(packet)["_source"])["layers"]
        pairs = list(leaves(layers))
        found[int(dict(pairs)["frame.number"])] = pairs
    return found


def leaves(pairs: Pairs) -> Any:
    """Fields with a value, whatever they hang under."""
    for name, value in pairs:
        if isinstance(value, list):
            yield from leaves(value if value and isinstance(value[0], tuple) else [])
            if not value:
                yield name, ""
            elif not isinstance(value[0], tuple):
                yield from ((name, item) for item in value)
        else:
            yield name, value
