# SPDX-License-Identifier: GPL-2.0-only
"""The package's face: public names, loaded when first used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import perc_scapy.crypto as package

SOURCES = sorted(Path(package.__file__).parent.glob("*.py"))


def test_every_public_name_is_there() -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package._HOME) <= set(package.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="SrtpContexts"):
        package.SrtpContexts  # noqa: B018


def _loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


def test_a_fingerprint_loads_no_cipher_and_nothing_loads_scapy() -> None:
    light = _loaded_by("from perc_scapy.crypto import fingerprint; fingerprint(b'')")
    assert not any(name.startswith("cryptography") for name in light)
    heavy = _loaded_by("from perc_scapy.crypto import *")
    assert "perc_scapy.crypto.perc" in heavy
    assert not any(name.split(".")[0] in ("scapy", "boofuzz", "OpenSSL") for name in heavy)


def test_function_wins_over_the_module_of_its_name() -> None:
    code = "import perc_scapy.crypto.fingerprint, perc_scapy.crypto as c; assert callable(c.fingerprint)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_crypto_touches_no_clock_socket_file_or_hidden_randomness(source: Path) -> None:
    imported, called = set(), set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
    assert not called & {"open", "print", "input", "exec", "eval"}
    assert not imported & {
        "os",
        "time",
        "random",
        "secrets",
        "socket",
        "io",
        "pathlib",
        "scapy",
        "uuid",
    }
