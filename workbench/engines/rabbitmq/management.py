"""The management HTTP API of RabbitMQ: the lists that AMQP does not have. Blocking; any thread.

Its figures are those of the last report of the queues (``collect_statistics_interval``, 5 s by default), so a depth is
some seconds old. It needs a user with the tag «management» or «monitoring».
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from workbench.core.errors import NotFound, Refused, Unavailable, Unsupported
from workbench.engines.rabbitmq.settings import RabbitSettings

TIMEOUT_S = 8.0
_QUEUE_COLUMNS = ("name,type,durable,auto_delete,exclusive,arguments,messages,messages_ready,messages_unacknowledged,"
                  "consumers,policy,effective_policy_definition,message_stats.publish_details.rate,"
                  "message_stats.ack_details.rate,message_stats.deliver_get,message_stats.ack,message_stats.redeliver")


class Management:
    """Asks the API for one virtual host."""

    def __init__(self, settings: RabbitSettings) -> None:
        self._settings = settings
        self._url = settings.management
        self._vhost = quote(settings.vhost, safe="")
        self._context: ssl.SSLContext | None = settings.ssl_context()

    @property
    def is_there(self) -> bool:
        return bool(self._url)

    def queues(self) -> list[dict[str, Any]]:
        return self._get(f"queues/{self._vhost}?columns={_QUEUE_COLUMNS}&disable_stats=false")

    def consumers(self) -> dict[str, list[dict[str, Any]]]:
        """Those of each queue that has some."""
        found: dict[str, list[dict[str, Any]]] = {}
        for each in self._get(f"consumers/{self._vhost}"):
            found.setdefault(each["queue"]["name"], []).append(each)
        return found

    def exchanges(self) -> list[dict[str, Any]]:
        return self._get(f"exchanges/{self._vhost}")

    def bindings(self) -> list[dict[str, Any]]:
        return self._get(f"bindings/{self._vhost}")

    def overview(self) -> dict[str, Any]:
        return self._get("overview")

    def _get(self, path: str) -> Any:
        if not self._url:
            raise Unsupported("@{name} has no management API, and AMQP lists neither queues nor exchanges.",
                              "Name the queues: --option queues=one,two.", name=self._settings.name)
        login = base64.b64encode(f"{self._settings.user}:{self._settings.password}".encode()).decode()
        request = urllib.request.Request(f"{self._url}/api/{path}", headers={"Authorization": f"Basic {login}"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self._context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error.code) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise Unavailable("The management API of RabbitMQ at {url} can't be reached: {reason}.",
                              "Enable it (rabbitmq-plugins enable rabbitmq_management), say where it is (--option "
                              "management=http://HOST:PORT), or leave it out: --option management=none --option "
                              "queues=one,two.", url=self._url, reason=reason) from None

    def _refused(self, status: int) -> Exception:
        if status in (401, 403):
            return Refused("The management API at {url} does not let {user} look.",
                           "Give the user the tag monitoring, or leave it out: --option management=none.",
                           url=self._url, user=self._settings.user)
        if status == 404:
            return NotFound("The management API at {url} does not know that.", "Is {vhost} a virtual host there?",
                            url=self._url, vhost=self._settings.vhost)
        return Unavailable("The management API at {url} answered {status}.", url=self._url, status=status)
