"""A boto3 client of one service, as a connection's address and options say.

    address    a region (eu-central-1), or the address of an emulator (http://127.0.0.1:9324)
    region     with an emulator; us-east-1 without it
    profile                     of the user's own AWS configuration
    access.key.id, secret.access.key, session.token      the last two as env:NAME or another place for secrets

Without keys and profile boto3 looks where every AWS program does (environment, configuration, role of the machine). A
client may be used on any thread; making one takes a tenth of a second.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from workbench import __version__
from workbench.core.errors import Invalid
from workbench.engines.aws.errors import translated
from workbench.engines.catalog import ConnectionSpec

CALL_S = 8
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_COMMON = ("region", "profile", "access.key.id", "secret.access.key", "session.token")
logging.getLogger("botocore").setLevel(logging.CRITICAL + 1)  # what goes wrong is said once, by the connection's state


def client_of(spec: ConnectionSpec, service: str, more_options: tuple[str, ...] = ()) -> Any:
    """``Invalid`` for an address or option that says nothing, ``Refused`` where there are no keys."""
    options = spec.resolved()
    for name in options:
        if name not in (*_COMMON, *more_options):
            raise Invalid("{service} has no option {name}.", "Known are: {value}.", service=service, name=name,
                          value=', '.join((*_COMMON, *more_options)))
    endpoint, region = _where(spec, options.get("region", ""))
    try:
        session = boto3.Session(
            aws_access_key_id=options.get("access.key.id"), aws_secret_access_key=options.get("secret.access.key"),
            aws_session_token=options.get("session.token"), region_name=region, profile_name=options.get("profile"),
        )
        config = Config(connect_timeout=CALL_S, read_timeout=CALL_S, user_agent_extra=f"workbench/{__version__}",
                        retries={"mode": "standard", "max_attempts": 2})
        return session.client(service.lower(), endpoint_url=endpoint, config=config)
    except (BotoCoreError, ValueError) as error:
        raise translated(error, service, spec.address) from None


def _where(spec: ConnectionSpec, region: str) -> tuple[str | None, str]:
    """The address of an emulator, None for Amazon's own, and the region."""
    if "://" in spec.address:
        return spec.address, region or "us-east-1"
    if not _REGION.fullmatch(spec.address):
        raise Invalid("@{name}: {address} is neither a region nor an address.",
                      "Give a region like eu-central-1, or http://HOST:PORT of an emulator.", name=spec.name,
                      address=spec.address)
    return None, spec.address
