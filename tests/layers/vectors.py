# SPDX-License-Identifier: GPL-2.0-only
"""Worked examples of tunnel messages, octet for octet, computed by hand from the documents' structures."""

ASSOCIATION = bytes.fromhex("a0a1a2a3a4a546a788a9aaabacadaeaf")
CONFERENCE = bytes(range(0xC0, 0xD0))
HELLO_VERIFY_REQUEST = bytes.fromhex(
    "16feff000000000000000000170300000b000000000000000bfeff080102030405060708"
)
CLIENT_HELLO = bytes.fromhex(
    "16feff00000000000000000043010000370000000000000037fefd000102030405060708090a0b0c0d0e0f10111213"
    "1415161718191a1b1c1d1e1f00000002c02b0100000b000e000700040009000a00"
)
FINISHED = bytes.fromhex("14fefd000000000000000500010116fefd00010000000000000030") + b"\xee" * 48
KEYS = (b"\x11" * 16, b"\x22" * 16, b"\x33" * 12, b"\x44" * 12)
KEYS_256 = (b"\x11" * 32, b"\x22" * 32, b"\x33" * 12, b"\x44" * 12)

HEADER_00 = b"\x01\x00" + ASSOCIATION + CONFERENCE

V00_E = HEADER_00 + bytes.fromhex("000024") + HELLO_VERIFY_REQUEST
V00_P = HEADER_00 + bytes.fromhex("0100040009000a000050") + CLIENT_HELLO
V00_K = (
    HEADER_00
    + bytes.fromhex("020009")
    + b"".join(len(key).to_bytes(2, "big") + key for key in KEYS)
    + bytes.fromhex("004b")
    + FINISHED
)
V00_M = HEADER_00 + bytes.fromhex("010002000702abcd0024") + HELLO_VERIFY_REQUEST
V00_Z = HEADER_00 + bytes(3)
DRAFT00 = {"V00-E": V00_E, "V00-P": V00_P, "V00-K": V00_K, "V00-M": V00_M, "V00-Z": V00_Z}
SIZES_00 = {"V00-E": 73, "V00-P": 124, "V00-K": 178, "V00-M": 80, "V00-Z": 37}

V9185_S = bytes.fromhex("0100070000040009000a")
V9185_U = bytes.fromhex("02000100")
V9185_K = (
    bytes.fromhex("03004f")
    + ASSOCIATION
    + bytes.fromhex("000900")
    + b"".join(bytes((len(key),)) + key for key in KEYS)
)
V9185_K2 = (
    bytes.fromhex("030070")
    + ASSOCIATION
    + bytes.fromhex("000a0101")
    + b"".join(bytes((len(key),)) + key for key in KEYS_256)
)
V9185_T = bytes.fromhex("040036") + ASSOCIATION + b"\x00\x24" + HELLO_VERIFY_REQUEST
V9185_D = bytes.fromhex("050010") + ASSOCIATION
RFC9185 = {
    "V9185-S": V9185_S,
    "V9185-U": V9185_U,
    "V9185-K": V9185_K,
    "V9185-K2": V9185_K2,
    "V9185-T": V9185_T,
    "V9185-D": V9185_D,
}
SIZES_9185 = {
    "V9185-S": 10,
    "V9185-U": 4,
    "V9185-K": 82,
    "V9185-K2": 115,
    "V9185-T": 57,
    "V9185-D": 19,
}
