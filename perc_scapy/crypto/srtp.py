# SPDX-License-Identifier: BSD-3-Clause
"""SRTP and SRTCP cryptographic context: one master key, one direction, any number of SSRCs (RFC 3711, RFC 7714)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from struct import Struct

from cryptography.exceptions import InvalidTag

from perc_scapy.crypto.kdf import AUTH_KEY_LENGTH, MasterKey, SessionKeys, session_keys
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.replay import DEFAULT_WINDOW, MAX_INDEX, MAX_RTCP_INDEX, Stream
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.transforms import BAD_TAG, E_BIT, GcmTransform, Transform, make_transform
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    KeyExhaustedError,
    LocalError,
    NonceReuseError,
    ReplayError,
    StreamLimitError,
)
from perc_scapy.wire import rtp_header_length

AeadCall = Callable[[bytes, bytes, bytes], bytes]
"""(IV, octets, associated data) -> octets."""
MAX_STREAMS = 4096
"""SSRCs whose full index state one context keeps. Of the oldest beyond it, the highest index alone remains: as soon as
such an SSRC comes back, it goes on above that."""
MAX_RETIRED = 65536
"""Highest indices kept of retired SSRCs; when they are full too, a further SSRC is refused (`StreamLimitError`):
to forget one altogether would allow its replay, or repeat its nonces."""
SEQ_SSRC = Struct("!2xH4xI").unpack_from
_PLAIN_HEADER = 0x80
"""First octet, padding bit aside, of a header without CSRC list and extension: it ends after 12 octets."""


def header_end(packet: bytes) -> int:
    """Length of the RTP header, fast for the usual one; raises `DecodeError`."""
    if len(packet) >= 12 and packet[0] & 0xDF == _PLAIN_HEADER:
        return 12
    return rtp_header_length(packet)


class SrtpContext:
    """Protects or unprotects packets of one direction under one master key of a single profile.

    State changes only after authentication. Use one object for sending or for receiving, not for both: the index
    list that refuses a replay in one direction is the one that refuses a repeated nonce in the other.
    """

    __slots__ = (
        "_master", "_retired", "_rtcp_retired", "_rtcp_streams", "_tags", "_transforms", "_window", "decrypt",
        "encrypt", "key_digest", "opened", "profile", "streams",
    )  # fmt: skip
    _master: MasterKey | None

    def __init__(
        self, profile: int, master_key: bytes, master_salt: bytes, *, window: int = DEFAULT_WINDOW
    ) -> None:
        """`LocalError` for a double or NULL profile, a key or salt of another length, a window below 64."""
        self._begin(_single(profile), MasterKey(Key(master_key), Key(master_salt)), window)

    def _begin(self, row: SrtpProfile, master: MasterKey, window: int) -> None:
        _check_lengths(row, *master)
        self._fill(row, window)
        self._master = master
        self.key_digest = hashlib.sha256(bytes(master.key)).digest()
        """SHA-256 of the master key: tells whether two contexts share it (RFC 8723 section 5.2)."""

    @classmethod
    def for_reading(cls, profile: int, master_key: bytes, master_salt: bytes) -> SrtpContext:
        """For readers of captures: a NULL profile is no mistake. Who sends or receives must not use one."""
        context = cls.__new__(cls)
        master = MasterKey(Key(master_key), Key(master_salt))
        context._begin(_single(profile, allow_null=True), master, DEFAULT_WINDOW)
        return context

    @classmethod
    def from_session_keys(
        cls,
        profile: int,
        rtp: SessionKeys,
        rtcp: SessionKeys,
        *,
        window: int = DEFAULT_WINDOW,
        allow_null: bool = False,
    ) -> SrtpContext:
        """A context of keys already derived (RFC 3711 section 4.3), as test vectors give them.

        `key_digest` is then that of the SRTP session key. `LocalError` as for master keys; `allow_null` as in
        `for_reading`.
        """
        row = _single(profile, allow_null=allow_null)
        for keys in (rtp, rtcp):
            _check_lengths(row, keys.key, keys.salt)
            if row.cipher != "aes-gcm" and len(keys.auth) != AUTH_KEY_LENGTH:
                raise LocalError(
                    f"{row.name} takes authentication keys of {AUTH_KEY_LENGTH} octets"
                )
        context = cls.__new__(cls)
        context._fill(row, window)
        context._use(rtp, rtcp)
        context.key_digest = hashlib.sha256(rtp.key).digest()
        return context

    def _fill(self, row: SrtpProfile, window: int) -> None:
        if window < 64:
            raise LocalError("RFC 3711 3.3.2 asks for a replay window of at least 64")
        self.profile = row
        self._master = None
        self._transforms: tuple[Transform, Transform] | None = None
        self.encrypt: AeadCall | None = None
        self.decrypt: AeadCall | None = None
        """AESGCM calls for hot paths, which write out what `seal` and `open` do. None for another cipher, and as long
        as there is no stream."""
        self._tags = row.rtp_tag, row.rtcp_tag
        self._window = window
        self.opened = 0
        """Packet index, of which only the ROC counts, of the SRTP packet that was opened last."""
        self.streams: dict[int, Stream] = {}
        """SRTP index state by SSRC; for hot paths only."""
        self._rtcp_streams: dict[int, Stream] = {}
        self._retired: dict[int, int] = {}
        self._rtcp_retired: dict[int, int] = {}
        """Highest index by SSRC."""

    # -- session keys: derived for the first packet, as many contexts of a busy MDD never see one

    @property
    def _rtp(self) -> Transform:
        return (self._transforms or self._derive())[0]

    @property
    def _rtcp(self) -> Transform:
        return (self._transforms or self._derive())[1]

    def _derive(self) -> tuple[Transform, Transform]:
        assert self._master is not None
        master, self._master = self._master, None
        return self._use(*session_keys(self.profile, master))

    def _use(self, rtp: SessionKeys, rtcp: SessionKeys) -> tuple[Transform, Transform]:
        row = self.profile
        first = make_transform(row, rtp, row.rtp_tag)
        if isinstance(first, GcmTransform):
            self.encrypt, self.decrypt = first.encrypt, first.decrypt
        self._transforms = first, make_transform(row, rtcp, row.rtcp_tag)
        return self._transforms

    # -- SRTP

    def protect(self, rtp: bytes, *, index: int | None = None) -> bytes:
        """SRTP packet of an RTP packet. `index` (65536 * ROC + SEQ) replaces the estimate.

        Raises `NonceReuseError` for an index used before or too old to know, `KeyExhaustedError` beyond ROC
        2^32 - 1, `DecodeError` for what is no RTP, `LocalError` for an index of another SEQ.
        """
        end = header_end(rtp)
        header = rtp[:end]
        return header + self.seal(header, rtp[end:], index)

    def seal(self, header: bytes, payload: bytes, index: int | None = None) -> bytes:
        """`protect` for a packet already cut at its header; returns ciphertext and tag without the header."""
        seq, ssrc = SEQ_SSRC(header)
        stream = self.streams.get(ssrc)
        # Hot path, in line: the next packet in order under AES-GCM.
        if (
            stream is not None
            and stream.expected == seq
            and (index is None or index == stream.start + seq)
            and self.encrypt is not None
        ):
            stream.expected = seq + 1
            return self.encrypt((stream.front ^ seq).to_bytes(12, "big"), payload, header)
        stream = stream or self._add(self.streams, self._retired, ssrc, self._rtp)
        index = self._claim(stream, ssrc, seq, index)
        return self._rtp.seal(stream.base, index, header, payload)

    def _claim(self, stream: Stream, ssrc: int, seq: int, index: int | None) -> int:
        if index is None:
            index = stream.estimate(seq)
        elif index & 0xFFFF != seq:
            raise LocalError("packet index and sequence number differ")
        if not 0 <= index <= MAX_INDEX:
            raise KeyExhaustedError("SRTP: packet index exceeds 48 bits")
        if not stream.is_new(index):
            raise NonceReuseError(f"SRTP: index {index} of SSRC {ssrc:08x} was used under this key")
        stream.mark(index)
        return index

    def unprotect(self, srtp: bytes) -> bytes:
        """RTP packet of an SRTP packet. Raises `DecodeError`, `AuthenticationError`, `ReplayError`, `CryptoError`."""
        end = header_end(srtp)
        header = srtp[:end]
        return header + self.open(header, srtp[end:])

    def open(self, header: bytes, body: bytes, index: int | None = None) -> bytes:
        """`unprotect` for a packet already cut at its header; returns the payload."""
        seq, ssrc = SEQ_SSRC(header)
        stream = self.streams.get(ssrc)
        # Hot path, in line: the next packet in order under AES-GCM.
        if (
            index is None
            and stream is not None
            and stream.expected == seq
            and self.decrypt is not None
        ):
            try:
                payload = self.decrypt((stream.front ^ seq).to_bytes(12, "big"), body, header)
            except InvalidTag:
                raise AuthenticationError(BAD_TAG) from None
            stream.expected = seq + 1
            self.opened = stream.start
            return payload
        return self._open(stream, ssrc, seq, index, header, body)

    def _open(
        self,
        stream: Stream | None,
        ssrc: int,
        seq: int,
        index: int | None,
        header: bytes,
        body: bytes,
    ) -> bytes:
        known = stream or self._make(self._retired, ssrc, self._rtp)
        if index is None:
            index = known.estimate(seq)
        if index > MAX_INDEX:
            raise CryptoError("SRTP: packet index exceeds 48 bits")
        if not known.is_new(index):
            raise ReplayError(f"SRTP: index {index} of SSRC {ssrc:08x} seen before or too old")
        payload = self._rtp.open(known.base, index, header, body)
        if stream is None:
            self._keep(self.streams, self._retired, ssrc, known)
        known.mark(index)
        self.opened = index
        return payload

    def estimate(self, ssrc: int, seq: int) -> int:
        """Packet index that a packet with this SEQ would get now."""
        stream = self.streams.get(ssrc)
        if stream is None and ssrc in self._retired:
            stream = self._make(self._retired, ssrc, self._rtp)
        return seq if stream is None else stream.estimate(seq)

    def last_index(self, ssrc: int) -> int | None:
        """Highest index protected or authenticated; None before the first."""
        stream = self.streams.get(ssrc)
        if stream is None:
            return self._retired.get(ssrc)
        return None if stream.highest < 0 else stream.highest

    def roc(self, ssrc: int) -> int | None:
        """Rollover counter of the highest index; None before the first packet."""
        last = self.last_index(ssrc)
        return None if last is None else last >> 16

    def set_roc(self, ssrc: int, roc: int) -> None:
        """Use `roc` (0 .. 2^32 - 1) for the next packet of this SSRC; the replay list stays."""
        if not 0 <= roc <= 0xFFFFFFFF:
            raise LocalError("a ROC has 32 bits")
        self._stream(ssrc).set_roc(roc)

    # -- SRTCP

    def protect_rtcp(self, rtcp: bytes, *, encrypt: bool = True, index: int | None = None) -> bytes:
        """SRTCP packet of an RTCP (compound) packet; `encrypt=False` only authenticates (E = 0).

        Indices count from 1 per SSRC. Raises `KeyExhaustedError` beyond 2^31 - 1, `NonceReuseError`, `DecodeError`.
        """
        ssrc = _rtcp_ssrc(rtcp, 8)
        stream = self._rtcp_streams.get(ssrc) or self._add(
            self._rtcp_streams, self._rtcp_retired, ssrc, self._rtcp
        )
        if index is None:
            index = max(stream.highest, 0) + 1
        if not 0 <= index <= MAX_RTCP_INDEX:
            raise KeyExhaustedError("SRTCP: index exceeds 31 bits")
        if not stream.is_new(index):
            raise NonceReuseError(
                f"SRTCP: index {index} of SSRC {ssrc:08x} was used under this key"
            )
        stream.mark(index)
        return self._rtcp.seal_rtcp(stream.base, index | E_BIT if encrypt else index, rtcp)

    def unprotect_rtcp(self, srtcp: bytes) -> bytes:
        """RTCP packet of an SRTCP packet. Raises `DecodeError`, `AuthenticationError`, `ReplayError`, `CryptoError`."""
        tag = self._tags[1]
        ssrc = _rtcp_ssrc(srtcp, 12 + tag)
        tail = srtcp[-4:] if self.profile.cipher == "aes-gcm" else srtcp[-4 - tag : -tag]
        index = int.from_bytes(tail, "big") & MAX_RTCP_INDEX
        stream = self._rtcp_streams.get(ssrc)
        known = stream or self._make(self._rtcp_retired, ssrc, self._rtcp)
        if not known.is_new(index):
            raise ReplayError(f"SRTCP: index {index} of SSRC {ssrc:08x} seen before or too old")
        rtcp = self._rtcp.open_rtcp(known.base, srtcp)
        if stream is None:
            self._keep(self._rtcp_streams, self._rtcp_retired, ssrc, known)
        known.mark(index)
        return rtcp

    def rtcp_index(self, ssrc: int) -> int | None:
        """Highest SRTCP index protected or authenticated; None before the first."""
        stream = self._rtcp_streams.get(ssrc)
        if stream is None:
            return self._rtcp_retired.get(ssrc)
        return None if stream.highest < 0 else stream.highest

    # -- streams

    def ssrcs(self) -> list[int]:
        """SSRCs with SRTP state, oldest first."""
        return list(self.streams)

    def seed(self, ssrc: int, index: int) -> None:
        """Estimate the first packet of an SSRC from this index: its ROC is known, its packets are not."""
        self._stream(ssrc).seed(index)

    def refuse_up_to(self, ssrc: int, index: int) -> None:
        """Treat an index and all before it as used: an earlier context with this key may have seen them."""
        self._stream(ssrc).refuse_up_to(index)

    def _stream(self, ssrc: int) -> Stream:
        return self.streams.get(ssrc) or self._add(self.streams, self._retired, ssrc, self._rtp)

    def retire(self, ssrc: int) -> None:
        """The SSRC ended: keep no more of it than forbids a repeat. It may come back, above its last indices."""
        _retire(self.streams, self._retired, ssrc)
        _retire(self._rtcp_streams, self._rtcp_retired, ssrc)

    def _add(
        self, streams: dict[int, Stream], retired: dict[int, int], ssrc: int, transform: Transform
    ) -> Stream:
        return self._keep(streams, retired, ssrc, self._make(retired, ssrc, transform))

    def _make(self, retired: dict[int, int], ssrc: int, transform: Transform) -> Stream:
        stream = Stream(transform.base(ssrc), self._window)
        last = retired.get(ssrc)
        if last is not None:
            stream.refuse_up_to(last)
        return stream

    def _keep(
        self, streams: dict[int, Stream], retired: dict[int, int], ssrc: int, stream: Stream
    ) -> Stream:
        if len(streams) >= MAX_STREAMS:
            retired.pop(ssrc, None)  # one that comes back makes room for the one that goes
            if not _retire(streams, retired, next(iter(streams))):
                raise StreamLimitError(f"SRTP: more than {MAX_RETIRED} SSRCs ended under one key")
        retired.pop(ssrc, None)
        streams[ssrc] = stream
        return stream


def _retire(streams: dict[int, Stream], retired: dict[int, int], ssrc: int) -> bool:
    """False when there is no room, and the stream stays."""
    stream = streams.get(ssrc)
    if stream is not None and len(retired) >= MAX_RETIRED and stream.highest >= 0:
        return False
    if stream is not None:
        del streams[ssrc]
        last = stream.retire()
        if last >= 0:
            retired[ssrc] = last
    return True


def _single(profile: int, *, allow_null: bool = False) -> SrtpProfile:
    row = SRTP_PROFILES.get(profile)
    if row is None or row.is_double:
        raise LocalError(f"a context runs a single profile, not {profile:#06x}")
    if row.cipher == "null" and not allow_null:
        raise LocalError(f"{row.name} does not encrypt and is refused")
    return row


def _check_lengths(row: SrtpProfile, key: bytes, salt: bytes) -> None:
    if (len(key), len(salt)) != (row.key_length, row.salt_length):
        raise LocalError(f"{row.name} takes {row.key_length} + {row.salt_length} octets")


def _rtcp_ssrc(packet: bytes, least: int) -> int:
    if len(packet) < least:
        raise DecodeError("RTCP: packet cut short", len(packet))
    if packet[0] >> 6 != 2:
        raise DecodeError("RTCP: version is not 2", 0)
    return int.from_bytes(packet[4:8], "big")
