import errno
import socket

from portal.running import CannotStart


def refuse_taken(host: str, port: int, setting: str) -> None:
    """CannotStart, naming ``setting``, unless this process may listen there."""
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the server itself does: connections of an earlier run that linger do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"Port {port} is in use: set {setting} to a free one.") from None
        raise CannotStart(
            f"{host} port {port} cannot be listened on ({error.strerror}): change {setting}."
        ) from None
