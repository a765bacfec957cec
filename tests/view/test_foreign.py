# SPDX-License-Identifier: GPL-2.0-only
"""Places of fields in a layer of Scapy's own."""

from perc_scapy.layers.bind import load_stun
from perc_scapy.view.foreign import foreign_fields


def test_places_of_a_binding_response() -> None:
    octets = bytes.fromhex("0101000c2112a442" + "11" * 12 + "002000080001a147e112a643")
    packet = load_stun()(octets)
    found = {name: (offset, length) for name, _, offset, length in foreign_fields(packet)}
    assert found["stun_message_type"] == (0, 2)
    assert found["length"] == (2, 2)
    assert found["transaction_id"] == (8, 12)
    assert found["attributes[0]"] == (20, 12)
    inner = {
        name: (offset, length) for name, _, offset, length in foreign_fields(packet.attributes[0])
    }
    assert inner["xport"] == (6, 2)
    assert inner["xip"] == (8, 4)


class Broken:
    """A packet whose field cannot be written again."""

    class _Field:
        name = "x"

        def addfield(self, *_: object) -> bytes:
            raise ValueError

    fields_desc = (_Field(),)

    def getfieldval(self, name: str) -> int:
        return 3


def test_a_field_that_cannot_say_its_length() -> None:
    assert list(foreign_fields(Broken())) == [("x", 3, 0, 0)]
