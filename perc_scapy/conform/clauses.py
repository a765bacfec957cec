# SPDX-License-Identifier: GPL-2.0-only
"""Where in its document each judged requirement stands."""

from __future__ import annotations

from perc_scapy.conform.requirements import requirements

_OBJECTIVES, _ROLES = "tunnel objectives, 4 April 2016", "roles, 27 April 2016"
_FUNCTIONS, _TRANSPORT = (
    "functional requirements, 27 April 2016",
    "transport requirements, 27 April 2016",
)

_SECTIONS = {
    "section 5.1": "T00-EP-02 T00-EP-03 T00-EP-04 T00-EP-05 T00-EP-06 T00-EP-07",
    "sections 4, 5.2": "T00-TUN-01 T00-MDD-05",
    "section 4": "T00-TUN-02 T00-TUN-03",
    "section 5": "T00-TUN-07",
    "section 5.2": "T00-MDD-01 T00-MDD-02 T00-MDD-03 T00-MDD-04 T00-MDD-06 T00-MDD-07 T00-MDD-08 T00-MDD-09 "
    "T00-MDD-11 T00-MDD-12 T00-MDD-13 T00-MDD-14",
    "section 5.3": "T00-KMF-02 T00-KMF-04 T00-KMF-05 T00-KMF-06 T00-KMF-07 T00-KMF-08 T00-KMF-09 T00-KMF-10 "
    "T00-KMF-11 T00-KMF-12 T00-KMF-13 T00-KMF-14 T00-KMF-15",
    "section 5.2, conference identifier": "T00-KMF-16",
    "section 6": "T00-WIRE-01 T00-WIRE-02 T00-WIRE-03 T00-WIRE-04 T00-WIRE-05 T00-WIRE-06 T00-WIRE-07 T00-WIRE-08",
    _OBJECTIVES: "SLD-OBJ-03 SLD-OBJ-05 SLD-OBJ-06 SLD-OBJ-07",
    _ROLES: "SLD-ROLE-01 SLD-ROLE-02",
    _FUNCTIONS: "SLD-FUN-01 SLD-FUN-02 SLD-FUN-03",
    _TRANSPORT: "SLD-TRN-01 SLD-TRN-03 SLD-TRN-05",
    "RFC 8871 section 3.1.1": "R8871-01 R8871-02 R8871-03",
    "RFC 8871 section 4.2": "R8871-04",
    "RFC 8871 section 4.4": "R8871-09 R8871-10 R8871-12 R8871-14",
    "RFC 8871 section 4.5.1": "R8871-07 R8871-08 R8871-20",
    "RFC 8871 section 4.5.2": "R8871-21 R8871-22",
    "RFC 8871 sections 4.1, 4.3": "R8871-15",
    "RFC 8871 section 6.2": "R8871-11 R8871-31",
    "RFC 8871 section 6.3": "R8871-24",
    "RFC 8871 sections 6.1, 6.3": "R8871-32",
    "RFC 8871 section 8.2.2": "R8871-13",
    "RFC 8871 section 8.2": "R8871-34",
    "RFC 8871 section 8.4": "R8871-36",
    '"E2E Key Confidentiality"': "FW16-01",
    '"End-to-End and Hop-by-Hop Authenticated Encryption"': "FW16-05",
    '"Key Exchange during a Conference"': "FW16-07",
    '"Replay Attack"': "FW16-09",
    '"Splicing Attack"': "FW16-10",
    '"What is Needed to Realize this Framework"': "FW16-11",
    "section 4.1": "EKT-01 EKT-02 EKT-03 EKT-13 EKT-19",
    "sections 4, 4.3": "EKT-06",
    "section 4.3.1": "EKT-07 EKT-14 EKT-16",
    "section 4.3.2": "EKT-09 EKT-10 EKT-12",
    "section 4.4.1 and RFC 5649": "EKT-04",
    "section 4.5": "EKT-17",
    "section 4.6": "EKT-15",
    "sections 4.4.1, 6": "EKT-05",
    "sections 4.4, 6": "EKT-18",
    "section 5.2.1": "EKT-22",
    "section 5.2.2": "EKT-23 EKT-24",
    "sections 4.3, 5.2": "EKT-21 EKT-26",
    "section 3": "DBL-02",
    "section 10.1": "DBL-01",
    "sections 4, 5.1": "DBL-03 DBL-05",
    "section 5.1, step 3": "DBL-04",
    "section 4, OHB": "DBL-07",
    "section 5.2, OHB": "DBL-06 DBL-10",
    "section 5.2, relaying": "DBL-11 DBL-12",
    "sections 5.2, 9": "DBL-13 DBL-14",
    "section 6, RTCP": "DBL-15",
    "section 5.1 and RFC 7714 section 8.4": "DBL-18",
    "RFC 7714 section 8.4": "SRT-01",
    "RFC 3711 section 4.3": "SRT-02",
    "RFC 3711 section 3.3.1": "SRT-03",
    "RFC 3711 section 3.3.2, RFC 7714 section 8.4": "SRT-04",
    "RFC 3711 section 3.4, RFC 7714 section 9.4": "SRT-05",
    "RFC 7714 section 8.2": "SRT-06",
    "RFC 5764 section 4.1.1": "DTL-01",
    "RFC 5764 section 4.2": "DTL-02",
    "RFC 5764 section 5.1.2, RFC 7983": "DTL-03",
    "RFC 6347 section 4.1": "DTL-04",
    "RFC 6347 section 4.2.4": "DTL-05",
    "RFC 9185 section 5.1": "R9185-EP-02 R9185-EP-04",
    "RFC 9185 section 5.2": "R9185-TUN-01 R9185-TUN-02 R9185-TUN-03",
    "RFC 9185 section 5.3": "R9185-MD-01 R9185-MD-02 R9185-MD-03 R9185-MD-04 R9185-MD-05 R9185-MD-06 R9185-MD-07",
    "RFC 9185 section 5.4": "R9185-KD-03 R9185-KD-05 R9185-KD-06 R9185-KD-07 R9185-KD-08 R9185-KD-09 R9185-KD-10 "
    "R9185-KD-12",
    "RFC 9185 section 5.5": "R9185-VER-01",
    "RFC 9185 section 6": "R9185-WIRE-01",
}
_SECTION_OF = {id_: section for section, ids in _SECTIONS.items() for id_ in ids.split()}


def clause_of(id_: str) -> str:
    """Document and section of a requirement; the document alone where the table knows no section."""
    source, section = requirements()[id_].source, _SECTION_OF.get(id_, "")
    if section.startswith("RFC "):
        return section
    return f"{source}, {section}" if section else source
