"""tools/images_check/trial.py: a container of an image, with a fake of Docker."""

import subprocess
from typing import Any

import pytest

from tests.support.rows import rows
from tools.images_check import engine
from tools.images_check.contract import Contract, Metrics
from tools.images_check.program import Mounted, Start
from tools.images_check.trial import Trial, missing_commands

START = Start(
    key="web",
    service="web",
    command=("/bin/sh", "/etc/start.sh"),
    arguments=("--quick",),
    environment={"MODE": "fast"},
    user="99:99",
    capabilities=("CAP_NET_BIND_SERVICE",),
    files={"/etc/start.sh": "exec web"},
    secrets={"/run/secrets/metrics-users": "reader:x"},
    mounts=[
        Mounted(source="/", target="/host", bind=True, read_only=True),
        Mounted(source="/data/web", target="/data", bind=True, read_only=False),
        Mounted(source="docker-proxy", target="/run/docker-proxy", bind=False, read_only=True),
        Mounted(source="/var/lib/docker/image", target="/rootfs/var/lib/docker/image", bind=True, read_only=True),
    ],
    temporary=("/tmp",),
    health_script="timeout 3 wget",
    health=("wget", "http://127.0.0.1"),
    labels={},
    ports=(),
)
CONTRACT = Contract(users=[], commands={"wget": []}, complaints="ignored")


class FakeDocker:
    """Answers commands, and keeps them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.log, self.page, self.running, self.healthy = "", "", "true", 0
        self.failing = ""  # command that fails

    def __call__(self, *arguments: str, **_: Any) -> subprocess.CompletedProcess[str]:
        self.asked.append(arguments)
        text = {"inspect": self.running, "logs": self.log, "info": "/data/docker"}.get(arguments[0], "")
        code = 1 if arguments[0] == self.failing else 0
        if arguments[0] == "exec":
            code, text = (0, self.page) if "timeout" in arguments else (self.healthy, "")
        return subprocess.CompletedProcess(arguments, code, text, "it failed" if code else "")

    def options(self) -> tuple[str, ...]:
        """Return the options of the container."""
        return next(arguments for arguments in self.asked if arguments[0] == "run")


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    fake = FakeDocker()
    monkeypatch.setattr(engine, "docker", fake)
    return fake


def trial(contract: Contract = CONTRACT) -> Trial:
    return Trial(image="web:1", contract=contract, start=START, patience_s=0)


def test_missing_commands_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = subprocess.CompletedProcess([], 0, "nc\nwget\n", "")
    monkeypatch.setattr(engine, "docker", lambda *_, **__: said)
    assert missing_commands("web:1", CONTRACT) == ["nc", "wget"]


def test_image_without_a_shell_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = subprocess.CompletedProcess([], 127, "", "exec /bin/sh: no such file")
    monkeypatch.setattr(engine, "docker", lambda *_, **__: said)
    assert missing_commands("web:1", CONTRACT) == ["/bin/sh (exec /bin/sh: no such file)"]


def test_container_is_started_as_the_swarm_does(docker: FakeDocker) -> None:
    made = trial()
    assert made.problems() == []
    options = docker.options()
    assert options[-3:] == (made.name, "/etc/start.sh", "--quick")
    wanted = {
        "--read-only",
        "--user=99:99",
        "--entrypoint=/bin/sh",
        "--env=MODE=fast",
        "--cap-add=CAP_NET_BIND_SERVICE",
    }
    assert wanted <= set(options)
    assert "--tmpfs=/tmp:mode=1777,size=64m" in options


def test_container_sees_the_machine_but_none_of_its_data(docker: FakeDocker) -> None:
    trial().problems()
    options = docker.options()
    assert "type=bind,source=/,target=/host,readonly" in options
    assert options[options.index("--volume") + 1] == "/data"
    assert "type=bind,source=/var/run/docker.sock,target=/run/docker-proxy/docker.sock,readonly" in options
    assert "type=bind,source=/data/docker/image,target=/rootfs/data/docker/image,readonly" in options


def test_container_and_image_are_removed_after_a_failure(docker: FakeDocker) -> None:
    docker.failing = "run"
    made = trial()
    assert made.problems() == ["web: it failed"]
    assert docker.asked[-2:] == [("rm", "--force", "--volumes", made.name), ("image", "rm", "--force", made.name)]


@rows(
    "running, log, problem",
    [
        ("false", "flags\nerror: unknown flag --quick\nusage: web", 'does not start: "error: unknown flag --quick"'),
        ("true", "waiting", 'not healthy after 0 seconds: "waiting"'),
    ],
)
def test_container_that_is_not_healthy_says_why(running: str, log: str, problem: str, docker: FakeDocker) -> None:
    docker.healthy, docker.running, docker.log = 1, running, log
    assert trial().problems() == [f"web: {problem}"]


def test_health_check_that_needs_other_services_is_left_out(docker: FakeDocker) -> None:
    trial(CONTRACT.model_copy(update={"healthy_alone": False})).problems()
    assert [arguments[2:] for arguments in docker.asked if arguments[0] == "exec"] == [("true",)]


def test_metrics_that_do_not_appear_are_named(docker: FakeDocker) -> None:
    docker.page = 'a_total{b="c"} 1\n# TYPE d_total counter\na_totals 1\n'
    pages = Metrics(pages=["http://127.0.0.1/metrics"], at_start=["a_total", "d_total", "e_total"], later=["f_total"])
    assert trial(CONTRACT.model_copy(update={"metrics": pages})).problems() == ["web: the metrics e_total"]
    (asked,) = {arguments for arguments in docker.asked if "timeout" in arguments}
    assert "Authorization: Basic cmVhZGVyOmltYWdlcy1jaGVjaw==" in asked  # the user of the secret


def test_complaints_are_problems_and_deprecations_notes(docker: FakeDocker) -> None:
    docker.log = "\x1b[31mkey x ignored\x1b[0m\nthe flag --a is deprecated\nall is well"
    made = trial()
    assert made.problems() == ['web: it says "key x ignored"']
    assert made.notes == ["the flag --a is deprecated"]
