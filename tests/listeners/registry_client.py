"""Plain requests to a registry that is served here."""

from __future__ import annotations

import http.client
import json
from typing import Any

from listeners.serving import Served

JSON = "application/vnd.schemaregistry.v1+json"


def ask(served: Served, method: str, path: str, body: object = None, kind: str = JSON,
        **headers: str) -> tuple[int, Any]:
    """Status and answer; ``kind`` is the content type it must have."""
    link = http.client.HTTPConnection(served.address.removeprefix("http://"), timeout=30)
    try:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        link.request(method, path, data, ({"Content-Type": JSON} if body is not None else {}) | told)
        answer = link.getresponse()
        text = answer.read()
        assert answer.headers["content-type"] == kind
        return answer.status, json.loads(text)
    finally:
        link.close()
