"""The address this machine calls from, for the allow-list that the provider may keep."""

import socket
import time
from functools import lru_cache
from urllib.parse import urlsplit

from ultahost_api import conf

_KEPT_FOR = 300  # seconds; looking up a name may take its time


def outward_address() -> str:
    """The local end of the route to Ultahost; behind NAT it is the router's that counts. Sends nothing."""
    host = urlsplit(conf.api_url()).hostname or ""
    return _look_up(host, int(time.monotonic() // _KEPT_FOR))


@lru_cache(maxsize=4)
def _look_up(host: str, while_: int) -> str:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, 443, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(address)  # a datagram socket only chooses its route
            return str(probe.getsockname()[0])
    except OSError:
        return ""
