# SPDX-License-Identifier: BSD-3-Clause
"""Every exception of the project, on one page.

`DecodeError`     bytes from outside do not form what they should; the only one a decoder raises
`LocalError`      we were misused (wrong argument, wrong order); fix the calling code
`ConfigError`     a person's input is wrong (exit code 2);  `MissingToolError` the machine lacks something (3)
`CryptoError`     authentication, replay, key life; raised by `crypto` on untrusted packets
`RemoteError`     the peer broke the protocol; carries the DTLS alert that answers it
"""

from __future__ import annotations


class PercError(Exception):
    """Base of every error that this project raises on purpose."""


class DecodeError(PercError, ValueError):
    """Untrusted bytes are malformed.

    `what` names the structure and field, `offset` is the octet position inside the decoded
    input, or None when it is not known.
    """

    def __init__(self, what: str, offset: int | None = None) -> None:
        self.what, self.offset = what, offset
        super().__init__(what if offset is None else f"{what} (at octet {offset})")


class LocalError(PercError):
    """The caller did something that the interface forbids."""


class EncodeError(LocalError, ValueError):
    """A value cannot be put on the wire (too long, out of range, rule broken)."""


class NonceReuseError(LocalError):
    """Protecting would use a (key, index) pair twice; RFC 7714 section 8.4 forbids it."""


class ConfigError(LocalError):
    """A person's input is wrong: file, option or configuration. Ends a command with exit code 2."""


class MissingToolError(LocalError):
    """The machine lacks something: a program, a free port, a permission. Exit code 3."""


class CryptoError(PercError):
    """A protected packet cannot be accepted or produced."""


class AuthenticationError(CryptoError):
    """An authentication tag or key-wrap check failed, or no key fits."""


class ReplayError(CryptoError):
    """The packet index was seen before, or is older than the replay window (RFC 3711 3.3.2)."""


class UnknownSpiError(AuthenticationError):
    """An EKT field names a parameter set that we do not hold (RFC 8870 section 4.3.2)."""


class KeyExhaustedError(CryptoError):
    """A key reached its packet limit, encryption count or time to live."""


class StreamLimitError(CryptoError):
    """A context has state of so many SSRCs that it takes no further one under the same key."""


class RemoteError(PercError):
    """The peer broke the protocol. `alert` is the DTLS alert description that answers it."""

    def __init__(self, what: str, alert: int) -> None:
        self.what, self.alert = what, int(alert)
        super().__init__(f"{what} (alert {self.alert})")
