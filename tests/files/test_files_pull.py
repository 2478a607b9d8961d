"""components/service/scripts/pull.sh: a login to a registry is in files of one run, and on no command line."""

import os
import subprocess
from pathlib import Path

from components import assets
from tests.support.crowd import crowd

CONFIG, HEADER = '{"auths": {"registry:5000": {"auth": "V09SRA=="}}}', "X-Registry-Auth: V09SRA=="
TOOLS = {
    "docker": """echo "docker $*" >>$HERE/asked
case "$*" in
  "service inspect "*) echo "no such service: web"; exit 1 ;;
  "service ls"*) echo id ;;
  "image inspect "*) exit 1 ;;
  "pull "*) cp $DOCKER_CONFIG/config.json $HERE/used && stat -c %a $DOCKER_CONFIG >$HERE/mode ;;
esac""",
    "curl": """echo "curl $*" >>$HERE/asked
for word in "$@"; do case $word in @*) cp "${word#@}" $HERE/header ;; esac; done
echo '{"Descriptor":{"digest":"sha256:0a"}}'""",
    "hostname": "echo manager-1",
}


def pull(folder: Path, config: str, header: str) -> str:
    """Run the script below a folder, and return what it prints."""
    for name in ("bin", "run"):
        (folder / name).mkdir(exist_ok=True)
    for name, body in TOOLS.items():
        (folder / "bin" / name).write_text(f"#!/bin/bash\nHERE={folder}\n{body}\n")
        (folder / "bin" / name).chmod(0o755)
    text = assets.read("service/scripts/pull.sh").replace("/run/nuvla", f"{folder}/run/nuvla")
    given = {"IMAGE": "registry:5000/web:1", "SERVICE": "web", "CLIENT_CONFIG": config, "LOGIN_HEADER": header}
    env = os.environ | given | {"PATH": f"{folder}/bin:{os.environ['PATH']}", "DOCKER_CONFIG": f"{folder}/bin"}
    done = subprocess.run(
        ["bash", "-s"], check=True, input=text, env=env, capture_output=True, text=True, timeout=60 * crowd()
    )
    return done.stdout.strip()


def test_login_is_used_for_the_digest_and_for_the_image_and_then_removed(tmp_path: Path) -> None:
    assert pull(tmp_path, CONFIG, HEADER) == "registry:5000/web:1@sha256:0a"
    assert (tmp_path / "header").read_text().strip() == HEADER
    assert (tmp_path / "used").read_text() == CONFIG
    assert (tmp_path / "mode").read_text() == "700\n"
    assert "V09SRA" not in (tmp_path / "asked").read_text()
    assert list((tmp_path / "run").iterdir()) == []


def test_login_that_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "run/nuvla-swarm-login-web"
    left.mkdir(parents=True)
    (left / "config.json").write_text(CONFIG)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/config.json").write_text("{}")
    assert pull(tmp_path, "", "") == "registry:5000/web:1@sha256:0a"
    assert list((tmp_path / "run").iterdir()) == []
    assert not (tmp_path / "header").exists()
