# SPDX-License-Identifier: GPL-2.0-only
"""Putting `perc.lua` into the folder from which Wireshark loads a person's own Lua plugins, and taking it out again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from perc_scapy.errors import ConfigError
from perc_scapy.wireshark.generate import HEAD, SCRIPT

Outcome = Literal["installed", "updated", "unchanged", "removed", "not there"]
MARK = HEAD.splitlines()[2].split(". ")[0]
"""What a generated script says of itself near its head."""
LABEL = "Personal Lua Plugins:"
SECONDS = 30


def plugin_folder(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """Where Wireshark looks: what `tshark -G folders` says, else the platform's custom."""
    asked = _asked_of_tshark(environ)
    return (
        usual_folder(os.environ if environ is None else environ, platform)
        if asked is None
        else asked
    )


def _asked_of_tshark(environ: Mapping[str, str] | None) -> Path | None:
    command = ["tshark", "-G", "folders"]
    try:
        done = subprocess.run(  # noqa: S603  the tshark on the path of the person
            command, capture_output=True, text=True, timeout=SECONDS, env=environ, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    for line in done.stdout.splitlines():
        if line.startswith(LABEL):
            return Path(line.removeprefix(LABEL).strip())
    return None


def usual_folder(environ: Mapping[str, str], platform: str) -> Path:
    """%APPDATA%\\Wireshark\\plugins on Windows; elsewhere ~/.local/lib/wireshark/plugins, or the plugin folder beside
    the configuration where there is one already.
    """
    if platform == "win32":
        return Path(environ.get("APPDATA", Path.home())) / "Wireshark" / "plugins"
    home = Path(environ.get("HOME") or Path.home())
    beside = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "wireshark" / "plugins"
    return beside if beside.is_dir() else home / ".local" / "lib" / "wireshark" / "plugins"


def install(folder: Path) -> Outcome:
    """Copy the script into `folder`, made if it is not there. Raises `ConfigError` where a file of that name is not
    ours, and when the folder cannot be written.
    """
    target, wanted = folder / SCRIPT.name, SCRIPT.read_bytes()
    there = _ours(target)
    if there == wanted:
        return "unchanged"
    fresh = target.with_name(f".{SCRIPT.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(wanted)
        fresh.replace(
            target
        )  # a Wireshark that starts meanwhile reads the old or the new, never a part
    except OSError as error:
        raise ConfigError(f"cannot write {target}: {error.strerror}") from None
    return "installed" if there is None else "updated"


def uninstall(folder: Path) -> Outcome:
    """Remove the script from `folder`; a file of that name that is not ours stays, with a `ConfigError`."""
    target = folder / SCRIPT.name
    if _ours(target) is None:
        return "not there"
    try:
        target.unlink()
    except OSError as error:
        raise ConfigError(f"cannot remove {target}: {error.strerror}") from None
    return "removed"


def _ours(target: Path) -> bytes | None:
    """The script that is there, None when there is no file."""
    try:
        octets = target.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"cannot read {target}: {error.strerror}") from None
    if MARK.encode() not in octets[: 2 * len(HEAD.encode())]:
        raise ConfigError(
            f"{target} was not written by perc-scapy; move it or give another folder with --dir"
        )
    return octets
