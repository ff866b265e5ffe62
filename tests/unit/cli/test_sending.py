"""What ``produce`` makes of an event's fields: attributes of messages, routing keys, batches in order."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from workbench.cli.attributes import Attributes, field_text
from workbench.cli.publishing import Publishing
from workbench.control.queues import PublishedList, PublishRecords
from workbench.core.errors import Invalid
from workbench.core.records import Record
from workbench.core.routing import Published


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (b'{"a":{"b":"x"}}', "a.b", b"x"), (b'{"n":17}', "n", b"17"), (b'{"n":null}', "n", None),
        (b'{"n":{"x":1}}', "n", b'{"x":1}'), (b'[1,"two"]', "1", b"two"), (b"GET /a 200", "2", b"/a"),
        (b"user=ann", "/user=(.*)/", b"ann"), (b"plain", "name", None), (None, "a", None), (b"\xff\xfe", "a", None),
    ],
)
def test_a_field_of_an_event(value: bytes | None, name: str, text: bytes | None):
    assert field_text(value, name) == text


def test_attributes_become_headers_of_every_message():
    attributes = Attributes.of([("from", "boss")], 1500, None, 9, "customer", "id")
    record = attributes.of_record(Record(None, b'{"customer":"C-1","id":7}'))
    assert record.headers == (
        ("from", b"boss"), ("workbench.delay.ms", b"1500"), ("workbench.priority", b"9"),
        ("workbench.group", b"C-1"), ("workbench.dedup.id", b"7"),
    )
    with pytest.raises(Invalid, match="customer"):
        attributes.of_record(Record(None, b'{"id":7}'))


def test_attributes_may_differ_by_event():
    fields = [("country", "at.country"), ("workbench.delay.ms", "wait"), ("workbench.priority", "rank")]
    attributes = Attributes.of([], None, None, None, "", "", fields)
    record = attributes.of_record(Record(None, b'{"wait":20,"rank":"7","at":{"country":"AT"}}'))
    assert record.headers == (("country", b"AT"), ("workbench.delay.ms", b"20"), ("workbench.priority", b"7"))
    with pytest.raises(Invalid, match="«wait» of an event is «soon»"):
        attributes.of_record(Record(None, b'{"wait":"soon","rank":7,"at":{"country":"AT"}}'))


@dataclass
class Exchange:
    """Takes what is published, and answers each record by its value."""

    answers: dict[bytes, Published] = field(default_factory=dict)
    taken: list[tuple[str, list[bytes]]] = field(default_factory=list)

    def call(self, command: PublishRecords) -> PublishedList:
        values = [record.value or b"" for record in command.records]
        self.taken.append((command.routing_key, values))
        return PublishedList(tuple(self.answers.get(value, Published(("jobs",))) for value in values))


def test_a_routing_key_takes_fields_and_the_order_of_events_stays():
    host = Exchange()
    publishing = Publishing(host, "orders", "order.{country}", mandatory=False)
    values = [b'{"country":"at","n":%d}' % n for n in range(2)] + [b'{"country":"de"}', b'{"country":"at"}']
    for value in values:
        publishing.add(Record(None, value))
    publishing.flush()
    assert [(key, len(records)) for key, records in host.taken] == [("order.at", 2), ("order.de", 1), ("order.at", 1)]
    assert [value for _, records in host.taken for value in records] == values
    assert (publishing.sent, publishing.queues) == (4, {"jobs": 4})
    with pytest.raises(Invalid, match="country"):
        publishing.add(Record(None, b"{}"))


def test_what_came_of_each_event_is_told_apart():
    host = Exchange({
        b"lost": Published(), b"back": Published(returned="No queue takes «x»."),
        b"full": Published(refused=("jobs",), confirmed=False),
    })
    publishing = Publishing(host, "orders", "x", mandatory=True)
    for value in (b"fine", b"lost", b"back", b"full"):
        publishing.add(Record(None, value))
    publishing.flush()
    assert publishing.counts == {"confirmed": 3, "returned": 1, "unroutable": 2, "refused": 1}
    assert publishing.trouble == "No queue takes «x»."
