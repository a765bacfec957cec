# SPDX-License-Identifier: GPL-2.0-only
"""Two ends of a TLS connection in memory, from Python's ssl module, with their key log."""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from pathlib import Path

from perc_scapy.dtls import Identity


class TlsPair:
    """`client` and `server` each trust the other's certificate alone; `take` gives what one end wants sent."""

    def __init__(self, client: Identity, server: Identity, version: ssl.TLSVersion) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self._folder = Path(folder)
            self._log = self._folder / "keys"
            sides = (
                (ssl.PROTOCOL_TLS_CLIENT, client, server),
                (ssl.PROTOCOL_TLS_SERVER, server, client),
            )
            contexts = [self._context(*side, version) for side in sides]
            self._pipes = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in contexts]
            self.ends = [
                context.wrap_bio(*pipe, server_side=bool(side))
                for side, (context, pipe) in enumerate(zip(contexts, self._pipes, strict=True))
            ]
            self.opening = self._handshake()
            """(side, octets) of the handshake."""
            self.secrets = self._log.read_bytes()

    def _context(
        self, kind: int, own: Identity, peer: Identity, version: ssl.TLSVersion
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(kind)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = context.maximum_version = version
        files = [self._folder / name for name in ("cert", "key")]
        files[0].write_bytes(own.certificate_pem())
        files[1].write_bytes(own.private_key_pem())
        context.load_cert_chain(*files)
        context.load_verify_locations(cadata=peer.certificate_pem().decode())
        if kind == ssl.PROTOCOL_TLS_SERVER:
            context.keylog_filename = str(self._log)
        return context

    def _handshake(self) -> list[tuple[int, bytes]]:
        said: list[tuple[int, bytes]] = []
        done = [False, False]
        while not all(done):
            for side, end in enumerate(self.ends):
                try:
                    end.do_handshake()
                    done[side] = True
                except ssl.SSLWantReadError:
                    pass
                said += [(side, data) for data in [self.take(side)] if data]
        return said

    def take(self, side: int) -> bytes:
        """What one end wants sent; the other end has it at once."""
        data = self._pipes[side][1].read()
        self._pipes[1 - side][0].write(data)
        return data

    def write(self, side: int, data: bytes) -> bytes:
        """Application data of one end as it goes on the wire."""
        self.ends[side].write(data)
        return self.take(side)

    def close(self, side: int) -> bytes:
        """close_notify of one end."""
        with contextlib.suppress(ssl.SSLError):  # the peer's answer is not here yet
            self.ends[side].unwrap()
        return self.take(side)
