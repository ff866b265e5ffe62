"""How bytes, and numbers that JSON has not, stand in the JSON form of a Protobuf message (see ``base``)."""

from __future__ import annotations

import base64
from math import isfinite, isnan
from typing import Any


def bytes_form(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


def float_form(number: float) -> Any:
    if isfinite(number):
        return number
    return "NaN" if isnan(number) else "Infinity" if number > 0 else "-Infinity"
