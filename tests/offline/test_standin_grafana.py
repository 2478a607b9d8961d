"""The stand-in for Grafana: what it refuses, and what it answers."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

BUILD = Path(__file__).parents[2] / "lab/offline/build.sh"
PATIENCE_S = 10

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="Go, which builds the stand-in, is not on PATH")

SOURCE = {"name": "Prometheus", "uid": "prometheus", "type": "prometheus", "url": "http://prometheus:9090"}
PANEL = {"type": "stat", "title": "Up", "datasource": {"uid": "prometheus"}, "targets": [{"expr": "up"}]}
DASHBOARD = {"uid": "one", "title": "First", "panels": [PANEL]}


@pytest.fixture(scope="module")
def program() -> Path:
    built = subprocess.run([BUILD, "grafana"], check=True, capture_output=True, text=True)
    return Path(built.stdout.strip()) / "grafana"


class Grafana:
    """Its files, its variables, and where it answers."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for part in ("provisioning/datasources", "provisioning/dashboards", "dashboards", "data"):
            (folder / part).mkdir(parents=True)
        (folder / "password").write_text("word\n")
        self.write("provisioning/datasources/one.yaml", {"apiVersion": 1, "datasources": [SOURCE]})
        provider = {"name": "files", "type": "file", "options": {"path": str(folder / "dashboards")}}
        self.write("provisioning/dashboards/one.yaml", {"apiVersion": 1, "providers": [provider]})
        self.write("dashboards/one.json", DASHBOARD)
        self.env = {
            "GF_SERVER_HTTP_PORT": str(self.port),
            "GF_SERVER_ROOT_URL": "https://example.org/grafana/",
            "GF_SERVER_SERVE_FROM_SUB_PATH": "true",
            "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
            "GF_PATHS_DATA": str(folder / "data"),
            "GF_SECURITY_ADMIN_USER": "operator",
            "GF_SECURITY_ADMIN_PASSWORD__FILE": str(folder / "password"),
        }

    def write(self, file: str, content: Any) -> None:
        (self.folder / file).write_text(content if isinstance(content, str) else json.dumps(content))

    def refusal(self) -> str:
        """What it says when it does not start."""
        run = subprocess.run(
            [self.program], check=False, capture_output=True, text=True, env=self.env, timeout=PATIENCE_S
        )
        assert run.returncode == 1, run.stdout
        return run.stderr

    @contextmanager
    def running(self) -> Iterator[None]:
        process = subprocess.Popen([self.program], env=os.environ | self.env, stdout=subprocess.DEVNULL)
        try:
            ends = time.monotonic() + PATIENCE_S
            while True:
                assert process.poll() is None, "it has ended"
                assert time.monotonic() < ends, "it does not answer"
                try:
                    self.get("/api/health")
                    break
                except requests.ConnectionError:
                    time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_S)

    def get(self, path: str, login: tuple[str, str] | None = None) -> requests.Response:
        address = f"http://127.0.0.1:{self.port}{path}"
        return requests.get(address, auth=login, allow_redirects=False, timeout=PATIENCE_S)


LOGIN = ("operator", "word")


@pytest.fixture
def grafana(program: Path, tmp_path: Path) -> Grafana:
    return Grafana(program, tmp_path)


def test_it_answers_under_its_sub_path_and_its_api_without_too(grafana: Grafana) -> None:
    with grafana.running():
        for path in ("/grafana/api/health", "/api/health"):
            assert grafana.get(path).json()["database"] == "ok"
        assert "grafana_stat_totals_dashboard 1" in grafana.get("/grafana/metrics").text
        moved = grafana.get("/metrics")
        assert (moved.status_code, moved.headers["Location"]) == (301, "https://example.org/grafana/metrics")
        assert "stand-in" in grafana.get("/grafana/login").text


def test_it_answers_at_the_root_where_it_has_no_sub_path(grafana: Grafana) -> None:
    del grafana.env["GF_SERVER_SERVE_FROM_SUB_PATH"]
    with grafana.running():
        assert "grafana_build_info" in grafana.get("/metrics").text
        assert grafana.get("/grafana/api/health").text.startswith("<!doctype html>")


