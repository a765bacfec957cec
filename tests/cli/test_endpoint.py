# SPDX-License-Identifier: GPL-2.0-only
"""`perc endpoint`: options, and mistakes of people."""

from __future__ import annotations

import pytest

from perc_scapy.cli import Parser, endpoint, main
from perc_scapy.cli.config import example

GIVEN = {"--mdd": "127.0.0.1:9", "--cert": "alice.pem", "--key": "alice.key",
         "--kmf-fingerprint": "kmf.pem"}  # fmt: skip


def arguments(**changes) -> list[str]:
    given = {**GIVEN, **{"--" + name.replace("_", "-"): value for name, value in changes.items()}}
    return [word for name, value in given.items() if value is not None for word in (name, value)]


def settings(*words: str):
    parser = Parser(prog="perc endpoint")
    endpoint.configure(parser)
    return endpoint._settings(parser.parse_args(words))


def one_line(capsys) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_options_alone_are_enough(folder, identities):
    made = settings(*arguments(send="in.wav", record="out", duration="2"), "--loop")
    assert str(made.mdd) == "127.0.0.1:9"
    assert made.role.kmf_fingerprint == identities["kmf"].fingerprint
    assert made.role.identity.fingerprint == identities["alice"].fingerprint
    assert (str(made.send), str(made.record), made.loop, made.duration) == (
        "in.wav",
        "out",
        True,
        2.0,
    )
    assert settings(*arguments(kmf_fingerprint=identities["bob"].fingerprint)).loop is False


def test_options_win_over_the_file(folder):
    text = example("endpoint")
    (folder / "e.toml").write_text(
        text.replace("# send =", "send =").replace("# duration =", "duration =")
    )
    plain = settings("--config", "e.toml")
    assert (plain.send.name, plain.duration, plain.loop) == ("hello.wav", 10.0, False)
    changed = settings("--config", "e.toml", "--send", "other.wav", "--loop")
    assert (changed.send.name, changed.duration, changed.loop) == ("other.wav", 10.0, True)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "--mdd is missing (or --config)"),
        (arguments(key=None), 2, "--key is missing (or --config)"),
        (arguments(mdd="nowhere"), 2, "endpoint: --mdd: 'nowhere' is not HOST:PORT"),
        (arguments(mdd="127.0.0.1:0"), 2, "port 0 is only good for listening"),
        (arguments(mdd="no..host:5"), 3, "host name is unknown"),
        (arguments(cert="gone.pem"), 2, "gone.pem: No such file"),
        (arguments(key="bob.key"), 2, "private key does not belong to the certificate"),
        (arguments(kmf_fingerprint="sha-256:1"), 2, "--kmf-fingerprint: not a SHA-256 fingerprint"),
        ([*arguments(), "--loop"], 2, "--loop needs --send"),
        (arguments(record="alice.pem"), 2, "alice.pem is a file, not a folder; choose another"),
        (arguments(send="gone.wav"), 2, "gone.wav: No such file"),
        (arguments(send="alice.pem"), 2, "alice.pem: WAV: not a RIFF/WAVE file"),
        (arguments(record="alice.pem/x"), 2, "alice.pem/x: Not a directory"),
        (arguments(duration="soon"), 2, "'soon' is not a number"),
        (arguments(config="x.toml"), 2, "--config and --mdd exclude each other"),
    ],
)
def test_mistakes_are_one_line(folder, capsys, words, code, says):
    assert main(["endpoint", *words]) == code
    assert says in one_line(capsys)


def test_nobody_at_the_other_end_is_code_3(folder, capsys, monkeypatch):
    monkeypatch.setattr("perc_scapy.net.endpoint.JOIN_TIMEOUT", 0.3)
    assert main(["endpoint", *arguments(), "--json"]) == 3
    said = capsys.readouterr()
    assert said.err == (
        "perc endpoint: no conference within 0.3 s; "
        "is the MDD at 127.0.0.1:9 running and connected to its KMF?\n"
    )
    assert '"event": "end"' in said.out
