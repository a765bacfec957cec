# SPDX-License-Identifier: GPL-2.0-only
"""One extension of a hello. Client and server forms differ, so each hello has its own class and table."""

from __future__ import annotations

from perc_scapy.codes import ExtensionType as T
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls import extensions as ext
from perc_scapy.layers.fields import OPAQUE, U16, Select

BOTH = {
    T.MAX_FRAGMENT_LENGTH: ext.ExtMaxFragmentLength,
    T.SUPPORTED_GROUPS: ext.ExtSupportedGroups,
    T.EC_POINT_FORMATS: ext.ExtECPointFormats,
    T.SIGNATURE_ALGORITHMS: ext.ExtSignatureAlgorithms,
    T.HEARTBEAT: ext.ExtHeartbeat,
    T.PADDING: ext.ExtPadding,
    T.ENCRYPT_THEN_MAC: ext.ExtEncryptThenMac,
    T.EXTENDED_MASTER_SECRET: ext.ExtExtendedMasterSecret,
    T.RECORD_SIZE_LIMIT: ext.ExtRecordSizeLimit,
    T.COOKIE: ext.ExtCookie,
    T.SIGNATURE_ALGORITHMS_CERT: ext.ExtSignatureAlgorithms,
    T.CONNECTION_ID: ext.ExtConnectionId,
    T.EXTERNAL_ID_HASH: ext.ExtExternalIdHash,
    T.EXTERNAL_SESSION_ID: ext.ExtExternalSessionId,
    T.RENEGOTIATION_INFO: ext.ExtRenegotiationInfo,
}
"""Extensions of the same form in both hellos."""

CLIENT = {
    T.SERVER_NAME: ext.ExtServerName,
    T.STATUS_REQUEST: ext.ExtStatusRequest,
    T.USE_SRTP: ext.ExtUseSRTP,
    T.ALPN: ext.ExtALPN,
    T.SESSION_TICKET: ext.ExtSessionTicket,
    T.SUPPORTED_EKT_CIPHERS: ext.ExtSupportedEKTCiphers,
    T.SUPPORTED_VERSIONS: ext.ExtSupportedVersions,
    T.KEY_SHARE: ext.ExtKeyShare,
}
SERVER = {
    T.SERVER_NAME: ext.ExtServerNameAck,
    T.STATUS_REQUEST: ext.ExtStatusRequestAck,
    T.USE_SRTP: ext.ExtUseSRTPSelected,
    T.ALPN: ext.ExtALPNSelected,
    T.SESSION_TICKET: ext.ExtSessionTicketAck,
    T.SUPPORTED_EKT_CIPHERS: ext.ExtSelectedEKTCipher,
    T.SUPPORTED_VERSIONS: ext.ExtSelectedVersion,
    T.KEY_SHARE: ext.ExtKeyShareSelected,
}


class DTLSExtension(PercPacket):
    """What both kinds of extension share; `DTLSExtension in packet` finds either."""

    name = "Hello extension"
    match_subclass = True
    fields_desc = (
        U16("type", None, enum=T),
        U16("length", None),
    )

    def brief(self) -> str:
        return self._shown("type").lower()


class DTLSClientExtension(DTLSExtension):
    """An extension of a ClientHello."""

    name = "ClientHello extension"
    fields_desc = (
        *DTLSExtension.fields_desc,
        Select("body", on="type", cases=BOTH | CLIENT, size="length", other=OPAQUE),
    )


class DTLSServerExtension(DTLSExtension):
    """An extension of a ServerHello."""

    name = "ServerHello extension"
    fields_desc = (
        *DTLSExtension.fields_desc,
        Select("body", on="type", cases=BOTH | SERVER, size="length", other=OPAQUE),
    )
