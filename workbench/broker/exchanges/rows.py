"""Exchanges and bindings in the file. Plain functions of a connection."""

from __future__ import annotations

import json
import sqlite3

from workbench.broker.exchanges.routing import Topology
from workbench.core.routing import Binding, Exchange, ExchangeType

SCHEMA = (
    "CREATE TABLE exchange (name TEXT PRIMARY KEY, type TEXT NOT NULL, alternate TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE binding (
        id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, destination TEXT NOT NULL, key TEXT NOT NULL,
        to_exchange INTEGER NOT NULL, arguments TEXT NOT NULL, match_any INTEGER NOT NULL,
        UNIQUE (exchange, destination, key, to_exchange, arguments, match_any))""",
)

DECLARED_SCHEMA = (
    "ALTER TABLE exchange ADD COLUMN durable INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE exchange ADD COLUMN auto_delete INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE exchange ADD COLUMN internal INTEGER NOT NULL DEFAULT 0",
)


def load_topology(connection: sqlite3.Connection) -> Topology:
    """As the file has it, without bindings to queues that are gone."""
    rows = connection.execute("SELECT name, type, alternate, durable, auto_delete, internal FROM exchange")
    exchanges = [Exchange(name, ExchangeType(kind), alternate, bool(durable), bool(auto_delete), bool(internal))
                 for name, kind, alternate, durable, auto_delete, internal in rows]
    rows = connection.execute(
        "SELECT exchange, destination, key, to_exchange, arguments, match_any FROM binding WHERE to_exchange "
        "OR destination IN (SELECT name FROM topic WHERE kind = 'queue' AND deleted_ms IS NULL) ORDER BY id")
    bindings = [Binding(exchange, destination, key, bool(to_exchange), tuple(map(tuple, json.loads(arguments))),
                        bool(match_any))
                for exchange, destination, key, to_exchange, arguments, match_any in rows]
    return Topology(exchanges, bindings)


def save_difference(connection: sqlite3.Connection, before: Topology, after: Topology) -> None:
    """Bring the rows of ``before`` to ``after``."""
    old, new = set(before.exchanges()), set(after.exchanges())
    connection.executemany("DELETE FROM exchange WHERE name = ?", [(each.name,) for each in old - new])
    connection.executemany(
        "INSERT INTO exchange (name, type, alternate, durable, auto_delete, internal) VALUES (?, ?, ?, ?, ?, ?)",
        [(each.name, str(each.type), each.alternate, each.durable, each.auto_delete, each.internal)
         for each in new - old])
    bound, kept = dict.fromkeys(after.bindings()), dict.fromkeys(before.bindings())
    connection.executemany(
        "DELETE FROM binding WHERE exchange = ? AND destination = ? AND key = ? AND to_exchange = ? AND arguments = ? "
        "AND match_any = ?", [_binding_row(each) for each in kept if each not in bound])
    connection.executemany(
        "INSERT OR REPLACE INTO binding (exchange, destination, key, to_exchange, arguments, match_any) "
        "VALUES (?, ?, ?, ?, ?, ?)", [_binding_row(each) for each in bound if each not in kept])


def _binding_row(binding: Binding) -> tuple[str, str, str, bool, str, bool]:
    return (binding.exchange, binding.destination, binding.key, binding.to_exchange, json.dumps(binding.arguments),
            binding.match_any)
