"""components/monitoring/files/grafana_start.sh: the login and the key of Grafana, which starts in any case."""

import base64
import subprocess
from pathlib import Path

import pytest

from components import assets
from tests.support.rows import rows

PASSWORD = "the-password"
CHANGED = "echo 'Admin password changed successfully'"
TOLD = "the login of this infrastructure could not be set"


class Container:
    """What the script finds in its container: the programs only note how they were called."""

    def __init__(self, folder: Path):
        self.folder, self.calls = folder, folder / "calls"
        for name in ("bin", "data", "secrets"):
            (folder / name).mkdir()
        (folder / "secrets/grafana-admin-password").write_text(PASSWORD)
        self.program("run.sh", "echo started")
        self.program("grafana", CHANGED)

    def program(self, name: str, answer: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{answer}\n')
        path.chmod(0o755)

    def start(self) -> tuple[list[str], str]:
        """The calls of programs, and what is in the log of the service."""
        self.calls.write_text("")
        script = assets.read("monitoring/files/grafana_start.sh")
        script = script.replace("/run/secrets", str(self.folder / "secrets"))
        script = script.replace("exec /run.sh", f"exec {self.folder}/bin/run.sh")
        env = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "GF_PATHS_DATA": str(self.folder / "data")}
        env |= {"GF_PATHS_HOME": "/home-of-grafana", "GF_PATHS_CONFIG": "/config.ini"}
        done = subprocess.run(
            ["/bin/sh", "-c", script], check=False, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0, done.stdout
        return self.calls.read_text().splitlines(), done.stdout


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path)


@pytest.fixture
def used(container: Container) -> Container:
    """One whose data have been there before."""
    (container.folder / "data/grafana.db").write_text("a database")
    return container


def test_new_database_gets_its_login_from_environment_variables(container: Container) -> None:
    assert container.start() == (["run.sh "], "started\n")
    (container.folder / "data/grafana.db").touch()  # it was killed before it wrote anything
    assert container.start() == (["run.sh "], "started\n")


def test_existing_database_gets_its_login_before_grafana_starts(used: Container) -> None:
    used.program("grafana", f"cat >{used.folder}/input; {CHANGED}")
    calls, log = used.start()
    options = "cli --homepath /home-of-grafana --config /config.ini"
    assert calls == [f"grafana {options} admin reset-admin-password --password-from-stdin", "run.sh "]
    assert (used.folder / "input").read_text() == PASSWORD
    assert log == "the login of this infrastructure is set\nstarted\n"


def test_password_is_in_no_argument_variable_or_log(used: Container) -> None:
    used.program("grafana", f"env >>{used.calls}; {CHANGED}")
    calls, log = used.start()
    assert PASSWORD not in "\n".join([*calls, log])


@rows(
    "answer, reason",
    [("echo no database; exit 1", "no database"), ("echo not found", "not found"), ("exit 0", ""), ("kill -9 $$", "")],
    ids=["failed", "said so and ended with 0", "said nothing", "killed"],
)
def test_grafana_starts_when_the_login_cannot_be_set(used: Container, answer: str, reason: str) -> None:
    used.program("grafana", answer)
    calls, log = used.start()
    assert calls[-1] == "run.sh "
    assert TOLD in log
    assert log.startswith(reason)
    assert log.endswith("started\n")


def test_hanging_login_reset_is_ended_by_timeout(used: Container) -> None:
    used.program("timeout", "exit 124")
    calls, log = used.start()
    assert calls[0].startswith("timeout 20 grafana cli")
    assert calls[-1] == "run.sh "
    assert TOLD in log


def key(container: Container) -> str | None:
    """What the server is told of its key."""
    container.program("run.sh", 'echo "key: ${GF_SECURITY_SECRET_KEY-none}"')
    _, log = container.start()
    (line,) = [line for line in log.splitlines() if line.startswith("key: ")]
    told = line.removeprefix("key: ")
    return None if told == "none" else told


def test_new_data_get_a_persistent_secret_key_only_grafana_can_read(container: Container) -> None:
    file = container.folder / "data/secret_key"
    assert key(container) == f"$__file{{{file}}}"
    made = file.read_text()
    assert len(base64.b64decode(made)) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    (container.folder / "data/grafana.db").write_text("a database")
    assert key(container) == f"$__file{{{file}}}"
    assert file.read_text() == made


def test_secret_keys_of_two_infrastructures_differ(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        container = Container(tmp_path / name)
        container.start()
        keys.add((container.folder / "data/secret_key").read_text())
    assert len(keys) == 2


def test_existing_database_keeps_its_former_key(used: Container) -> None:
    assert key(used) is None
    assert not (used.folder / "data/secret_key").exists()


def test_half_written_secret_key_is_replaced(container: Container) -> None:
    (container.folder / "data/secret_key").touch()
    (container.folder / "data/secret_key.new").write_text("half")
    container.start()
    assert len(base64.b64decode((container.folder / "data/secret_key").read_text())) == 32
    assert not (container.folder / "data/secret_key.new").exists()
