# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.net.toml import Section, flag, integer, list_of, number, read_toml, seconds, text


@pytest.fixture
def section(tmp_path):
    def make(values, name=""):
        return Section(values, tmp_path / "c.toml", name)

    return make


def test_values_are_taken_once_and_the_rest_is_a_mistake(section):
    top = section({"a": 1, "bb": "x"})
    assert top.take("a", integer) == 1
    assert top.take("c", text, "default") == "default"
    with pytest.raises(ConfigError, match=r"c\.toml: bb: unknown key; known: a, c"):
        top.finish()
    assert top.take("bb", text) == "x"
    top.finish()


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (text, "x", ["", 1, None, []]),
        (integer, 7, [True, 1.5, "7"]),
        (number, 1.5, [False, "1", [], float("inf"), float("nan")]),
        (flag, True, [1, "true"]),
        (list_of(integer), [1, 2], [1, "x", ["x"]]),
    ],
)
def test_kinds_refuse_what_only_looks_alike(section, kind, good, bad):
    assert section({"k": good}).take("k", kind) in (good, tuple(good) if good == [1, 2] else good)
    for value in bad:
        with pytest.raises(ConfigError, match=r"c\.toml: k: must be"):
            section({"k": value}).take("k", kind)


def test_given_takes_only_what_is_there(section):
    top = section({"a": 1})
    assert top.given(a=integer, b=text) == {"a": 1}
    top.finish()


def test_tables_know_where_they_are(section):
    top = section({"outer": [{"inner": {"x": "no"}}], "flat": [1]})
    (first,) = top.sections("outer")
    with pytest.raises(ConfigError, match=r"outer\[1\].inner.x: must be a whole number"):
        first.section("inner").take("x", integer)
    with pytest.raises(ConfigError, match=r"flat: must be an array of tables"):
        top.sections("flat")
    with pytest.raises(ConfigError, match=r"flat: must be a table"):
        section({"flat": 1}).section("flat")


def test_what_an_object_refuses_is_reported_with_file_and_table(section):
    def make(**values):
        raise ConfigError("too big")

    with pytest.raises(ConfigError, match=r"c\.toml: a\[1\]: too big"):
        section({}, "a[1]").build(make)


def test_paths_are_relative_to_the_file(tmp_path):
    (tmp_path / "c.toml").write_text('f = "sub/x"\ng = "/abs"\n')
    top = read_toml(tmp_path / "c.toml")
    assert top.take("f", top.file) == tmp_path / "sub/x"
    assert str(top.take("g", top.file)) == "/abs"


def test_a_length_of_time_is_not_negative():
    assert (seconds(0), seconds(1.5)) == (0.0, 1.5)
    with pytest.raises(ValueError, match="must not be negative, not -1"):
        seconds(-1)
