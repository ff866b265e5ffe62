"""A listener that asks for a password, set up without the window: users put, a client let in, a stranger not."""

from __future__ import annotations

import confluent_kafka as ck
import confluent_kafka.admin as cka
import pytest


def admin(address: str, password: str) -> cka.AdminClient:
    return cka.AdminClient({
        "bootstrap.servers": address, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
        "sasl.username": "eve", "sasl.password": password, "log_level": 0,
    })


def test_users_are_put_let_in_listed_and_removed(workbench):
    workbench("new", "a.flow")
    serve = ("serve", "a.flow", "--kafka", "127.0.0.1:0", "--kafka-sasl")
    nobody = workbench.run(*serve)
    assert nobody.returncode == 1 and b"users FILE put" in nobody.stderr
    empty = workbench.run("users", "a.flow", "put", "eve")
    assert empty.returncode == 1 and b"needs a name and a password" in empty.stderr
    long = workbench.run("users", "a.flow", "put", "eve", given=b"x" * 3_000 + b"\n")
    assert long.returncode == 1 and b"at most 1,024 characters" in long.stderr
    workbench("users", "a.flow", "put", "eve", given="löwe 1\n".encode())
    _, ready = workbench.serve(*serve[1:])
    assert workbench.json("users", "a.flow", "list") == {"users": ["eve"]}
    assert admin(ready["kafka"], "löwe 1").list_topics(timeout=20).topics == {}
    with pytest.raises(ck.KafkaException):
        admin(ready["kafka"], "lion 1").list_topics(timeout=2)
    workbench("users", "a.flow", "remove", "eve")
    assert workbench.json("users", "a.flow", "list") == {"users": []}
    assert workbench.run("users", "a.flow", "remove", "eve").returncode == 1
