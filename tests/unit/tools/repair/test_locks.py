"""tools/repair/locks.py: locks of stacks in a state folder."""

import json
import os
import socket
from pathlib import Path

import pytest

from tools.repair import locks


def lock(folder: Path, pid: int, host: str | None = None) -> Path:
    file = folder / ".pulumi/locks/organization/nuvla-swarm/s" / f"{pid}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"pid": pid, "hostname": host or socket.gethostname()}))
    return file


@pytest.fixture
def gone() -> int:
    """The id of no process: that of one that has ended may be another's by now."""
    return int(Path("/proc/sys/kernel/pid_max").read_text()) + 1


def test_lock_of_an_ended_process_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: int) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(locks, "pulumi", lambda *arguments: called.append(arguments))
    locks.free("s")
    lock(tmp_path, gone)
    locks.free("s")
    assert called == [("cancel", "--yes", "--stack", "s")]


@pytest.mark.parametrize("host", [None, "another"])
def test_lock_of_a_running_update_is_awaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str | None
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    file = lock(tmp_path, os.getpid(), host)
    monkeypatch.setattr("time.sleep", lambda _seconds: file.unlink())
    locks.free("s")
    assert "s: waits for process" in capsys.readouterr().err
    lock(tmp_path, os.getpid(), host)
    monkeypatch.setattr(locks, "LOCK_TIMEOUT_S", -1)
    with pytest.raises(SystemExit, match="end that process, or run `pulumi cancel --stack s`"):
        locks.free("s")


def test_locks_of_other_backends_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    assert list(locks.locks("s")) == []
