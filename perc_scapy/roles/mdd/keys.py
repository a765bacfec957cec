# SPDX-License-Identifier: GPL-2.0-only
"""Which hop keys the MDD has ever taken: no two hops share one, none comes back (RFC 8871 4.4, RFC 8723 5.2).

A KMF repeats SRTPKeyInformation with every retransmission of its Finished. A late copy of keys that were replaced
meanwhile must not start their indices again: that would repeat nonces. Digests are kept, keys are not.
"""

from __future__ import annotations

from hashlib import sha256

from perc_scapy.tunnel.messages import HopKeys

MEMORY = 65536
"""Master keys remembered; the oldest are forgotten first."""


def digest_of(keys: HopKeys) -> bytes:
    """Names a whole set: profile, both keys, both salts. Equal digests mean an identical repeat."""
    parts = (keys.client.key, keys.client.salt, keys.server.key, keys.server.salt)
    return sha256(
        keys.profile.to_bytes(2, "big") + b"".join(bytes((len(p),)) + bytes(p) for p in parts)
    ).digest()


class KeyRegister:
    """Every master key that some hop has or had, by digest."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._known: dict[bytes, None] = {}
        self._memory = memory

    def take(self, keys: HopKeys) -> bool:
        """Enter both directions' keys; False, and nothing entered, when one is known or both are the same."""
        digests = [sha256(bytes(master.key)).digest()[:16] for master in (keys.client, keys.server)]
        if digests[0] == digests[1] or any(digest in self._known for digest in digests):
            return False
        for digest in digests:
            self._known[digest] = None
        while len(self._known) > self._memory:
            del self._known[next(iter(self._known))]
        return True
