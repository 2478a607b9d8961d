"""docs/recording/session.py: a session in the clone of a small checkout, whose commands only print."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from docs.recording import session
from docs.recording.redaction import DOTS

MAKEFILE = """
.RECIPEPREFIX := >
up:
>@echo "in $(CURDIR)"
status:
>@if [ -e asked ]; then echo "2 of 2 targets are up"; else echo "2 not asked yet"; fi
>@touch asked; echo "grafana admin pass-1"
down:
>@touch "$$REMOVED"; [ ! -e ../stuck ]
"""
FILES = {
    "Makefile": MAKEFILE,
    "tools/env.sh": "#!/bin/sh\necho 'export PATH=\"'$PWD'/bin:$PATH\" PULUMI_HOME=\"'$HOME'/pulumi-home/1\"'\n",
    "bin/pulumi": '#!/bin/sh\necho \'{"logins": {"grafana": {"username": "admin", "password": "pass-1"}}}\'\n',
}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of clones; the checkout that is cloned, and the home, are of this test."""
    checkout, home, clones = (tmp_path / name for name in ("checkout", "home", "clones"))
    for folder in (home / "pulumi-home/1", clones):
        folder.mkdir(parents=True)
    for name, text in FILES.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(text)
        (checkout / name).chmod(0o755)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*git, *command], cwd=checkout, check=True)
    monkeypatch.setattr(session, "CHECKOUT", checkout)
    monkeypatch.setattr(tempfile, "tempdir", str(clones))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("REMOVED", str(tmp_path / "removed"))
    return clones


def test_session_records_a_status_that_has_asked_all_and_leaves_nothing(temporary: Path) -> None:
    with session.Session() as opened:
        cast = opened.record()
    shown = [event.text.replace("\x1b[1m", "").replace("\x1b[0m", "").strip() for event in cast.events]
    assert shown == [
        "$ make up",
        "in ~/nuvla-swarm",
        "",
        "$ make status",
        "2 of 2 targets are up",
        f"grafana admin {DOTS}",
    ]
    assert session.OFFLINE in cast.title
    assert list(temporary.iterdir()) == []
    assert (temporary.parent / "removed").exists()
    assert not (temporary.parent / "home/pulumi-home/1").exists()


def test_infrastructure_is_removed_also_after_a_failure(temporary: Path) -> None:
    with pytest.raises(ZeroDivisionError), session.Session():
        raise ZeroDivisionError
    assert (temporary.parent / "removed").exists()
    assert list(temporary.iterdir()) == []


def test_clone_with_its_state_stays_where_the_removal_failed(temporary: Path) -> None:
    opened = session.Session().__enter__()
    [folder] = temporary.iterdir()
    (folder / "stuck").touch()
    with pytest.raises(SystemExit, match=r"`make down` failed in \S+/nuvla-swarm: run it there again"):
        opened.__exit__()
    assert [path.name for path in temporary.glob("*/*/Makefile")] == ["Makefile"]


def test_new_shell_has_nothing_of_another_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {
        "PULUMI_HOME": "x",
        "NUVLA_SWARM_ENV": "x",
        "VIRTUAL_ENV": "x",
        "STACK": "x",
        "MAKEFLAGS": "x",
        "MAKELEVEL": "1",
    }
    stays = {"NUVLA_SWARM_OFFLINE": "true", "HTTPS_PROXY": "http://proxy.example.org"}
    path = ["/a/.venv/bin", "/c/pulumi-home/1/bin", "/usr/bin"]
    for name, value in (gone | stays | {"PATH": ":".join(path)}).items():
        monkeypatch.setenv(name, value)
    shell = session.new_shell()
    assert not gone.keys() & shell.keys()
    assert stays.items() <= shell.items()
    assert shell["PATH"] == "/usr/bin"
