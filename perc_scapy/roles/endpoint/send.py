# SPDX-License-Identifier: GPL-2.0-only
"""What an endpoint sends: its RTP stream under double SRTP with EKT, or plain SRTP in an hbh_only conference."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.ekt_sender import EktSender
from perc_scapy.crypto.perc import PercSender
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import CryptoError, LocalError
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import SendingKeyChanged, SsrcChanged
from perc_scapy.roles.endpoint.rtcp import SenderInfo, ntp_time
from perc_scapy.roles.endpoint.rtp import MASK32, RtpPacket, build_rtp


class SendingStream:
    """One SSRC. Sequence number and timestamp start at random values (RFC 3550 5.1)."""

    def __init__(
        self,
        config: EndpointConfig,
        profile: int,
        outer: SrtpContext,
        random: Callable[[int], bytes],
    ) -> None:
        self._config, self._profile, self._random = config, profile, random
        self._outer = outer
        self._perc: PercSender | None = None
        self._waiting: deque[tuple[float, EktParameters, float]] = deque()
        """(time of use, parameters, time of receipt) of EKT keys that others may not hold yet."""
        self._taken: dict[int, str] = {}
        """Key id of each SPI ever taken for sending: a repeat must not start it again at epoch 0."""
        self.ssrc = int.from_bytes(random(4), "big") if config.ssrc is None else config.ssrc
        # RFC 3711 3.3.1: below 2^15, so that no receiver mistakes an early reordering for a wrap.
        self._sequence = int.from_bytes(random(2), "big") & 0x7FFF
        self._timestamp_offset = int.from_bytes(random(4), "big")
        self._key_id = ""
        self._parameters: tuple[EktParameters, float] | None = None
        """The EKT key in use for sending, and when it came."""
        self.packets = self.octets = 0
        self.reported = 0
        """Packets sent when the last report was made."""
        self._last = (0, 0.0)

    @property
    def ready(self) -> bool:
        """True when media may be sent: with EKT not before the first ekt_key."""
        return self._perc is not None or not SRTP_PROFILES[self._profile].is_double

    @property
    def key_id(self) -> str:
        """Name of the own master key that is announced now; "" without EKT."""
        return self._key_id

    @property
    def ekt(self) -> EktSender | None:
        """Schedule of full fields and the own master key; None without EKT or before the first ekt_key."""
        return None if self._perc is None else self._perc.ekt

    # -- keys ---------------------------------------------------------------------------------------------------

    def add_parameters(self, parameters: EktParameters, now: float) -> bool:
        """Take an EKT key: the first one at once (True), a later one after the configured delay.

        Raises `CryptoError` when it is too weak or its salt too short.
        """
        if self._taken.get(parameters.spi) == parameters.key.id:
            return False
        self._taken[parameters.spi] = parameters.key.id
        if self._perc is not None:
            self._waiting.append((now + self._config.key_change_delay, parameters, now))
            return False
        self._begin(parameters, now)
        self._parameters = parameters, now
        return True

    def _begin(self, parameters: EktParameters, now: float, encryptions: int = 0) -> None:
        master_key = self._new_master_key()
        sender = EktSender(
            parameters,
            key_length=len(master_key),
            random=self._random,
            now=now,
            master_key=master_key,
            full_interval=self._config.full_interval,
            hold=self._config.hold,
            encryptions=encryptions,
        )
        self._perc = PercSender(self._profile, self._outer, sender)
        self._key_id = master_key.id

    def change_ssrc(self, now: float) -> SsrcChanged:
        """Go on as a new source with a key of its own, which the first packets announce (RFC 3550 section 8.2)."""
        old = self.ssrc
        drawn = int.from_bytes(self._random(4), "big")
        self.ssrc = drawn ^ 1 if drawn == old else drawn
        self._sequence = int.from_bytes(self._random(2), "big") & 0x7FFF
        self.packets = self.octets = self.reported = 0
        if self._perc is not None and self._parameters is not None:
            parameters, received = self._parameters
            left = max(0, int(parameters.ttl - (now - received)))
            self._begin(replace(parameters, ttl=left), now, self._perc.ekt.encryptions)
        return SsrcChanged(old, self.ssrc, now)

    def get_timer(self) -> float | None:
        """When the next waiting EKT key comes into use."""
        return self._waiting[0][0] if self._waiting else None

    def change_keys(self, now: float) -> SendingKeyChanged | None:
        """Begin to use the newest EKT key whose time has come: new master key, epoch 0 (RFC 8870 section 4.3.1)."""
        newest = None
        while self._waiting and self._waiting[0][0] <= now:
            _, newest, received = self._waiting.popleft()
        if newest is None or self._perc is None:
            return None
        left = max(0, int(newest.ttl - (now - received)))
        master_key = self._new_master_key()
        try:
            self._perc.ekt.set_parameters(replace(newest, ttl=left), now, master_key)
        except CryptoError:
            return None  # the SPI in use, given to another key: nobody could tell them apart
        self._key_id, self._parameters = master_key.id, (newest, received)
        return self.key_event()

    def rekey(self, now: float) -> SendingKeyChanged:
        """New master key under the same EKT key, next epoch. Raises `KeyExhaustedError` after 65535 of them."""
        if self._perc is None:
            raise LocalError("no EKT key, so no end-to-end key to change")
        master_key = self._new_master_key()
        self._perc.ekt.rekey(now, master_key)
        self._key_id = master_key.id
        return self.key_event()

    def _new_master_key(self) -> Key:
        # RFC 8871 section 6.4: the end-to-end half of the DTLS-SRTP key, which the KMF knows, is not used.
        return Key(self._random(SRTP_PROFILES[self._profile].layer.key_length))

    def key_event(self) -> SendingKeyChanged:
        """Names of the own master key that is announced now."""
        assert self._perc is not None
        ekt = self._perc.ekt
        return SendingKeyChanged(self.ssrc, ekt.spi, ekt.epoch, self._key_id)

    # -- packets ------------------------------------------------------------------------------------------------

    def protect(
        self, payload: bytes, timestamp: int, payload_type: int, marker: bool, now: float
    ) -> bytes:
        """The next packet of the stream. Raises `KeyExhaustedError` when the EKT key may no longer be used."""
        if not 0 <= payload_type < 64 and not 96 <= payload_type < 128:
            raise LocalError("payload types 64 … 95 would pass for RTCP (RFC 5761 section 4)")
        stamp = timestamp + self._timestamp_offset & MASK32
        rtp = build_rtp(RtpPacket(payload_type, marker, self._sequence, stamp, self.ssrc, payload))
        wire = self._outer.protect(rtp) if self._perc is None else self._perc.protect(rtp, now)
        self._sequence = self._sequence + 1 & 0xFFFF
        self.packets, self.octets = self.packets + 1, self.octets + len(payload)
        self._last = stamp, now
        return wire

    def protect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP of the outer layer only (RFC 8723 section 6)."""
        return self._outer.protect_rtcp(packet)

    def sender_info(self, now: float) -> SenderInfo | None:
        """For an SR; None when nothing was sent since the last report (RFC 3550 6.4)."""
        if self.packets == self.reported:
            return None
        self.reported = self.packets
        stamp, at = self._last
        stamp = stamp + int((now - at) * self._config.clock_rate) & MASK32
        return SenderInfo(ntp_time(now), stamp, self.packets & MASK32, self.octets & MASK32)
