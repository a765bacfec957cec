# SPDX-License-Identifier: GPL-2.0-only
import inspect
import pickle

import pytest

from perc_scapy import errors

CLASSES = [
    c for _n, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__
]


def test_every_error_is_ours_and_explained() -> None:
    assert len(CLASSES) >= 13
    for error in CLASSES:
        assert issubclass(error, errors.PercError)
        assert error.__doc__


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (errors.DecodeError, (ValueError,)),
        (errors.EncodeError, (errors.LocalError, ValueError)),
        (errors.NonceReuseError, (errors.LocalError,)),
        (errors.ConfigError, (errors.LocalError,)),
        (errors.MissingToolError, (errors.LocalError,)),
        (errors.AuthenticationError, (errors.CryptoError,)),
        (errors.ReplayError, (errors.CryptoError,)),
        (errors.UnknownSpiError, (errors.AuthenticationError, errors.CryptoError)),
        (errors.KeyExhaustedError, (errors.CryptoError,)),
        (errors.StreamLimitError, (errors.CryptoError,)),
    ],
)
def test_families(error: type, parents: tuple[type, ...]) -> None:
    assert all(issubclass(error, parent) for parent in parents)


def test_what_strangers_send_is_never_a_local_error() -> None:
    """A handler of LocalError must not swallow what a packet caused, nor the reverse."""
    untrusted = (errors.DecodeError, errors.CryptoError, errors.RemoteError)
    for error in CLASSES:
        assert not (issubclass(error, errors.LocalError) and issubclass(error, untrusted))


def test_decode_error_says_where() -> None:
    assert str(errors.DecodeError("RTP: short", 11)) == "RTP: short (at octet 11)"
    assert str(errors.DecodeError("RTP: short")) == "RTP: short"
    caught = errors.DecodeError("RTP: short", 0)
    assert (caught.what, caught.offset) == ("RTP: short", 0)
    assert str(caught).endswith("(at octet 0)")


def test_remote_error_carries_its_alert() -> None:
    from perc_scapy.codes import AlertDescription

    caught = errors.RemoteError("no common profile", AlertDescription.HANDSHAKE_FAILURE)
    assert caught.alert == 40
    assert type(caught.alert) is int
    assert "40" in str(caught)


def test_plain_errors_survive_another_process() -> None:
    for error in (errors.CryptoError("a"), errors.ReplayError("b"), errors.ConfigError("c")):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
