# SPDX-License-Identifier: GPL-2.0-only
import pickle
import traceback

from perc_scapy.crypto import Key

SECRET = bytes(range(0xA0, 0xB0))


def test_is_the_octets_it_holds() -> None:
    key = Key(SECRET)
    assert key == SECRET
    assert hash(key) == hash(SECRET)
    assert bytes(key) == SECRET
    assert key.hex() == SECRET.hex()
    assert pickle.loads(pickle.dumps(key)) == key


def test_no_text_form_shows_octets() -> None:
    key = Key(SECRET)
    texts = [
        repr(key),
        str(key),
        f"{key}",
        f"{key!r:>30}",
        f"{key!s}",
        "%r" % (key,),  # noqa: UP031
        repr([key]),
        repr({1: key}),
    ]
    for text in texts:
        assert "16 octets" in text
        assert "xa0" not in text.lower()
        assert SECRET.hex() not in text


def test_pieces_stay_keys() -> None:
    key = Key(SECRET)
    for piece in (key[:4], key[4:], key + b"x", key[::2]):
        assert isinstance(piece, Key)
        assert "octets" in repr(piece)
    assert key[:4] == SECRET[:4]
    assert key[0] == 0xA0
    assert key + b"x" == SECRET + b"x"


def test_error_text_with_a_key_shows_nothing() -> None:
    try:
        raise ValueError("bad key", Key(SECRET))
    except ValueError as error:
        text = "".join(traceback.format_exception(error))
    assert "xa1" not in text
    assert "16 octets" in text


def test_id_names_the_key_without_giving_it_away() -> None:
    assert Key(SECRET).id == Key(SECRET).id
    assert Key(SECRET).id != Key(SECRET + b"\0").id
    assert len(Key(SECRET).id) == 8
    assert int(Key(SECRET).id, 16) >= 0
    assert Key(SECRET).id not in SECRET.hex()
