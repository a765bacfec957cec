# SPDX-License-Identifier: GPL-2.0-only
"""`perc keys`: secrets listed, added, taken out and stripped; what was decrypted shared without them."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from perc_scapy.capture.analysis import analyse
from perc_scapy.cli import main
from perc_scapy.pcap.reader import open_capture
from tests.capture.handmade import HandmadeConference, three_flows

STRANGER = "CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48 + "\n"


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.fixture
def folder(talk: HandmadeConference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`closed.pcapng`, `open.pcapng` with secrets inside, `keys.log` with a line too many."""
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("closed.pcapng").write_bytes(talk.pcapng(secrets=False))
    Path("open.pcapng").write_bytes(talk.pcapng())
    Path("keys.log").write_text("\n".join(talk.lines) + "\n" + STRANGER)
    return tmp_path


def secrets_of(talk: HandmadeConference) -> set[str]:
    return {line.split()[2] for line in talk.lines}


def opened(path: str) -> int:
    with open_capture(path) as capture:
        return sum(m.opened.plain is not None for m in analyse(capture).media)


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_list_shows_names_and_no_octets(folder, talk, capsys) -> None:
    assert main(["keys", "list", "open.pcapng", "-k", "keys.log"]) == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert len(lines) == 4 + 5
    assert "tunnel (draft00) 127.0.0.1:50000" in lines[0]
    assert "opens nothing here" in lines[-1]
    assert not [secret for secret in secrets_of(talk) if secret[:12] in text]


def test_list_as_json_and_of_a_key_file(folder, talk, capsys) -> None:
    assert main(["keys", "list", "keys.log", "--json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects[0]["schema"] == 1
    assert "schema" not in objects[1]
    assert {o["kind"] for o in objects} == {"CLIENT_RANDOM"}
    assert set(objects[1]) == {"kind", "name", "id", "source", "opens"}


def test_a_key_file_alone_says_nothing_of_what_it_opens(folder, capsys) -> None:
    assert main(["keys", "list", "keys.log"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.endswith("  keys.log") for line in lines)


def test_a_stated_key_is_listed_with_its_port(folder, capsys) -> None:
    table = "[[srtp]]\nlayer='hop'\nprofile=7\nsrc='192.0.2.1:5004'\n"
    Path("k.toml").write_text(f"{table}key='{'00' * 16}'\nsalt='{'01' * 12}'\n")
    assert main(["keys", "list", "k.toml"]) == 0
    assert " from 192.0.2.1:5004  k.toml" in capsys.readouterr().out


def test_list_of_stated_keys(folder, capsys) -> None:
    Path("k.toml").write_text(f"[[ekt]]\nspi=1\ncipher=1\nkey='{'00' * 16}'\nsalt='{'01' * 12}'\n")
    assert main(["keys", "list", "closed.pcapng", "-k", "k.toml"]) == 0
    line = capsys.readouterr().out
    assert "ekt" in line
    assert "SPI 0x0001" in line
    assert "k.toml: ekt[1]: opens nothing here" in line
    assert main(["keys", "list", "closed.pcapng"]) == 0
    assert capsys.readouterr().err == "perc keys list: no secrets\n"


def test_add_takes_the_captures_own_lines(folder, talk, capsys) -> None:
    assert main(["keys", "add", "closed.pcapng", "-k", "keys.log", "-o", "out.pcapng"]) == 0
    assert opened("out.pcapng") == opened("open.pcapng") > 0
    data = Path("out.pcapng").read_bytes()
    assert b"cd" * 48 not in data
    assert mode("out.pcapng") == 0o600
    assert (
        main(["keys", "add", "closed.pcapng", "-k", "keys.log", "--all", "-o", "out.pcapng"]) == 0
    )
    assert b"cd" * 48 in Path("out.pcapng").read_bytes()


def test_add_of_foreign_keys_is_told_and_writes_nothing(folder, capsys) -> None:
    Path("other.log").write_text(STRANGER)
    assert main(["keys", "add", "closed.pcapng", "-k", "other.log", "-o", "out.pcapng"]) == 4
    assert "none of 1 secrets is of a session of closed.pcapng" in capsys.readouterr().err
    assert not Path("out.pcapng").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "closed.pcapng", "-o", "out"], "no keys to add"),
        (
            ["add", "closed.pcapng", "-k", "k.toml", "-o", "out"],
            "key tables have no place in a capture",
        ),
        (["add", "absent", "-k", "keys.log", "-o", "out"], "absent: No such file"),
        (["strip", "open.pcapng", "-o", "open.pcapng"], "that is the input"),
        (["strip", "open.pcapng"], "required: -o/--output"),
        (["strop", "open.pcapng"], "invalid choice"),
        (["list", "absent"], "absent: No such file"),
        ([], "required: ACTION"),
    ],
)
def test_mistakes(folder, capsys, words: list[str], message: str) -> None:
    Path("k.toml").write_text(f"[[ekt]]\nspi=1\ncipher=1\nkey='{'00' * 16}'\nsalt='{'01' * 12}'\n")
    assert main(["keys", *words]) == 2
    assert message in capsys.readouterr().err
    assert not Path("out").exists()


