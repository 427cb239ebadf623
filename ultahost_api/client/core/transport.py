"""One request, one reply. The only module that knows HTTP, with ``connection`` below it."""

import http.client
import os
import threading
import traceback
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from .connection import Adapter, exchange
from .errors import Unsaid
from .loopback import is_private
from .rate import UNTOLD, Rate, read_rate
from .secret import MaskedBytes, MaskedText, Secret

BIGGEST_ANSWER = 5 * 1024 * 1024
_CHUNK = 64 * 1024
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_TROUBLE = (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    ``sent`` is False only when it is certain that no byte left. ``body`` is None when the answer did not
    arrive whole; ``trouble`` then says why, or what is wrong with an answer that did arrive.
    """

    sent: bool
    status: int | None = None
    rate: Rate = UNTOLD
    body: MaskedBytes | None = field(default=None, repr=False)
    trouble: str = ""


class _Kept(threading.local):
    pid = 0
    adapter: Adapter


_kept = _Kept()


def kept_adapter() -> Adapter:
    """This thread's connections, made anew after a fork: parent and child would read each other's answers."""
    if _kept.pid != os.getpid():
        _kept.adapter, _kept.pid = Adapter(), os.getpid()
    return _kept.adapter


def checked_url(url: str) -> str:
    """``url`` without a closing slash. ValueError unless it is https, or http to this machine."""
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("The API's address has to look like https://host/path.")
    if not is_private(parts):
        raise ValueError("The API's address has to be https; plain http goes to this machine only.")
    return url.rstrip("/")


def headers_of(api_key: Secret) -> CaseInsensitiveDict[str]:
    return CaseInsensitiveDict(
        {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",  # the one that we unpack ourselves, within bounds
            "User-Agent": "ultahost-api",
            "x-api-key": MaskedText(api_key.reveal()),
        }
    )


def prepare(
    method: str, url: str, headers: CaseInsensitiveDict[str], body: MaskedBytes | None = None
) -> PreparedRequest:
    """As requests would, from parts that need no checking. ``headers`` may be those of other requests too."""
    request = PreparedRequest()
    request.method, request.url, request.headers = method, url, headers
    if body is not None:
        request.body = body
        request.headers = headers.copy()
        request.headers.update({"Content-Type": "application/json", "Content-Length": str(len(body))})
    return request


def send(request: PreparedRequest, *, deadline: float, timeout: tuple[float, float], fresh: bool) -> Reply:
    """Sends once and never raises for what the network or the provider does.

    Nothing is raised from inside because the frames below hold the headers and the body; a Reply holds
    neither. With ``fresh`` the request goes out on a connection of its own: on one that had been idle, a
    connection dropped meanwhile cannot be told from an answer that got lost.
    """
    adapter = Adapter() if fresh else kept_adapter()
    exchange.begin(deadline, patience=timeout[1])
    try:
        return _exchange(adapter, request, connect_timeout=timeout[0])
    except _TROUBLE as error:
        return Reply(sent=exchange.sent, trouble=type(error).__name__)
    except BaseException as error:
        # A task's time limit or a Ctrl-C may strike anywhere; requests' frames must not travel with it.
        traceback.clear_frames(error.__traceback__)
        raise
    finally:
        if fresh:
            adapter.close()


def _exchange(adapter: Adapter, request: PreparedRequest, connect_timeout: float) -> Reply:
    patience = exchange.patience_left()
    response = adapter.send(request, stream=True, timeout=(min(connect_timeout, patience), patience))
    rate = read_rate(response.headers)
    body, trouble = None, ""
    try:
        body = _body(response)
    except _Unreadable as error:
        body, trouble = MaskedBytes(), str(error)
    except _TROUBLE as error:
        trouble = type(error).__name__
    if trouble:
        response.close()
    return Reply(sent=True, status=response.status_code, rate=rate, body=body, trouble=trouble)


class _Unreadable(Exception):
    pass


def _body(response: Response) -> MaskedBytes:
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", "", "gzip", "deflate"):
        raise _Unreadable(Unsaid.ODDLY_PACKED)
    pieces = response.raw.stream(_CHUNK, decode_content=False)
    return _joined(_unpacked(pieces) if packing in ("gzip", "deflate") else pieces)


def _joined(pieces: Iterable[bytes]) -> MaskedBytes:
    kept, size = [], 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > BIGGEST_ANSWER:
            raise _Unreadable(Unsaid.TOO_LONG)
    return MaskedBytes(b"".join(kept))


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """In bounded steps: a kilobyte of gzip may hold a megabyte."""
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for piece in pieces:
            while piece:
                yield unpacker.decompress(piece, _CHUNK)
                piece = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise _Unreadable(Unsaid.NOT_UNPACKED) from None
    if not unpacker.eof:
        raise _Unreadable(Unsaid.CUT_SHORT)
