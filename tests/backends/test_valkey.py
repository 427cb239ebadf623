import stat

import kombu
import pytest

from portal.running import CannotStart, valkey


def test_it_listens_for_its_own_user_alone(server):
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
    assert server.client.config_get("port") == {"port": "0"}


def test_it_would_rather_refuse_than_forget(server):
    assert server.client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_it_keeps_its_messages_through_a_kill(server):
    with kombu.Connection(server.url) as connection, connection.SimpleQueue("doorbell") as queue:
        for number in range(50):
            queue.put(number)

    server.kill()
    server.start()

    with kombu.Connection(server.url) as connection, connection.SimpleQueue("doorbell") as queue:
        assert [queue.get(timeout=5).payload for _ in range(50)] == list(range(50))


@pytest.mark.parametrize("name", ["with space", "ünïcode", "per%cent", "x" * 120])
def test_it_is_reached_in_any_data_folder(short_dir, start, name):
    server = start(short_dir / name)

    with kombu.Connection(server.url) as connection, connection.SimpleQueue("doorbell") as queue:
        queue.put("ring")
        assert queue.get(timeout=5).payload == "ring"
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700


def test_it_refuses_a_temporary_folder_that_leads_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(valkey.tempfile, "gettempdir", lambda: str(tmp_path))
    data_dir = tmp_path / ("x" * 120)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    valkey.socket_path(data_dir).parent.symlink_to(elsewhere)

    with pytest.raises(CannotStart, match="belongs to another user"):
        valkey.server_command(data_dir)


def test_it_takes_a_server_from_the_path_where_none_is_bundled(tmp_path, monkeypatch):
    monkeypatch.setattr(valkey, "_bundled_server", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "redis-server"
    program.touch(mode=0o755)

    assert valkey.server_command(tmp_path / "data")[0] == str(program)


def test_it_says_what_to_do_where_there_is_no_server(tmp_path, monkeypatch):
    monkeypatch.setattr(valkey, "_bundled_server", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotStart, match="install valkey-server, or set REDIS_URL"):
        valkey.server_command(tmp_path / "data")
