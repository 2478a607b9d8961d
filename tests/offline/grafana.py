"""The stand-in for Grafana, as tests run it: in a folder of its own, with a small data source and dashboard."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests

from tests.support.ports import reserved_port

BUILD = Path(__file__).parents[2] / "offline/build.sh"
PATIENCE_S = 60
LOGIN = ("operator", "word")

SOURCE = {"name": "Prometheus", "uid": "prometheus", "type": "prometheus", "url": "http://prometheus:9090"}
PANEL = {"type": "stat", "title": "Up", "datasource": {"uid": "prometheus"}, "targets": [{"expr": "up"}]}
DASHBOARD = {"uid": "one", "title": "First", "panels": [PANEL]}


@cache
def program() -> Path:
    """The folder with the program, and the script that its image starts."""
    built = subprocess.run([BUILD, "grafana"], check=True, capture_output=True, text=True)
    return Path(built.stdout.strip())


class Grafana:
    """Its files, its variables, and where it answers."""

    def __init__(self, folder: Path):
        self.program, self.folder = program(), folder
        self.port = 0  # while it does not run
        for part in ("provisioning/datasources", "provisioning/dashboards", "dashboards", "data", "home/conf"):
            (folder / part).mkdir(parents=True)
        for file in ("home/conf/defaults.ini", "grafana.ini"):
            (folder / file).touch()
        (folder / "password").write_text("word\n")
        self.write("provisioning/datasources/one.yaml", {"apiVersion": 1, "datasources": [SOURCE]})
        provider = {"name": "files", "type": "file", "options": {"path": str(folder / "dashboards")}}
        self.write("provisioning/dashboards/one.yaml", {"apiVersion": 1, "providers": [provider]})
        self.write("dashboards/one.json", DASHBOARD)
        self.env = {
            "GF_SERVER_ROOT_URL": "https://example.org/grafana/",
            "GF_SERVER_SERVE_FROM_SUB_PATH": "true",
            "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
            "GF_PATHS_DATA": str(folder / "data"),
            "GF_PATHS_HOME": str(folder / "home"),
            "GF_PATHS_CONFIG": str(folder / "grafana.ini"),
            "GF_SECURITY_ADMIN_USER": "operator",
            "GF_SECURITY_ADMIN_PASSWORD": f"$__file{{{folder / 'password'}}}",
            "PATH": f"{self.program}:{os.environ['PATH']}",
        }

    def write(self, file: str, content: Any) -> None:
        (self.folder / file).write_text(content if isinstance(content, str) else json.dumps(content))

    def refusal(self) -> str:
        """What it says when it does not start."""
        done = self.run(str(self.program / "run.sh"))
        assert done.returncode == 1, done.stdout
        return done.stderr

    def run(self, *command: str, input: str | None = None) -> subprocess.CompletedProcess[str]:  # noqa: A002
        return subprocess.run(
            command, check=False, capture_output=True, text=True, env=self.env, input=input, timeout=PATIENCE_S
        )

    def reset(self, *options: str, input: str = "another", config: str = "grafana.ini") -> tuple[int, str]:  # noqa: A002
        """How its own tool for a lost password ends, and what it says."""
        place = ["--homepath", str(self.folder / "home"), "--config", str(self.folder / config)]
        done = self.run("grafana", "cli", *place, "admin", "reset-admin-password", *options, input=input)
        return done.returncode, done.stdout + done.stderr

    @property
    def users(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.folder / "data/grafana.db").read_text())
        return found

    @users.setter
    def users(self, users: list[dict[str, Any]]) -> None:
        self.write("data/grafana.db", users)

    @contextmanager
    def running(self, *command: str) -> Iterator[None]:
        """It runs, started by a command: by default the script that its image starts."""
        given = command or (str(self.program / "run.sh"),)
        with reserved_port() as self.port:
            env = os.environ | self.env | {"GF_SERVER_HTTP_PORT": str(self.port)}
            process = subprocess.Popen(given, env=env, stdout=subprocess.DEVNULL)
            try:
                self._wait(process)
                yield
            finally:
                process.terminate()
                process.wait(PATIENCE_S)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        """Return once it answers."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < ends, "it does not answer"
            try:
                self.get("/api/health")
            except requests.ConnectionError:
                time.sleep(0.02)
            else:
                return

    def get(self, path: str, login: tuple[str, str] | None = None) -> requests.Response:
        address = f"http://127.0.0.1:{self.port}{path}"
        return requests.get(address, auth=login, allow_redirects=False, timeout=PATIENCE_S)

    def opens(self, name: str, password: str) -> bool:
        """Whether a login does, while it runs."""
        return self.get("/api/search", (name, password)).status_code == 200
