# SPDX-License-Identifier: BSD-3-Clause
"""The client side of a DTLS 1.2 handshake (RFC 6347 4.2.4 figure 1): an endpoint toward the KMF, an MDD's tunnel."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from typing import ClassVar

from perc_scapy.codes import AlertDescription, ContentType, HandshakeType
from perc_scapy.crypto.fingerprint import fingerprint
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES
from perc_scapy.dtls import codec
from perc_scapy.dtls.codec import Fragment
from perc_scapy.dtls.config import DtlsConfig, PeerInfo
from perc_scapy.dtls.connection import Connection, Handler, State
from perc_scapy.dtls.ekt import read_ekt_key
from perc_scapy.dtls.events import EktKeyReceived
from perc_scapy.dtls.fragments import Message
from perc_scapy.dtls.groups import GROUPS
from perc_scapy.dtls.hello import client_hello_rest, read_server_extensions
from perc_scapy.dtls.record import EpochReader, EpochWriter, Record
from perc_scapy.dtls.signatures import PeerKey, choose, public_key_of, sign
from perc_scapy.dtls.transcript import Session
from perc_scapy.errors import LocalError, RemoteError

MAX_HELLO_VERIFY_REQUESTS = 4
"""RFC 6347 4.2.1 allows a server to send a new cookie; more than this is a loop."""
REORDER_PAUSE = 0.1
"""Seconds granted to a Finished that an ekt_key has overtaken."""
_CLIENT_HELLO = int(HandshakeType.CLIENT_HELLO)
ACK_NUMBER_LENGTH = 16
"""Octets of one record number in an ACK."""


class DtlsClient(Connection):
    """`start(now)` sends the ClientHello."""

    TRANSITIONS: ClassVar[Mapping[tuple[State, int], Handler]]

    def __init__(self, config: DtlsConfig) -> None:
        super().__init__(config, State.START)
        self._random = b""
        self._cookie = b""
        self._hello_rest = b""
        self._verify_requests = 0
        self._server_key_exchange: codec.ServerKeyExchange | None = None
        self._certificate_request: codec.CertificateRequest | None = None
        self._external_session_id: bytes | None = None
        self._peer_key: PeerKey | None = None
        self._ticket = False
        self._acks: list[int] = []
        self._early_keys = 0

    def start(self, now: float) -> None:
        """Begin the handshake. Raises `LocalError` the second time."""
        if self._state is not State.START:
            raise LocalError("the handshake was started before")
        self._random = self.config.random(codec.RANDOM_LENGTH)
        self._hello_rest = client_hello_rest(self.config)
        self._state = State.WAIT_SERVER_HELLO
        self._send_client_hello(now)

    def _send_client_hello(self, now: float) -> None:
        start = codec.HelloStart(codec.VERSION, self._random, b"", self._cookie)
        self._transcript.reset()
        self._out.queue(_CLIENT_HELLO, codec.encode_hello_start(start) + self._hello_rest)
        self._out.send_flight(now)

    # --- the server's flight -------------------------------------------------------------------

    def _on_hello_verify_request(self, message: Message, now: float) -> None:
        """Same hello, same random, with the cookie (RFC 6347 4.2.1). Its version field means nothing."""
        request = codec.decode_hello_verify_request(message.body)
        self._verify_requests += 1
        if self._verify_requests > MAX_HELLO_VERIFY_REQUESTS:
            raise RemoteError("cookie never accepted", AlertDescription.HANDSHAKE_FAILURE)
        self._cookie = request.cookie
        self._send_client_hello(now)

    def _on_server_hello(self, message: Message, now: float) -> None:
        hello = codec.decode_server_hello(message.body)
        if hello.version != codec.VERSION:
            raise RemoteError("server chose another version", AlertDescription.PROTOCOL_VERSION)
        if hello.cipher_suite not in self.config.cipher_suites or hello.compression:
            raise RemoteError(
                "server chose what was not offered", AlertDescription.ILLEGAL_PARAMETER
            )
        answer = read_server_extensions(self.config, hello.extensions)
        suite = CIPHER_SUITES[hello.cipher_suite]
        self._session = Session(suite, self._random, hello.random)
        self._session.extended = answer.extended_master_secret
        self._srtp_profile, self._ekt_cipher = answer.srtp_profile, answer.ekt_cipher
        self._external_session_id = answer.external_session_id
        self._ticket = answer.session_ticket
        self._state = State.WAIT_CERTIFICATE

    def _on_certificate(self, message: Message, now: float) -> None:
        certificates = codec.decode_certificate(message.body)
        if not certificates:
            raise RemoteError("server without certificate", AlertDescription.BAD_CERTIFICATE)
        assert self._session is not None
        self._peer_key = public_key_of(certificates[0])
        if self._peer_key.kind != self._session.suite.authentication:
            raise RemoteError(
                "certificate does not fit the suite", AlertDescription.UNSUPPORTED_CERTIFICATE
            )
        self._peer = PeerInfo(
            certificates,
            fingerprint(certificates[0]),
            self._external_session_id,
            () if self._srtp_profile is None else (self._srtp_profile,),
            () if self._ekt_cipher is None else (self._ekt_cipher,),
        )
        refusal = self.config.verify(self._peer)
        if refusal is not None:
            raise RemoteError("server refused by verify", refusal)
        self._state = State.WAIT_SERVER_KEY_EXCHANGE

    def _on_server_key_exchange(self, message: Message, now: float) -> None:
        exchange = codec.decode_server_key_exchange(message.body)
        if exchange.group not in self.config.groups:
            raise RemoteError(
                "server chose a group not offered", AlertDescription.ILLEGAL_PARAMETER
            )
        assert self._session is not None
        assert self._peer_key is not None
        signed = self._random + self._session.server_random + exchange.params
        self._peer_key.verify(exchange.scheme, exchange.signature, signed)
        self._server_key_exchange = exchange
        self._state = State.WAIT_REQUEST_OR_DONE

    def _on_certificate_request(self, message: Message, now: float) -> None:
        self._certificate_request = codec.decode_certificate_request(message.body)
        self._state = State.WAIT_DONE

    def _on_server_hello_done(self, message: Message, now: float) -> None:
        codec.decode_empty(message.body, "ServerHelloDone")
        scheme = self._queue_certificate()
        self._queue_key_exchange()
        if scheme is not None:
            self._queue_certificate_verify(scheme)
        self._queue_finished(b"client finished")
        self._state = State.WAIT_TICKET if self._ticket else State.WAIT_FINISHED
        self._out.send_flight(now)

    # --- our flight ----------------------------------------------------------------------------

    def _queue_certificate(self) -> int | None:
        """Our certificate if asked for; returns the scheme to prove it with (RFC 5246 7.4.6)."""
        request, identity = self._certificate_request, self.config.identity
        if request is None:
            return None
        scheme = None if identity is None else choose(identity.schemes, request.schemes)
        empty = identity is None or scheme is None
        body = (
            codec.encode_certificate(()) if empty or identity is None else identity.certificate_body
        )
        self._out.queue(HandshakeType.CERTIFICATE, body)
        return scheme

    def _queue_key_exchange(self) -> None:
        """ClientKeyExchange, and with it the keys of epoch 1."""
        assert self._session is not None and self._server_key_exchange is not None  # noqa: PT018
        share = GROUPS[self._server_key_exchange.group](self.config.random)
        self._out.queue(
            HandshakeType.CLIENT_KEY_EXCHANGE, codec.encode_client_key_exchange(share.public)
        )
        premaster = share.shared(self._server_key_exchange.public)
        self._session.derive(premaster, self._transcript)
        self._session.log(self.config.keylog)
        ours, theirs = self._session.protections()
        self._out.writers.append(EpochWriter(1, ours))
        self._reader = EpochReader(theirs)

    def _queue_certificate_verify(self, scheme: int) -> None:
        assert self.config.identity is not None
        signature = sign(self.config.identity.private_key, scheme, self._transcript.octets())
        body = codec.encode_certificate_verify(codec.CertificateVerify(scheme, signature))
        self._out.queue(HandshakeType.CERTIFICATE_VERIFY, body)

    # --- the server's last flight and after ----------------------------------------------------

    def _on_new_session_ticket(self, message: Message, now: float) -> None:
        codec.decode_new_session_ticket(message.body)
        self._state = State.WAIT_FINISHED

    def _on_finished(self, message: Message, now: float) -> None:
        received = codec.decode_finished(message.body)
        assert self._session is not None
        if not compare_digest(
            self._session.finished(b"server finished", self._transcript), received
        ):
            raise RemoteError("server's Finished is wrong", AlertDescription.DECRYPT_ERROR)
        self._complete()

    def _on_ekt_key(self, message: Message, now: float) -> None:
        """RFC 8870 5.2.2: ACK after success, alert otherwise; none may come without negotiation."""
        if self._ekt_cipher is None:
            raise RemoteError("ekt_key without EKT", AlertDescription.UNEXPECTED_MESSAGE)
        parameters = read_ekt_key(message.body, self._ekt_cipher)
        self._acks += message.records
        self._events.append(EktKeyReceived(parameters))

    def _receive_old(self, fragment: Fragment, record: Record, now: float) -> None:
        if fragment.type == HandshakeType.EKT_KEY:
            # RFC 9147 section 7: a copy is acknowledged too; the first ACK may be lost
            self._acks.append(record.number)
            self.counters["ekt_key_repeated"] += 1
        else:
            super()._receive_old(fragment, record, now)

    def _after_datagram(self, now: float) -> None:
        if self._acks:
            self._acknowledge()
        elif self._reassembler.protected > self._early_keys and self._state is State.WAIT_FINISHED:
            # A new ekt_key is here and the Finished before it is not: RFC 6347 4.2.4 allows to ask for it
            # at once. Usually it was only overtaken, hence the pause.
            self._early_keys = self._reassembler.protected
            self._out.timer.hasten(now + REORDER_PAUSE)

    def _acknowledge(self) -> None:
        """ACK for all that this datagram brought, in rising order, in as many records as the MTU asks for."""
        numbers, self._acks = sorted(set(self._acks)), []
        if self._state is not State.ESTABLISHED:
            return
        size = (self.config.mtu - self._out.writers[1].overhead - 2) // ACK_NUMBER_LENGTH
        for start in range(0, len(numbers), size):
            self._out.send(ContentType.ACK, codec.encode_ack(numbers[start : start + size]))


DtlsClient.TRANSITIONS = {
    (
        State.WAIT_SERVER_HELLO,
        HandshakeType.HELLO_VERIFY_REQUEST,
    ): DtlsClient._on_hello_verify_request,
    (State.WAIT_SERVER_HELLO, HandshakeType.SERVER_HELLO): DtlsClient._on_server_hello,
    (State.WAIT_CERTIFICATE, HandshakeType.CERTIFICATE): DtlsClient._on_certificate,
    (State.WAIT_SERVER_KEY_EXCHANGE, HandshakeType.SERVER_KEY_EXCHANGE): (
        DtlsClient._on_server_key_exchange
    ),
    (State.WAIT_REQUEST_OR_DONE, HandshakeType.CERTIFICATE_REQUEST): (
        DtlsClient._on_certificate_request
    ),
    (State.WAIT_REQUEST_OR_DONE, HandshakeType.SERVER_HELLO_DONE): DtlsClient._on_server_hello_done,
    (State.WAIT_DONE, HandshakeType.SERVER_HELLO_DONE): DtlsClient._on_server_hello_done,
    (State.WAIT_TICKET, HandshakeType.NEW_SESSION_TICKET): DtlsClient._on_new_session_ticket,
    (State.WAIT_FINISHED, HandshakeType.FINISHED): DtlsClient._on_finished,
    (State.ESTABLISHED, HandshakeType.EKT_KEY): DtlsClient._on_ekt_key,
}
