"""SQS that is attached: a region, or an emulator."""

from __future__ import annotations

from typing import Any

from workbench.engines.aws.connection import AwsConnection, counted
from workbench.engines.base import AttachedBrowse, Sender
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.sqs.browse import SqsBrowse
from workbench.engines.sqs.sender import SqsSender


class _Sqs:
    title = "SQS"
    system = "sqs"
    options: tuple[str, ...] = ()

    def about(self, client: Any, spec: ConnectionSpec) -> str:
        names = [topic.name for topic in SqsBrowse(client, spec).topics()]
        first_in_first_out = sum(name.endswith(".fifo") for name in names)
        return f"Amazon SQS, {counted(len(names), 'queue')}, {first_in_first_out} of them FIFO"

    def browse(self, client: Any, spec: ConnectionSpec) -> AttachedBrowse:
        return SqsBrowse(client, spec)

    def sender(self, client: Any, spec: ConnectionSpec) -> Sender:
        return SqsSender(client, spec)


class SqsConnection(AwsConnection):
    def __init__(self, spec: ConnectionSpec) -> None:
        super().__init__(spec, _Sqs())
