"""The address this machine calls from, for the allow-list that the provider may keep."""

import socket
from urllib.parse import urlsplit

from ultahost_api import conf


def outward_address() -> str:
    """The local end of the route to Ultahost; behind NAT it is the router's that counts. Sends nothing."""
    host = urlsplit(conf.api_url()).hostname or ""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, 443, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(address)  # a datagram socket only chooses its route
            return str(probe.getsockname()[0])
    except OSError:
        return ""
