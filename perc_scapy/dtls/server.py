# SPDX-License-Identifier: BSD-3-Clause
"""The server side of a DTLS 1.2 handshake (RFC 6347 4.2.4 figure 1): the KMF toward endpoints and MDDs."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from typing import ClassVar

from perc_scapy.codes import (
    AlertDescription,
    ClientCertificateType,
    DtlsVersion,
    HandshakeType,
)
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.fingerprint import fingerprint
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES
from perc_scapy.dtls import codec
from perc_scapy.dtls.codec import Fragment
from perc_scapy.dtls.config import DtlsConfig, PeerInfo
from perc_scapy.dtls.connection import MAX_SEQUENCE, Connection, Handler, State
from perc_scapy.dtls.ekt import EKT_KEY, EktOutbox, ekt_key_body
from perc_scapy.dtls.events import EktKeyAcknowledged, EktKeyUndelivered
from perc_scapy.dtls.flight import sooner
from perc_scapy.dtls.fragments import Message
from perc_scapy.dtls.groups import GROUPS, KeyShare
from perc_scapy.dtls.hello import (
    Choice,
    ClientOffer,
    choose_from,
    read_client_offer,
    server_extensions,
)
from perc_scapy.dtls.identity import Identity
from perc_scapy.dtls.outbound import retransmit_timer
from perc_scapy.dtls.record import EpochReader, EpochWriter, Record
from perc_scapy.dtls.signatures import OFFERED, PeerKey, choose, public_key_of, sign
from perc_scapy.dtls.transcript import Session
from perc_scapy.errors import DecodeError, LocalError, RemoteError

MAX_FIRST_SEQUENCE = 8
"""message_seq of the ClientHello that starts us: one for each cookie that went before."""
MAX_FIRST_RECORD = 1 << 32
"""A record number to continue from; a client that starts beyond it wants to exhaust ours."""
_REQUEST = codec.encode_certificate_request(
    codec.CertificateRequest(
        (int(ClientCertificateType.ECDSA_SIGN), int(ClientCertificateType.RSA_SIGN)), OFFERED
    )
)


class DtlsServer(Connection):
    """Starts with the first ClientHello; `CookieExchange` belongs in front of it."""

    TRANSITIONS: ClassVar[Mapping[tuple[State, int], Handler]]

    def __init__(self, config: DtlsConfig) -> None:
        super().__init__(config, State.WAIT_CLIENT_HELLO)
        if config.identity is None:
            raise LocalError("a server needs an identity")
        self._identity: Identity = config.identity
        self._admitted = False
        self._share: KeyShare | None = None
        self._peer_key: PeerKey | None = None
        self._ekt = EktOutbox(retransmit_timer(config), config.mtu)
        self._confirmed = False
        """The client sent something that it can send only after our Finished."""

    def _admit(self, fragment: Fragment, record: Record, now: float) -> bool:
        """The first ClientHello sets where message and record numbers start (RFC 6347 4.2.1, 4.2.2)."""
        too_far = fragment.sequence > MAX_FIRST_SEQUENCE or record.sequence > MAX_FIRST_RECORD
        if fragment.type != HandshakeType.CLIENT_HELLO or too_far:
            return False
        self._admitted = True
        self._reassembler.next_sequence = self._out.sequence = fragment.sequence
        self._out.writers[0] = EpochWriter(0, first=record.sequence)
        # Nothing to send yet: it ends a server whose ClientHello never becomes whole.
        self._out.timer.start(now)
        return True

    # --- the client's first flight -------------------------------------------------------------

    def _on_client_hello(self, message: Message, now: float) -> None:
        hello = codec.decode_client_hello(message.body)
        _check_hello(hello)
        offer = read_client_offer(hello)
        self._peer = PeerInfo(
            (), None, offer.external_session_id, offer.srtp_profiles, offer.ekt_ciphers
        )
        choice = choose_from(self.config, self._identity.kind, hello, offer)
        scheme = choose(self._identity.schemes, offer.schemes)
        if scheme is None:
            raise RemoteError("no common signature scheme", AlertDescription.HANDSHAKE_FAILURE)
        if not self.config.request_client_certificate:
            self._ask_owner()
        self._srtp_profile, self._ekt_cipher = choice.srtp_profile, choice.ekt_cipher
        self._queue_server_hello(hello, offer, choice)
        self._queue_rest(choice.group, scheme)
        self._out.send_flight(now)

    def _queue_server_hello(
        self, hello: codec.ClientHello, offer: ClientOffer, choice: Choice
    ) -> None:
        random = self.config.random(codec.RANDOM_LENGTH)
        self._session = Session(CIPHER_SUITES[choice.suite], hello.random, random)
        self._session.extended = choice.extended_master_secret
        answer = server_extensions(self.config, offer, choice)
        reply = codec.ServerHello(codec.VERSION, random, b"", choice.suite, 0, answer)
        self._out.queue(HandshakeType.SERVER_HELLO, codec.encode_server_hello(reply))

    def _queue_rest(self, group: int, scheme: int) -> None:
        """Certificate to ServerHelloDone."""
        assert self._session is not None
        self._out.queue(HandshakeType.CERTIFICATE, self._identity.certificate_body)
        self._share = GROUPS[group](self.config.random)
        params = codec.encode_ecdh_params(group, self._share.public)
        signed = self._session.client_random + self._session.server_random + params
        signature = sign(self._identity.private_key, scheme, signed)
        body = codec.encode_server_key_exchange(params, scheme, signature)
        self._out.queue(HandshakeType.SERVER_KEY_EXCHANGE, body)
        self._state = State.WAIT_CLIENT_KEY_EXCHANGE
        if self.config.request_client_certificate:
            self._out.queue(HandshakeType.CERTIFICATE_REQUEST, _REQUEST)
            self._state = State.WAIT_CERTIFICATE
        self._out.queue(HandshakeType.SERVER_HELLO_DONE, b"")

    # --- the client's second flight ------------------------------------------------------------

    def _on_certificate(self, message: Message, now: float) -> None:
        certificates = codec.decode_certificate(message.body)
        if not certificates:  # RFC 5246 7.4.6
            raise RemoteError("client without certificate", AlertDescription.HANDSHAKE_FAILURE)
        self._peer_key = public_key_of(certificates[0])
        peer = self._peer
        self._peer = PeerInfo(
            certificates,
            fingerprint(certificates[0]),
            peer.external_session_id,
            peer.srtp_profiles,
            peer.ekt_ciphers,
        )
        self._ask_owner()
        self._state = State.WAIT_CLIENT_KEY_EXCHANGE

    def _ask_owner(self) -> None:
        refusal = self.config.verify(self._peer)
        if refusal is not None:
            raise RemoteError("client refused by verify", refusal)

    def _on_client_key_exchange(self, message: Message, now: float) -> None:
        public = codec.decode_client_key_exchange(message.body)
        assert self._session is not None and self._share is not None  # noqa: PT018
        self._session.derive(self._share.shared(public), self._transcript)
        self._session.log(self.config.keylog)
        self._share = None
        theirs, ours = self._session.protections()
        self._reader = EpochReader(theirs)
        self._out.writers.append(EpochWriter(1, ours))
        proven = self._peer_key is None
        self._state = State.WAIT_FINISHED if proven else State.WAIT_CERTIFICATE_VERIFY

    def _on_certificate_verify(self, message: Message, now: float) -> None:
        """Proof that the client holds the certificate's key (RFC 5246 7.4.8)."""
        proof = codec.decode_certificate_verify(message.body)
        assert self._peer_key is not None
        self._peer_key.verify(proof.scheme, proof.signature, self._transcript.octets())
        self._transcript.add(message.raw)
        self._state = State.WAIT_FINISHED

    def _on_finished(self, message: Message, now: float) -> None:
        received = codec.decode_finished(message.body)
        assert self._session is not None
        if not compare_digest(
            self._session.finished(b"client finished", self._transcript), received
        ):
            raise RemoteError("client's Finished is wrong", AlertDescription.DECRYPT_ERROR)
        self._transcript.add(message.raw)
        self._queue_finished(b"server finished")
        self._out.send_flight(now, final=True)
        self._complete()

    def _receive_record(self, record: Record, now: float) -> None:
        super()._receive_record(record, now)
        if self._early and self._reader is not None:
            self._replay_early(now)

    def _receive_old(self, fragment: Fragment, record: Record, now: float) -> None:
        """Our last flight has no timer: the client's repeated Finished asks for it (RFC 6347 4.2.4).

        Nobody can forge or replay that record, but the client itself could put hundreds into a datagram.
        """
        if self._state is not State.ESTABLISHED:
            super()._receive_old(fragment, record, now)
        elif fragment.type == HandshakeType.FINISHED:
            self.counters["message_repeated"] += 1
            if self._out.repeat(now):
                self._out.push(self._ekt.repeat(self._out.writers[1]))

    # --- EKT -----------------------------------------------------------------------------------

    def send_ekt_key(self, parameters: EktParameters) -> None:
        """Queue an ekt_key; retransmitted until acknowledged (RFC 8870 5.4).

        Raises `LocalError` before completion, or when EKT with this cipher was not negotiated (RFC 8870 5.2.2).
        """
        if self._state is not State.ESTABLISHED:
            raise LocalError("no ekt_key before the handshake is complete")
        if self._ekt_cipher is None or parameters.cipher != self._ekt_cipher:
            raise LocalError("this EKT cipher was not negotiated")
        if self._out.sequence > MAX_SEQUENCE:
            raise LocalError("message numbers of this association are used up")
        for kind, body in self._out.tampered(EKT_KEY, ekt_key_body(parameters)):
            self._ekt.queue(parameters.spi, self._out.sequence, kind, body)
            self._out.sequence += 1

    def _start_transfers(self, now: float) -> None:
        if self._state is State.ESTABLISHED:
            self._out.push(self._ekt.start(self._out.writers[1], now))

    def _receive_application(self, content: bytes) -> None:
        self._confirmed = self._state is State.ESTABLISHED
        super()._receive_application(content)

    def _receive_ack(self, content: bytes) -> None:
        self._confirmed = self._state is State.ESTABLISHED
        try:
            spi = self._ekt.acknowledge(codec.decode_ack(content))
        except DecodeError:
            self.counters["ack_malformed"] += 1
            return
        if spi is not None:
            self._events.append(EktKeyAcknowledged(spi))

    def _abandon_transfers(self) -> None:
        self._events.extend(EktKeyUndelivered(spi) for spi in self._ekt.give_up())

    def get_timer(self) -> float | None:
        """The earlier of the handshake's and the ekt_key's."""
        return sooner(self._out.timer.deadline, self._ekt.timer.deadline)

    def handle_timer(self, now: float) -> None:
        super().handle_timer(now)
        if self._state is not State.ESTABLISHED or not self._ekt.timer.due(now):
            return
        datagrams = self._ekt.retransmit(self._out.writers[1], now)
        if datagrams is None:
            self._abandon_transfers()
            return
        if not self._confirmed:
            # No ACK can come from a client that lacks our Finished.
            self._out.transmit(now)
        self._out.push(datagrams)


