"""tools/stack/engine_use.py: the lock of the embedded engine. tests/files/test_files_stop.py has its effect."""

import fcntl
from pathlib import Path

import pytest

from tools.stack import engine_use


def is_held(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUVLA_SWARM_CACHE", str(tmp_path))
    return tmp_path / "locks" / "engine-use"


def test_lock_is_shared_and_ends_with_the_last_user(lock: Path) -> None:
    with engine_use.used(is_local=True):
        with engine_use.used(is_local=True):
            assert is_held(lock)
        assert is_held(lock)
    assert not is_held(lock)


def test_lock_ends_with_an_error(lock: Path) -> None:
    with pytest.raises(ZeroDivisionError), engine_use.used(is_local=True):
        raise ZeroDivisionError
    assert not is_held(lock)


def test_machines_elsewhere_take_no_lock(lock: Path) -> None:
    with engine_use.used(is_local=False):
        assert not lock.exists()