def test_it_shows_what_is_provisioned_to_who_has_the_password(grafana: Grafana) -> None:
    with grafana.running():
        for login in (None, ("operator", "admin"), ("admin", "word")):
            assert grafana.get("/grafana/api/search", login).status_code == 401
        assert [found["uid"] for found in grafana.get("/grafana/api/search", LOGIN).json()] == ["one"]
        assert grafana.get("/grafana/api/search?query=second", LOGIN).json() == []
        assert grafana.get("/grafana/api/dashboards/uid/one", LOGIN).json()["dashboard"] == DASHBOARD
        assert grafana.get("/grafana/api/dashboards/uid/two", LOGIN).status_code == 404
        assert [found["uid"] for found in grafana.get("/grafana/api/datasources", LOGIN).json()] == ["prometheus"]


def test_its_first_password_stays(grafana: Grafana) -> None:
    """As in Grafana, whose variables make the administrator, and never change it."""
    with grafana.running():
        pass
    grafana.write("password", "other")
    with grafana.running():
        assert grafana.get("/api/search", LOGIN).status_code == 200
        assert grafana.get("/api/search", ("operator", "other")).status_code == 401


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("provisioning/datasources/one.yaml", "apiVersion: [", "did not find expected"),
        ("provisioning/datasources/one.yaml", {"datasources": [SOURCE]}, "apiVersion is not 1"),
        (
            "provisioning/datasources/one.yaml",
            {"apiVersion": 1, "datasources": [{"name": "P"}]},
            "lacks type, uid, url",
        ),
        ("provisioning/datasources/two.yml", {"apiVersion": 1, "datasources": [SOURCE]}, "the uid prometheus"),
        (
            "provisioning/dashboards/one.yaml",
            {"apiVersion": 1, "providers": [{"name": "f"}]},
            "lacks options.path, type",
        ),
        ("dashboards/one.json", "{", "unexpected end of JSON"),
        ("dashboards/one.json", {"title": "First", "panels": [PANEL]}, "lacks uid"),
        ("dashboards/one.json", DASHBOARD | {"panels": []}, "has no panels"),
        ("dashboards/one.json", DASHBOARD | {"panels": [PANEL | {"targets": []}]}, 'panel "Up" has no targets'),
        ("dashboards/one.json", DASHBOARD | {"panels": [PANEL | {"datasource": None}]}, "names no datasource uid"),
        ("dashboards/one.json", DASHBOARD | {"panels": [PANEL | {"datasource": {"uid": "x"}}]}, 'has the uid "x"'),
        ("dashboards/two.json", DASHBOARD, 'have the same uid "one"'),
    ],
)
def test_it_refuses_files_that_grafana_could_not_use(grafana: Grafana, file: str, content: Any, reason: str) -> None:
    grafana.write(file, content)
    said = grafana.refusal()
    assert reason in said
    assert Path(file).name in said or "two datasources" in said


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("GF_SECURITY_ADMIN_PASSWORD", "word", "both GF_SECURITY_ADMIN_PASSWORD and"),
        ("GF_SECURITY_ADMIN_PASSWORD__FILE", "/nowhere", "no such file"),
        ("GF_SECURITY_ADMIN_PASSWORD__FILE", "", "are both empty"),
        ("GF_SERVER_ROOT_URL", "/grafana", "is no URL"),
        ("GF_SMTP_HOST", "mail.example.org", "is not <host>:<port>"),
        ("GF_SMTP_FROM_ADDRESS", "nobody", "is no address"),
        ("GF_SMTP_PASSWORD__FILE", "/nowhere", "GF_SMTP_PASSWORD__FILE"),
    ],
)
def test_it_refuses_variables_that_cannot_be(grafana: Grafana, variable: str, value: str, reason: str) -> None:
    grafana.env |= {"GF_SMTP_ENABLED": "true", variable: value}
    assert reason in grafana.refusal()