def _check_hello(hello: codec.ClientHello) -> None:
    """DTLS counts versions downward: a client that knows 1.2 sends 0xFEFD or less (RFC 6347 4.1)."""
    if hello.version >> 8 != 0xFE or hello.version > DtlsVersion.DTLS_1_2:
        raise RemoteError("client does not speak DTLS 1.2", AlertDescription.PROTOCOL_VERSION)
    if 0 not in hello.compression:  # RFC 5246 7.4.1.2
        raise RemoteError("no null compression", AlertDescription.ILLEGAL_PARAMETER)


DtlsServer.TRANSITIONS = {
    (State.WAIT_CLIENT_HELLO, HandshakeType.CLIENT_HELLO): DtlsServer._on_client_hello,
    (State.WAIT_CERTIFICATE, HandshakeType.CERTIFICATE): DtlsServer._on_certificate,
    (State.WAIT_CLIENT_KEY_EXCHANGE, HandshakeType.CLIENT_KEY_EXCHANGE): (
        DtlsServer._on_client_key_exchange
    ),
    (State.WAIT_CERTIFICATE_VERIFY, HandshakeType.CERTIFICATE_VERIFY): (
        DtlsServer._on_certificate_verify
    ),
    (State.WAIT_FINISHED, HandshakeType.FINISHED): DtlsServer._on_finished,
}
