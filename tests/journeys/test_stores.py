"""A drawn store from the outside: run, looked into, looked up, exported and imported, the same at every virtual run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.flow.codec import dumps
from workbench.flow.document import FlowDocument, Link, Node

PRODUCER = {"rate": 100.0, "limit": 60, "template": '{"id": "e{counter}", "customer": "C-{int 1 9}"}', "linger_ms": 5.0}


def drawing(**store) -> FlowDocument:
    nodes = [Node("p", "producer", "shop", params=PRODUCER), Node("t", "topic", "orders"),
             Node("g", "group", "billing", params={"members": 2, "process_ms": 4.0}),
             Node("s", "store", "ledger", params=store)]
    return FlowDocument(nodes, [Link("pt", "p", "t"), Link("tg", "t", "g"), Link("gs", "g", "s")])


@pytest.fixture
def file(workbench, tmp_path: Path) -> Path:
    drawn = tmp_path / "drawn.json"
    drawn.write_text(dumps(drawing()))
    workbench("new", "a.flow")
    workbench("flow", "a.flow", "import", drawn)
    return tmp_path / "a.flow"


def test_a_store_is_filled_looked_into_and_carried_over(workbench, file: Path, tmp_path: Path):
    workbench("run", "a.flow", "--until-drained")
    (stat,) = workbench.json("stores", "a.flow", "list")["stores"]
    assert (stat["name"], stat["writes"], stat["refused"]) == ("ledger", 60, 0)
    rows = workbench.json("stores", "a.flow", "rows", "ledger")["rows"]
    assert len(rows) == stat["rows"] and sum(row["version"] for row in rows) == 60
    first = workbench.json("stores", "a.flow", "rows", "ledger", "--limit", 1)
    assert first["rows"] == rows[:1] and first["more"]
    assert workbench.json("stores", "a.flow", "rows", "ledger", "--after", rows[0]["key"])["rows"] == rows[1:]
    assert workbench.json("stores", "a.flow", "get", "ledger", rows[0]["key"]) == rows[0]
    assert workbench.json("stores", "a.flow", "list")["stores"][0]["reads"] == 1
    workbench("export", "a.flow", "out.jsonl", "--what", "all")
    workbench("new", "b.flow")
    workbench("import", "b.flow", "out.jsonl")
    assert workbench.json("stores", "b.flow", "rows", "ledger")["rows"] == rows
    assert json.loads(rows[0]["value"])["customer"] == rows[0]["key"]


def test_a_virtual_run_fills_it_alike_every_time(workbench, file: Path):
    told = [workbench.json("run", "a.flow", "--virtual", "--seed", 7, "--for", 2, "--keep", f"kept{n}.flow")["digest"]
            for n in range(2)]
    assert told[0] == told[1]
    kept = [workbench.json("stores", f"kept{n}.flow", "rows", "ledger")["rows"] for n in range(2)]
    assert kept[0] == kept[1] and kept[0]


def test_the_read_model_answers_from_the_table_and_never_from_the_log(workbench):
    workbench("new", "a.flow", "--sample", "read-model")
    outcome = workbench.json("run", "a.flow", "--for", 5, "--seed", 3)
    page = outcome["groups"]["page"]
    assert (outcome["failed"], outcome["problems"], page["lost"]) == (0, [], 0)
    (stat,) = workbench.json("stores", "a.flow", "list")["stores"]
    assert stat["reads"] == page["consumed"] > 0 and stat["writes"] == outcome["groups"]["projector"]["consumed"] > 0
    out = workbench("consume", "a.flow", "answers", "--max", 500)
    answers = [json.loads(line)["value"] for line in out.splitlines()]
    orders = {json.loads(row["value"])["order"] for row in workbench.json("stores", "a.flow", "rows",
                                                                          "orders-by-city")["rows"]}
    assert not answers[0]["found"] and answers[-1]["found"], "it grows consistent, and does not begin so"
    assert answers[-1]["last_order"].startswith("O-") and orders
