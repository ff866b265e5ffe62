"""Clients of other languages, where they are at hand; how to get them is said when they are not.

    WORKBENCH_NODE_MODULES   a folder in which ``npm install kafkajs @platformatic/kafka
                             @kafkajs/confluent-schema-registry`` was run
    go                       on the path; its modules come through the module proxy
    WORKBENCH_KAFKA_JARS     a folder with the jars of Apache Kafka (org.apache.kafka:kafka_2.13 and kafka-tools)
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from listeners.compatibility import proves

SCRIPTS = Path(__file__).parent / "js"
KAFKAJS, PLATFORMATIC = "kafkajs", "@platformatic/kafka"
FRANZ_GO, SARAMA = "franz-go", "sarama"
JAVA = "Apache Kafka's Java client and console tools"


def node(script: str, bootstrap: str) -> None:
    modules = os.environ.get("WORKBENCH_NODE_MODULES")
    if modules is None or shutil.which("node") is None:
        pytest.skip("needs node, and WORKBENCH_NODE_MODULES: where 'npm install kafkajs @platformatic/kafka' was run")
    env = {**os.environ, "NODE_PATH": str(Path(modules) / "node_modules"), "KAFKAJS_NO_PARTITIONER_WARNING": "1"}
    done = subprocess.run(["node", SCRIPTS / script, bootstrap], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@proves(KAFKAJS, "plain, gzip, idempotent, transactions, group; admin: topics, groups")
def test_kafkajs(bootstrap: str):
    node("kafkajs.cjs", bootstrap)


@proves(PLATFORMATIC, "none, gzip, snappy, lz4; group; admin")
def test_platformatic(bootstrap: str):
    node("platformatic.cjs", bootstrap)


def go(suite: str, bootstrap: str, folder: Path) -> None:
    source = SCRIPTS.with_name("go")
    if shutil.which("go") is None:
        pytest.skip("needs go on the path")
    had = subprocess.run(["go", "mod", "download"], cwd=source, capture_output=True, text=True, timeout=120)
    if had.returncode:
        pytest.skip(f"the Go modules can't be had: {had.stderr.strip()}")
    subprocess.run(["go", "build", "-o", folder / "suite", f"./{suite}"], cwd=source, check=True, timeout=240)
    done = subprocess.run([folder / "suite", bootstrap], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@proves(FRANZ_GO, "every codec, idempotent, transactions, group")
def test_franz_go(bootstrap: str, tmp_path: Path):
    go("franz", bootstrap, tmp_path)


@pytest.mark.slow
@proves(SARAMA, "every codec, idempotent, transactions, offsets with a transaction, group, admin")
def test_sarama(bootstrap: str, tmp_path: Path):
    go("sarama", bootstrap, tmp_path)


def java(main: str, bootstrap: str, *options: str, given: str = "") -> str:
    jars = os.environ.get("WORKBENCH_KAFKA_JARS")
    if jars is None or shutil.which("java") is None:
        pytest.skip("needs java, and WORKBENCH_KAFKA_JARS: the jars of org.apache.kafka:kafka_2.13 and kafka-tools")
    command = ["java", "-Xmx256m", "-cp", f"{jars}/*", main, "--bootstrap-server", bootstrap, *options]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@proves(JAVA, "topics, console producer (idempotent by default, every codec), console consumer in a group")
def test_java_console(bootstrap: str, name: str):
    java("org.apache.kafka.tools.TopicCommand", bootstrap, "--create", "--topic", name, "--partitions", "3")
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        lines = "".join(f"{codec}-{number}\n" for number in range(50))
        java("org.apache.kafka.tools.ConsoleProducer", bootstrap, "--topic", name, "--compression-codec", codec,
             given=lines)
    said = java("org.apache.kafka.tools.consumer.ConsoleConsumer", bootstrap, "--topic", name, "--from-beginning",
                "--group", name, "--max-messages", "250", "--timeout-ms", "20000")
    assert len(set(said.split())) == 250


@pytest.mark.slow
@proves(JAVA, "describe topics, groups and settings; reset offsets; offset shell")
def test_java_tools(bootstrap: str, name: str):
    java("org.apache.kafka.tools.TopicCommand", bootstrap, "--create", "--topic", name, "--partitions", "2")
    java("org.apache.kafka.tools.ConsoleProducer", bootstrap, "--topic", name, given="a\nb\nc\n")
    assert "PartitionCount: 2" in java("org.apache.kafka.tools.TopicCommand", bootstrap, "--describe", "--topic", name)
    groups = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
    java("org.apache.kafka.tools.consumer.ConsoleConsumer", bootstrap, "--topic", name, "--from-beginning",
         "--group", name, "--max-messages", "3", "--timeout-ms", "20000")
    assert name in java(groups, bootstrap, "--describe", "--group", name)
    java(groups, bootstrap, "--reset-offsets", "--to-earliest", "--execute", "--group", name, "--topic", name)
    java("kafka.admin.ConfigCommand", bootstrap, "--alter", "--entity-type", "topics", "--entity-name", name,
         "--add-config", "retention.ms=1000000")
    assert "retention.ms=1000000" in java("kafka.admin.ConfigCommand", bootstrap, "--describe", "--entity-type",
                                          "topics", "--entity-name", name)
    ends = java("org.apache.kafka.tools.GetOffsetShell", bootstrap, "--topic", name).split()
    assert sum(int(end.rsplit(":", 1)[1]) for end in ends) == 3
