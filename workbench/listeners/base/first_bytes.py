"""What a peer speaks, by the first bytes it sends: who knocks at the wrong door is told so in words. Pure."""

from __future__ import annotations

ENOUGH_BYTES = 4
TLS, HTTP, HTTP2 = "TLS", "HTTP", "HTTP/2"
_VERBS = (b"GET ", b"PUT ", b"POST", b"HEAD", b"DELE", b"OPTI", b"PATC", b"CONN", b"TRAC")
_HTTP2_PREFACE = b"PRI "
_TLS_HELLO = b"\x16\x03"


def spoken(start: bytes) -> str:
    """``TLS``, ``HTTP`` or ``HTTP2`` by at least ``ENOUGH_BYTES`` of a beginning; empty for anything else."""
    if start[:2] == _TLS_HELLO:
        return TLS
    if start[:4] == _HTTP2_PREFACE:
        return HTTP2
    return HTTP if start[:4] in _VERBS else ""


def http_refusal(sentence: str, status: str = "400 Bad Request") -> bytes:
    """A whole answer to a web client that knocked at the wrong door, in its own tongue."""
    body = sentence.encode() + b"\n"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
