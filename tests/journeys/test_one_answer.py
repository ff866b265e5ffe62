"""One record, one meaning: the records filter, a consumer's «Fail if», a forward's filter and map, the export and the
command line all answer alike, whatever the record is written in."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

import cbor2
import msgspec
import pytest

from workbench.broker import Broker, BrokerReader
from workbench.cli import main as cli
from workbench.core.records import Record
from workbench.engines.embedded import EmbeddedEngine
from workbench.flow.document import FlowDocument, Link, Node
from workbench.runtime import FlowRunner
from workbench.serde import decoders_of
from workbench.session.matching import read_filter

EVENT = {"id": 7, "order": {"total": 12.5, "lines": [{"sku": "A-1"}]}, "raw": b"\x00\xff"}
BIG = b'{"n":123456789012345678901234567890,"id":18446744073709551615}'


@dataclass(frozen=True)
class Case:
    """``asked`` is an expression, ``holds`` what all answer to it."""

    name: str
    asked: str
    holds: bool
    key: bytes | None = b"k"
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes | None], ...] = ()
    config: dict[str, str] = field(default_factory=dict)


def pack(value: object) -> bytes:
    return msgspec.msgpack.encode(value)


CASES = (
    Case("a key that is an object", "key.id == 7", True, key=b'{"id":7}'),
    Case("a key that is a number is a name", "key == '17'", True, key=b"17"),
    Case("and no number", "key == 17", False, key=b"17"),
    Case("but where the topic says so", "key == 17", True, key=b"17", config={"key.encoding": "json"}),
    Case("a key of MessagePack", "key.id == 7", True, key=pack({"id": 7})),
    Case("no key", "key == null", True, key=None),
    Case("bytes as a key", r"key == b'\xff\x00'", True, key=b"\xff\x00"),
    Case("json", "value.order.total > 12.0", True, value=b'{"order":{"total":12.5}}'),
    Case("json where it says text", "value == '{\"a\":1}'", True, value=b'{"a":1}', config={"value.encoding": "text"}),
    Case("NaN is no JSON", "value.n == 1", False, value=b'{"n": NaN}'),
    Case("NaN is text", "value.startsWith('{')", True, value=b'{"n": NaN}'),
    Case("NaN of MessagePack equals nothing", "value.n == value.n", False, value=pack({"n": float("nan")})),
    Case("what stands beside NaN", "value.id == 7", True, value=pack({"n": float("nan"), "id": 7})),
    Case("big numbers", "value.id == 18446744073709551615u && value.n > 1e29", True, value=BIG),
    Case("big numbers of CBOR", "value.n == 1.2089258196146292e+24", True, value=cbor2.dumps({"n": 2**80})),
    Case("msgpack, guessed", "value.order.lines[0].sku == 'A-1'", True, value=pack(EVENT)),
    Case("msgpack, chosen", "value.id == 7", True, value=pack(EVENT), config={"value.encoding": "msgpack"}),
    Case("a bare number of MessagePack", "value == 7", True, value=b"\x07", config={"value.encoding": "msgpack"}),
    Case("bytes within", r"value.raw == b'\x00\xff'", True, value=pack(EVENT)),
    Case("cbor, guessed", "value.order.total == 12.5", True, value=cbor2.dumps(EVENT)),
    Case("cbor, chosen", "value.order.total == 12.5", True, value=cbor2.dumps(EVENT),
         config={"value.encoding": "cbor"}),
    Case("bytes that are not what they should be", "value.id == 7", False, value=b"\xc1\x00",
         config={"value.encoding": "msgpack"}),
    Case("and stay bytes", r"value == b'\xc1\x00'", True, value=b"\xc1\x00", config={"value.encoding": "msgpack"}),
    Case("invalid UTF-8", r"value == b'\xff\xfe'", True, value=b"\xff\xfe"),
    Case("invalid UTF-8 as text", r"value == b'\xff\xfe'", True, value=b"\xff\xfe", config={"value.encoding": "text"}),
    Case("a tombstone", "value == null", True, value=None),
    Case("headers twice: the last", "headers.h == 'two'", True, headers=(("h", b"one"), ("h", b"two"))),
    Case("a header that is no text", r"headers.h == b'\xff'", True, headers=(("h", b"\xff"),)),
    Case("a header without a value", "headers.h == null", True, headers=(("h", None),)),
    Case("a header that looks like a number", "headers.h == '17'", True, headers=(("h", b"17"),)),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int], dict[str, int], dict[str, bytes]]:
    """A file with a topic a case, after a flow of two groups a case has run: what failed, and what was passed on."""
    path = tmp_path_factory.mktemp("one") / "one.flow"
    with Broker.create(path) as broker:
        for number, case in enumerate(CASES):
            broker.create_topic(f"t{number}", config=case.config)
            broker.append(f"t{number}", 0, [Record(case.key, case.value, case.headers)]).result()
        summary = asyncio.run(_run(broker))
        failed = {case.name: summary.groups[f"fail{n}"].dead_lettered for n, case in enumerate(CASES)}
        with BrokerReader(path) as reader:
            out = {case.name: reader.read(f"o{n}", 0, 0, 9) for n, case in enumerate(CASES)}
    return path, failed, {name: len(there) for name, there in out.items()}, {
        name: there[0].value or b"" for name, there in out.items() if there}


async def _run(broker: Broker):
    runner = FlowRunner(EmbeddedEngine(broker), seed=7)
    nodes, links = [Node("d", "dead_letters", "dead")], []
    for n, case in enumerate(CASES):
        topic = Node(f"t{n}", "topic", f"t{n}", params={"partitions": 1})
        fails = Node(f"f{n}", "group", f"fail{n}", params={"fail_if": case.asked, "max_retries": 0})
        passes = Node(f"p{n}", "forward", f"pass{n}", params={"filter": case.asked, "map": "[key, value]"})
        nodes += [topic, fails, passes, Node(f"o{n}", "topic", f"o{n}", params={"partitions": 1})]
        ends = ((f"t{n}", f"f{n}"), (f"t{n}", f"p{n}"), (f"p{n}", f"o{n}"), (f"f{n}", "d"))
        links += [Link(f"{a}-{b}", a, b) for a, b in ends]
    await runner.apply(FlowDocument(nodes, links))
    await runner.run()
    async with asyncio.timeout(30):
        while not runner.drained():
            await asyncio.sleep(0.02)  # another look: the flow's own tasks bring it about
    await runner.stop()
    return runner.summary()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_answer_alike(case: Case, shop, capsysbinary: pytest.CaptureFixture[bytes]):
    path, failed, passed, _ = shop
    topic = f"t{CASES.index(case)}"
    with BrokerReader(path) as reader:
        (record,) = reader.read(topic, 0, 0, 10)
        found = read_filter(case.asked, decoders_of(reader.topics())).matches(record)
    assert cli.main(["export", str(path), "-", "--topic", topic, "--filter", case.asked]) == 0
    exported = len(capsysbinary.readouterr().out.splitlines())
    answers = {"filter": found, "export": exported == 1, "forward": passed[case.name] == 1}
    assert answers == dict.fromkeys(answers, case.holds)
    if failed[case.name] != case.holds:  # a condition that can't be told fails the record too, and says why
        with BrokerReader(path) as reader:
            dead = [r for r in reader.read("dead", 0, 0, 999) if dict(r.headers)["x-origin-topic"] == topic.encode()]
        assert b"\xc2\xabFail if\xc2\xbb: " in dict(dead[0].headers)["x-reason"]


def test_what_a_forward_makes_of_a_record_is_what_a_filter_sees(shop):
    *_, made = shop
    assert json.loads(made["msgpack, guessed"]) == [
        "k", {"id": 7, "order": {"total": 12.5, "lines": [{"sku": "A-1"}]}, "raw": {"base64": "AP8="}},
    ]
    assert json.loads(made["a key that is an object"])[0] == {"id": 7}
    assert json.loads(made["invalid UTF-8"]) == ["k", {"base64": "//4="}]


@pytest.mark.parametrize("case", [c for c in CASES if c.holds and "big" not in c.name], ids=lambda case: case.name)
def test_the_command_line_shows_what_an_expression_sees(case: Case, shop, capsysbinary: pytest.CaptureFixture[bytes]):
    """Big numbers apart: an expression has doubles for them, the command line has them exactly."""
    path, _, _, made = shop
    assert cli.main(["consume", str(path), f"t{CASES.index(case)}"]) == 0
    line = json.loads(capsysbinary.readouterr().out)
    assert [line["key"], line["value"]] == json.loads(made[case.name])
