import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from portal.running import CannotStart, valkey


class Server:
    """The embedded Valkey with the flags of the portal."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.socket = valkey.socket_path(data_dir)
        self.url = valkey.broker_url(data_dir)
        self.client = redis.Redis(unix_socket_path=str(self.socket))

    def start(self) -> None:
        command = valkey.server_command(self.data_dir)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline, "Valkey does not start"
            time.sleep(0.02)

    def kill(self) -> None:
        self.client.close()
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """It accepts connections, and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError):
            return self.client.ping()
        return False


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A data folder whose socket stays inside it; pytest's own folders have long names."""
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(short_dir: Path) -> Iterator[Callable[[Path], Server]]:
    """Starts a server in a data folder; all are gone before ``short_dir`` is."""
    with contextlib.ExitStack() as stack:

        def start(data_dir: Path) -> Server:
            server = Server(data_dir)
            try:
                server.start()
            except CannotStart as error:
                pytest.skip(str(error))
            stack.callback(shutil.rmtree, server.socket.parent)
            stack.callback(server.kill)
            return server

        yield start


@pytest.fixture
def server(start: Callable[[Path], Server], short_dir: Path) -> Server:
    return start(short_dir)
