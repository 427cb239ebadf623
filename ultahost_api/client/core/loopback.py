"""Which hosts are this machine: the one rule for what may go without TLS."""

import ipaddress
from urllib.parse import SplitResult


def is_loopback(host: str) -> bool:
    """``host`` as ``urlsplit`` gives it, without brackets: ``localhost``, 127.0.0.0/8 or ``::1``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_private(address: SplitResult) -> bool:
    """Whether only its receiver can read what is sent to ``address``: https, or http to this machine."""
    return address.scheme == "https" or (address.scheme == "http" and is_loopback(address.hostname or ""))