def test_extract_gives_the_log_back(folder, talk, capsysbinary) -> None:
    assert main(["keys", "extract", "open.pcapng", "-o", "out.log"]) == 0
    assert mode("out.log") == 0o600
    assert {line.split()[2] for line in Path("out.log").read_text().splitlines()} == secrets_of(
        talk
    )
    assert main(["keys", "extract", "closed.pcapng", "-o", "none.log"]) == 1
    assert not Path("none.log").exists()
    assert b"no key log in it" in capsysbinary.readouterr().err
    assert main(["keys", "extract", "open.pcapng", "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == Path("out.log").read_bytes()


def test_standard_input(folder, talk, capsys, monkeypatch) -> None:
    for words in (["strip"], ["strip", "--anonymize"], ["add", "-k", "keys.log"], ["share"]):
        monkeypatch.setattr(
            "sys.stdin", io.TextIOWrapper(io.BytesIO(Path("open.pcapng").read_bytes()))
        )
        assert main(["keys", words[0], "-", *words[1:], "-o", "out.pcapng"]) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("open.pcapng").read_bytes())))
    assert main(["keys", "list", "-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    monkeypatch.setattr("sys.stdin", None)
    assert main(["keys", "list", "-"]) == 2


def test_strip_leaves_the_rest_as_it_is(folder) -> None:
    assert main(["keys", "strip", "open.pcapng", "-o", "out.pcapng"]) == 0
    assert Path("out.pcapng").read_bytes() == Path("closed.pcapng").read_bytes()


def test_strip_anonymize(folder, talk) -> None:
    assert main(["keys", "strip", "--anonymize", "open.pcapng", "-o", "out.pcapng"]) == 0
    data = Path("out.pcapng").read_bytes()
    assert not [secret for secret in secrets_of(talk) if secret.encode() in data]
    assert main(["keys", "add", "out.pcapng", "-k", "keys.log", "-o", "again.pcapng"]) == 0
    assert opened("again.pcapng") == opened("open.pcapng")
    assert main(["keys", "strip", "--anonymize", "open.pcapng", "-o", "second.pcapng"]) == 0
    assert Path("second.pcapng").read_bytes() != data  # another seed every time


def test_the_map_of_stand_ins_is_the_owners(folder, talk, capsys) -> None:
    words = ["keys", "strip", "--anonymize", "open.pcapng", "-o", "out.pcapng", "--map", "map.txt"]
    assert main(words) == 0
    assert Path("map.txt").read_text() == ""  # all of it is loopback, which names nobody
    assert mode("map.txt") == 0o600
    assert main(["keys", "strip", "open.pcapng", "-o", "out.pcapng", "--map", "map.txt"]) == 2
    assert "--map: only --anonymize" in capsys.readouterr().err


def test_share(folder, talk, capsys) -> None:
    assert main(["keys", "share", "open.pcapng", "-o", "out.pcapng"]) == 0
    key = bytes(talk.people["A"].keys.client.outer().key)
    assert key not in Path("out.pcapng").read_bytes()
    assert main(["keys", "share", "open.pcapng", "--show-keys", "-o", "out.pcapng"]) == 0
    assert key in Path("out.pcapng").read_bytes()
    empty = Path("open.pcapng").read_bytes()[:200]
    Path("empty.pcapng").write_bytes(empty)
    assert main(["keys", "share", "empty.pcapng", "-o", "none"]) == 4
    assert "nothing was decrypted" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["strip"], ["strip", "--anonymize"], ["list"], ["add", "-k", "keys.log"]]
)
def test_damage_is_told_and_what_stands_before_it_is_written(folder, capsys, words) -> None:
    Path("cut.pcapng").write_bytes(Path("open.pcapng").read_bytes()[:-7])
    output = [] if words == ["list"] else ["-o", "out.pcapng"]
    assert main(["keys", words[0], "cut.pcapng", *words[1:], *output]) == 1
    error = capsys.readouterr().err
    assert "cut.pcapng: damaged after packet" in error
    if output:
        with open_capture("out.pcapng") as found, open_capture("cut.pcapng") as given:
            assert len(list(found)) == len(list(given)) > 50
            assert found.damage is None


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        (["add", "closed.pcapng", "-k", "keys.log"], {"secrets", "packets"}),
        (["extract", "open.pcapng"], {"secrets"}),
        (["strip", "open.pcapng"], {"secrets", "packets"}),
        (["strip", "open.pcapng", "--anonymize"], {"secrets", "packets"}),
        (["share", "open.pcapng"], {"packets"}),
    ],
)
def test_a_summary_for_programs_and_silence_for_people(
    options: list[str], counts: set[str], folder, talk, capsys
) -> None:
    assert main(["keys", *options, "-o", "silent"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["keys", *options, "-o", "out", "--json"]) == 0
    text, said = capsys.readouterr()
    told = json.loads(text)
    assert said == ""
    assert (told.pop("schema"), told.pop("action"), told.pop("output")) == (1, options[0], "out")
    assert told.keys() == counts
    assert told.get("secrets", 4) == len(talk.keylog()) == 4
    if "packets" in counts:
        with open_capture("out") as capture:
            assert told["packets"] == sum(1 for _ in capture) > 0


def test_no_summary_of_what_was_not_written(folder, capsys) -> None:
    assert main(["keys", "share", "closed.pcapng", "-o", "-", "--json"]) == 2
    assert "standard output is taken" in capsys.readouterr().err
    assert main(["keys", "extract", "closed.pcapng", "-o", "out", "--json"]) == 1
    assert capsys.readouterr().out == ""
