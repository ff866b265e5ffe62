"""The verbs and the modules they live in. Light on purpose: it tells a verb from a file before anything is imported."""

from __future__ import annotations

VERBS: dict[str, str] = {
    "new": "new",
    "samples": "new",
    "serve": "serve",
    "run": "run",
    "topics": "topics",
    "produce": "produce",
    "consume": "consume",
    "groups": "groups",
    "replay": "replay",
    "bridge": "bridge",
    "export": "export",
    "import": "export",
    "connections": "connections",
    "flow": "flow",
    "queues": "queues",
    "exchanges": "exchanges",
    "stores": "stores",
    "schemas": "schemas",
    "encodings": "encoding_bench",
    "users": "users",
    "size": "size",
    "compact": "size",
    "query": "later",
    "doctor": "doctor",
    "bench": "bench",
}
"""Verb -> module of ``workbench.cli``; the module has a click command of the verb's name in ``COMMANDS``."""
