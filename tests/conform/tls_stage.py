# SPDX-License-Identifier: GPL-2.0-only
"""`Stage` with a tunnel of RFC 9185: its messages over OpenSSL's TLS 1.2."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from OpenSSL import SSL

from perc_scapy.pcap.streams import StreamChunk
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import TunneledDtls
from tests.capture import handmade
from tests.capture.handmade import KMF, MDD_TUNNEL, PROFILE
from tests.capture.openssl_talk import context
from tests.capture.tls_talk import TLS_1_2, TlsEnd, pump, say
from tests.conform.stage import Stage

RFC9185 = TUNNEL_VERSIONS["rfc9185"]
IDS = {"client": b"endpoint-0123456789-abc", "server": b"kmf-0123456789-abcdefgh"}


class TlsStage(Stage):
    """`mutual`: both ends show certificates. `first`: what the MDD sends before all else."""

    def __init__(
        self, *, mutual: bool = True, first: tuple[bytes, ...] | None = None, **options: object
    ) -> None:
        self._mutual, self._offsets = mutual, {"client": 0, "server": 0}
        self._first = (self.profiles(),) if first is None else first
        super().__init__(cookies=False, **options)

    @staticmethod
    def profiles(*listed: int) -> bytes:
        """SupportedProfiles."""
        message = TunneledDtls(b"", b"", profiles=listed or (PROFILE,), version=0)
        return RFC9185.encode(message, "mdd")

    def _tunnel_handshake(self) -> None:
        ctx = context(
            b"ECDHE-ECDSA-AES128-GCM-SHA256", self.lines, method=SSL.TLS_METHOD, version=TLS_1_2
        )
        if self._mutual:
            ctx.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self._ends = TlsEnd(ctx, server=False), TlsEnd(ctx, server=True)
        self._record(pump(*self._ends))
        assert all(end.established for end in self._ends)
        for raw in self._first:
            self.say_in_tunnel(raw, "mdd")

    def _record(self, stream: list[tuple[str, bytes]]) -> None:
        for name, data in stream:
            self.now += 0.001
            src, dst = (MDD_TUNNEL, KMF) if name == "client" else (KMF, MDD_TUNNEL)
            number = len(self.trace) + 1
            self.trace.append(StreamChunk(number, self.now, src, dst, self._offsets[name], data))  # type: ignore[arg-type]
            self._offsets[name] += len(data)

    def say_in_tunnel(self, raw: bytes, sender: str) -> None:
        self._record(say(*self._ends, "client" if sender == "mdd" else "server", raw))

    def _message(self, message: TunneledDtls, sender: str) -> None:
        plain = message._replace(conference_id=None, profiles=None, keys=None)
        told = [plain]
        if message.keys is not None:
            told.append(message._replace(conference_id=None, dtls=b""))
        for one in told:
            for raw in self.alter_message(RFC9185.encode(one, sender), sender):
                self.say_in_tunnel(raw, sender)

    def join(self, name: str, parameters):
        with uuids():
            return super().join(name, parameters)


@contextmanager
def uuids():
    """Association ids that are version 4 UUIDs, and hellos with external_session_id."""
    seeded, client, server = handmade.seeded, handmade.client_config, handmade.server_config

    def random(seed):
        draw = seeded(seed)
        return lambda length: _uuid(draw(length)) if length == 16 else draw(length)

    with (
        patch.object(handmade, "seeded", random),
        patch.object(handmade, "client_config", partial(client, external_session_id=IDS["client"])),
        patch.object(handmade, "server_config", partial(server, external_session_id=IDS["server"])),
    ):
        yield


def _uuid(octets: bytes) -> bytes:
    marked = bytearray(octets)
    marked[6], marked[8] = marked[6] & 0x0F | 0x40, marked[8] & 0x3F | 0x80
    return bytes(marked)
