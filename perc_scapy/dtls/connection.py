# SPDX-License-Identifier: BSD-3-Clause
"""What client and server share: the verbs, the way of a datagram up to its handler, flights, alerts, the end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from enum import IntEnum, auto
from typing import Any, ClassVar

from perc_scapy.codes import AlertDescription, AlertLevel, ContentType, HandshakeType
from perc_scapy.dtls.codec import HANDSHAKE_HEADER, Fragment, decode_alert, decode_fragments
from perc_scapy.dtls.config import DtlsConfig, PeerInfo
from perc_scapy.dtls.events import (
    ApplicationDataReceived,
    ConnectionClosed,
    Event,
    HandshakeCompleted,
)
from perc_scapy.dtls.flight import Datagram
from perc_scapy.dtls.fragments import Message, Reassembler
from perc_scapy.dtls.outbound import Outbound
from perc_scapy.dtls.record import (
    MAX_PLAINTEXT,
    VERSION,
    EpochReader,
    Record,
    split_records,
)
from perc_scapy.dtls.transcript import Session, Transcript
from perc_scapy.errors import CryptoError, DecodeError, LocalError, RemoteError

EARLY_RECORDS = 8
"""Records of epoch 1 kept while its keys are not there yet: a reordered flight has fewer."""
EARLY_OCTETS = 4096
MAX_SEQUENCE = 0xFFFF
"""The last message_seq (RFC 6347 4.2.2)."""

_CHANGE_CIPHER_SPEC = int(ContentType.CHANGE_CIPHER_SPEC)
_ALERT = int(ContentType.ALERT)
_HANDSHAKE = int(ContentType.HANDSHAKE)
_APPLICATION_DATA = int(ContentType.APPLICATION_DATA)
_ACK = int(ContentType.ACK)
_CLIENT_HELLO = int(HandshakeType.CLIENT_HELLO)
_HELLO_REQUEST = int(HandshakeType.HELLO_REQUEST)
_EPOCH_1_MESSAGES = frozenset((int(HandshakeType.FINISHED), int(HandshakeType.EKT_KEY)))
_HASHED_BY_HANDLER = frozenset(
    (
        int(HandshakeType.HELLO_VERIFY_REQUEST),
        int(HandshakeType.CERTIFICATE_VERIFY),
        int(HandshakeType.FINISHED),
        int(HandshakeType.EKT_KEY),
    )
)


_UNKNOWN_PEER = PeerInfo((), None, None, (), ())


class State(IntEnum):
    """Where a handshake stands; what may come next is in the tables of client and server."""

    START = auto()
    WAIT_CLIENT_HELLO = auto()
    WAIT_SERVER_HELLO = auto()
    WAIT_CERTIFICATE = auto()
    WAIT_SERVER_KEY_EXCHANGE = auto()
    WAIT_REQUEST_OR_DONE = auto()
    WAIT_DONE = auto()
    WAIT_CLIENT_KEY_EXCHANGE = auto()
    WAIT_CERTIFICATE_VERIFY = auto()
    WAIT_TICKET = auto()
    WAIT_FINISHED = auto()
    ESTABLISHED = auto()
    CLOSED = auto()


Handler = Callable[[Any, Message, float], None]


class Connection:
    """One association with one peer. `counters` says what was dropped in silence, by reason."""

    TRANSITIONS: ClassVar[Mapping[tuple[State, int], Handler]] = {}

    def __init__(self, config: DtlsConfig, state: State) -> None:
        self.config = config
        self.counters: Counter[str] = Counter()
        self._state = state
        self._events: deque[Event] = deque()
        self._transcript = Transcript()
        self._out = Outbound(config, self._transcript)
        self._reassembler = Reassembler()
        self._reader: EpochReader | None = None
        self._early: list[Record] = []
        self._session: Session | None = None
        self._peer = _UNKNOWN_PEER
        self._srtp_profile: int | None = None
        self._ekt_cipher: int | None = None
        self._warned = False
        self._admitted = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._state.name})"

    # --- verbs ---------------------------------------------------------------------------------

    @property
    def established(self) -> bool:
        """Both Finished messages are exchanged, and the association is not closed."""
        return self._state is State.ESTABLISHED

    @property
    def handshake_started(self) -> bool:
        """A ClientHello was sent, or accepted."""
        return self._state not in (State.START, State.WAIT_CLIENT_HELLO)

    @property
    def closed(self) -> bool:
        return self._state is State.CLOSED

    def receive_datagram(self, data: bytes, now: float) -> None:
        """Take one datagram. Never raises: what is wrong is dropped and counted, or ends the association."""
        if self._state in (State.CLOSED, State.START):
            self.counters["datagram_not_expected"] += 1
            return
        records, clean = split_records(data)
        if not clean:
            self.counters["record_malformed"] += 1
        try:
            for record in records:
                self._receive_record(record, now)
        except RemoteError as error:
            self._fail(error.what, error.alert)
        except DecodeError as error:
            self._fail(error.what, AlertDescription.DECODE_ERROR)
        except CryptoError as error:
            self._fail(str(error), AlertDescription.INTERNAL_ERROR)
        self._after_datagram(now)

    def next_event(self) -> Event | None:
        """The oldest event not taken yet."""
        return self._events.popleft() if self._events else None

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """Everything that waits to go out, in order."""
        self._start_transfers(now)
        return self._out.drain()

    def get_timer(self) -> float | None:
        """When `handle_timer` wants to be called."""
        return self._out.timer.deadline

    def handle_timer(self, now: float) -> None:
        """Send again what is not answered, or give up. Harmless when called early."""
        if self._state is State.CLOSED or not self._out.timer.due(now):
            return
        if self._out.timer.back_off(now):
            self._out.transmit(now)
        else:
            self._end("handshake timeout", None, local=True)

    def close(self, now: float, alert: int = AlertDescription.CLOSE_NOTIFY) -> None:
        """End the association with an alert, which is sent once (RFC 5246 7.2.1)."""
        if self._state is State.CLOSED:
            return
        level = AlertLevel.FATAL if alert else AlertLevel.WARNING
        if self.handshake_started:
            self._out.alert(level, alert)
        self._end("closed", int(alert), local=True)

    def send_application(self, data: bytes) -> None:
        """One record of application data in a datagram of its own, up to 16384 octets."""
        if self._state is not State.ESTABLISHED:
            raise LocalError("no application data before the handshake is complete")
        if len(data) > MAX_PLAINTEXT:
            raise LocalError(f"application data longer than {MAX_PLAINTEXT} octets")
        self._out.send(_APPLICATION_DATA, data)

    def send_handshake(self, kind: int, body: bytes) -> None:
        """Any handshake message in epoch 1, once and without retransmission: for experiments, no flow needs it."""
        if self._state is not State.ESTABLISHED:
            raise LocalError("no message of one's own before the handshake is complete")
        if self._out.sequence > MAX_SEQUENCE or len(body) > MAX_PLAINTEXT - HANDSHAKE_HEADER:
            raise LocalError("message numbers used up, or message longer than a record")
        self._out.send_message(kind, body)

    def export(self, label: bytes, length: int, context: bytes | None = None) -> bytes:
        """Keying material (RFC 5705). Raises `LocalError` before the handshake is complete."""
        if self._session is None or self._state is not State.ESTABLISHED:
            raise LocalError("no keying material before the handshake is complete")
        return self._session.export(label, length, context)

    # --- records -------------------------------------------------------------------------------

    def _receive_record(self, record: Record, now: float) -> None:
        if self._state is State.CLOSED:
            return
        epoch = record.number >> 48
        if epoch == 0:
            self._receive_plain(record, now)
        elif epoch == 1 and record.version == VERSION:
            self._receive_protected(record, now)
        else:
            self.counters["record_of_unknown_epoch"] += 1

    def _receive_plain(self, record: Record, now: float) -> None:
        if self._state is State.ESTABLISHED:
            # Anybody can write these. RFC 6347 4.2.8: a new ClientHello is the owner's business.
            self.counters["plain_record_after_handshake"] += 1
        elif record.type == _HANDSHAKE:
            self._receive_fragments(record, record.fragment, now)
        elif record.type == _ALERT:
            self._receive_alert(record.fragment)
        elif record.type != _CHANGE_CIPHER_SPEC:
            self.counters["plain_record_of_protected_type"] += 1
        # ChangeCipherSpec changes nothing here: a record's epoch says how it is protected, and keys
        # exist only after the key exchange, so an early one has no effect (RFC 6347 4.2.5).

    def _receive_protected(self, record: Record, now: float) -> None:
        if self._reader is None:
            self._keep_early(record)
            return
        try:
            content = self._reader.open(record)
        except CryptoError:
            self.counters["record_not_authentic"] += 1
            return
        if content is None:
            self.counters["record_replayed"] += 1
        elif record.type == _HANDSHAKE:
            self._receive_fragments(record, content, now)
        elif record.type == _APPLICATION_DATA:
            self._receive_application(content)
        elif record.type == _ALERT:
            self._receive_alert(content)
        elif record.type == _ACK:
            self._receive_ack(content)
        else:
            self.counters["record_type_unknown"] += 1

    def _keep_early(self, record: Record) -> None:
        held = sum(len(early.fragment) for early in self._early)
        too_much = len(self._early) >= EARLY_RECORDS or held + len(record.fragment) > EARLY_OCTETS
        if too_much or not self.handshake_started:
            self.counters["record_before_keys"] += 1
        else:
            self._early.append(record)

    def _receive_application(self, content: bytes) -> None:
        if self._state is State.ESTABLISHED:
            self._events.append(ApplicationDataReceived(content))
        else:  # RFC 6347 4.2.4: discarded before the peer's Finished
            self.counters["application_data_before_finished"] += 1

    def _receive_alert(self, content: bytes) -> None:
        try:
            level, description = decode_alert(content)
        except DecodeError:
            self.counters["alert_malformed"] += 1
            return
        if description == AlertDescription.CLOSE_NOTIFY:
            if self._state is State.ESTABLISHED:
                self._out.alert(AlertLevel.WARNING, AlertDescription.CLOSE_NOTIFY)
            self._end("close_notify", description, local=False)
        elif level == AlertLevel.FATAL:
            self._end(f"alert: {alert_name(description)}", description, local=False)
        else:
            self.counters["alert_warning"] += 1

    def _receive_ack(self, content: bytes) -> None:
        self.counters["ack_not_expected"] += 1

    # --- handshake messages --------------------------------------------------------------------

    def _receive_fragments(self, record: Record, content: bytes, now: float) -> None:
        try:
            fragments = decode_fragments(content)
        except DecodeError:
            self.counters["fragment_malformed"] += 1
            return
        for fragment in fragments:
            if self._state is not State.CLOSED:
                self._receive_fragment(fragment, record, now)

    def _receive_fragment(self, fragment: Fragment, record: Record, now: float) -> None:
        epoch, kind = record.number >> 48, fragment.type
        if kind == _HELLO_REQUEST or (epoch and kind == _CLIENT_HELLO):
            self._refuse_renegotiation(epoch)
        elif (epoch == 1) != (kind in _EPOCH_1_MESSAGES):
            self.counters["message_in_wrong_epoch"] += 1
        elif not (self._admitted or self._admit(fragment, record, now)):
            self.counters["message_not_expected"] += 1
        elif fragment.sequence < self._reassembler.next_sequence:
            self._receive_old(fragment, record, now)
        else:
            message = self._reassembler.push(fragment, epoch, record.number)
            while message is not None and self._state is not State.CLOSED:
                self._receive_message(message, now)
                message = self._reassembler.pop()

    def _admit(self, fragment: Fragment, record: Record, now: float) -> bool:
        """Server: whether the first message may start a handshake."""
        raise NotImplementedError

    def _receive_message(self, message: Message, now: float) -> None:
        handler = self.TRANSITIONS.get((self._state, message.type))
        if handler is None:
            what = f"message {message.type} in {self._state.name}"
            raise RemoteError(what, AlertDescription.UNEXPECTED_MESSAGE)
        if message.type not in _HASHED_BY_HANDLER:
            self._transcript.add(message.raw)
        handler(self, message, now)

    def _receive_old(self, fragment: Fragment, record: Record, now: float) -> None:
        """The peer repeats itself."""
        self.counters["message_repeated"] += 1
        self._out.provoke(now)

    def _refuse_renegotiation(self, epoch: int) -> None:
        """RFC 5246 7.2.2: a warning, once. Before the handshake is complete it is not even that."""
        self.counters["renegotiation_refused"] += 1
        if epoch and self._state is State.ESTABLISHED and not self._warned:
            self._warned = True
            self._out.alert(AlertLevel.WARNING, AlertDescription.NO_RENEGOTIATION)

    def _queue_finished(self, label: bytes) -> None:
        """ChangeCipherSpec and our Finished."""
        assert self._session is not None
        self._out.queue_change_cipher_spec()
        body = self._session.finished(label, self._transcript)
        self._out.queue(HandshakeType.FINISHED, body, epoch=1)

    def _replay_early(self, now: float) -> None:
        """Open what came before its keys."""
        early, self._early = self._early, []
        for record in early:
            self._receive_record(record, now)

    def _complete(self) -> None:
        """Both Finished are done."""
        assert self._session is not None
        self._state = State.ESTABLISHED
        self._out.timer.stop()
        self._transcript.reset()
        self._events.append(
            HandshakeCompleted(
                self._srtp_profile,
                self._ekt_cipher,
                self._peer.fingerprint,
                self._peer.certificates,
                self._peer.external_session_id,
                self._session.suite.code,
                self._session.extended,
            )
        )

    # --- room for client and server ------------------------------------------------------------

    def _after_datagram(self, now: float) -> None:
        """Client: acknowledge what this datagram brought, or see what it lacked."""

    def _start_transfers(self, now: float) -> None:
        """Server: start sending the ekt_key that is next."""

    def _abandon_transfers(self) -> None:
        """Server: report ekt_keys that will not arrive any more."""

    # --- the end -------------------------------------------------------------------------------

    def _fail(self, reason: str, alert: int) -> None:
        """The peer broke a rule: one fatal alert, then silence."""
        if self._state is State.CLOSED:
            return
        try:
            self._out.alert(AlertLevel.FATAL, alert)
        except CryptoError:
            self.counters["alert_not_sent"] += 1
        self._end(reason, int(alert), local=True)

    def _end(self, reason: str, alert: int | None, *, local: bool) -> None:
        self._state = State.CLOSED
        self._out.stop()
        self._early = []
        self._abandon_transfers()
        self._events.append(ConnectionClosed(reason, alert, local))


def alert_name(description: int) -> str:
    """Lower-case name of the field, or the number."""
    try:
        return AlertDescription(description).name.lower()
    except ValueError:
        return str(description)
