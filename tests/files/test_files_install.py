"""components/engine/scripts/install.sh: exact packages, held together, and by one key alone.

apt and its like are small stand-ins here; tests/interrupted has the whole script with others, killed at each step.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from components import assets
from components.engine.forms import KEY_FINGERPRINT
from tests.support.crowd import crowd
from tests.support.rows import new_folder, rows

CE, CLI, CONTAINERD = "docker-ce", "docker-ce-cli", "containerd.io"
MADISON = {
    CE: ["5:29.1.3-1~debian.12~bookworm", "5:28.5.1-1~debian.12~bookworm"],
    CLI: ["5:29.1.3-1~debian.12~bookworm", "5:28.5.1-1~debian.12~bookworm"],
    CONTAINERD: ["2.2.0-1~debian.12~bookworm", "1.7.29-1~debian.12~bookworm", "1.7.28-1~debian.12~bookworm"],
}
STRANGE = "A" * 40
OF_DOCKER = "https://download.docker.com"
# Each says what it was asked; a folder has what is installed, held and to be had.
TOOLS = {
    "apt-cache": "cat $HERE/madison/$2 2>/dev/null",
    "apt-get": """case " $* " in
  *" --simulate "*) ;;
  *" install "*)
    echo "$*" >>$HERE/asked
    for word in "$@"; do case $word in DPkg*) ;; *=*) echo "${word#*=}" >$HERE/there/${word%%=*} ;; esac; done
    [ ! -e $HERE/there/docker-ce ] || rm -f $HERE/there/docker.io ;;
esac""",
    "apt-mark": """case $1 in
  showhold) cat $HERE/held 2>/dev/null ;;
  hold) shift && printf '%s\\n' "$@" >>$HERE/held ;;
  unhold) shift && printf '%s\\n' "$@" | grep -vxFf - $HERE/held >$HERE/free; mv $HERE/free $HERE/held ;;
esac""",
    "curl": 'echo "$*" >>$HERE/fetched; while [ "$1" != -o ]; do shift; done; cp $HERE/key "$2"',
    "dockerd": """cd $HERE/there
for engine in docker-ce docker.io; do
  [ ! -e $engine ] || sed 's/^5://; s/^/Docker version /; s/[-+].*/, build x/' $engine
done""",
    "dpkg": "echo amd64",
    "dpkg-query": """for last in "$@"; do :; done
case $* in *Status*) [ ! -e $HERE/there/$last ] || echo installed ;; *) cat $HERE/there/$last 2>/dev/null ;; esac""",
    "gpg": 'for last in "$@"; do :; done; cat "$last"',
    "nft": "",
    "hostname": "echo manager-1",
}


class Machine:
    """A machine on which the script runs, below a folder."""

    def __init__(
        self, folder: Path, keys: tuple[str, ...] = (KEY_FINGERPRINT,), there: Mapping[str, str] | None = None
    ):
        self.folder = folder
        for name in (
            "bin",
            "madison",
            "there",
            "etc/apt/sources.list.d",
            "etc/apt/apt.conf.d",
            "run",
            "usr/sbin",
            "run/systemd/system",
        ):
            (folder / name).mkdir(parents=True)
        for name, body in TOOLS.items():
            (folder / "bin" / name).write_text(f"#!/bin/bash\nHERE={folder}\n{body}\n".replace("\\\\n", "\\n"))
            (folder / "bin" / name).chmod(0o755)
        for name, versions in MADISON.items():
            lines = [f" {name} | {version} | https://download.docker.com" for version in versions]
            (folder / "madison" / name).write_text("\n".join(lines) + "\n")
        for name, version in (there or {}).items():
            (folder / "there" / name).write_text(f"{version}\n")
        signing = "sub:-:4096:1:B:1::::::s:\nfpr:::::::::" + "B" * 40 + ":\n"
        (folder / "key").write_text(
            "".join(f"pub:-:4096:1:A:1:::-:::scSC:\nfpr:::::::::{key}:\n{signing}" for key in keys)
        )

    def install(
        self,
        version: str = "28.5.1",
        containerd: str = "1.7.29",
        proxy: str = "",
        repository: str = OF_DOCKER,
        source: str = "docker.com",
    ) -> subprocess.CompletedProcess[str]:
        text = assets.read("machines/scripts/apt.sh") + assets.read("engine/scripts/install.sh")
        for place in ("/etc/nuvla-swarm", "/etc/apt", "/run/", "/usr/sbin/policy"):
            text = text.replace(place, f"{self.folder}{place}")
        values = {
            "SOURCE": source,
            "VERSION": version,
            "CONTAINERD_VERSION": containerd,
            "REPOSITORY": repository,
            "KEY_FINGERPRINT": KEY_FINGERPRINT,
            "PROXY_HTTP": proxy,
            "PROXY_HTTPS": "",
            "PROXY_EXCLUDED": "localhost,127.0.0.0/8,.example.org,mirror" if proxy else "",
        }
        env = os.environ | values | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-s"], check=False, input=text, env=env, capture_output=True, text=True, timeout=60 * crowd()
        )

    def there(self) -> dict[str, str]:
        return {path.name: path.read_text().strip() for path in (self.folder / "there").iterdir()}

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


def test_engine_packages_have_the_exact_versions_and_are_held(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert machine.there() == {CE: MADISON[CE][1], CLI: MADISON[CLI][1], CONTAINERD: MADISON[CONTAINERD][1]}
    assert sorted(machine.lines("held")) == sorted([CE, CLI, CONTAINERD])
    assert sorted(machine.lines("etc/nuvla-swarm/engine")) == sorted([CE, CLI, CONTAINERD])
    again = len(machine.lines("asked"))
    assert machine.install().returncode == 0
    assert (len(machine.lines("asked")), len(machine.lines("held"))) == (again, 3)


def test_engine_of_the_other_source_is_held_no_longer(tmp_path: Path) -> None:
    """Packages that conflict with a held one are refused by apt."""
    machine = Machine(tmp_path, there={"docker.io": "20.10.24+dfsg1-1"})
    (tmp_path / "etc/nuvla-swarm").mkdir()
    (tmp_path / "etc/nuvla-swarm/engine").write_text("docker.io\n")
    (tmp_path / "held").write_text("docker.io\nof-the-host\n")
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert sorted(machine.lines("held")) == sorted(["of-the-host", CE, CLI, CONTAINERD])


def test_client_is_installed_where_the_distribution_has_it_apart(tmp_path: Path) -> None:
    """Debian has it so since release 13."""
    for release, version, packages in ((12, "20.10.24", ["docker.io"]), (13, "26.1.5", ["docker-cli", "docker.io"])):
        machine = Machine(tmp_path / str(release))
        for name in packages:
            (machine.folder / "madison" / name).write_text(f" {name} | {version}+dfsg1-9 | https://deb.debian.org\n")
        for _ in range(2):
            done = machine.install(version, source="distribution")
            assert done.returncode == 0, done.stderr
        assert sorted(machine.there()) == sorted(machine.lines("held")) == packages


def test_version_change_updates_all_three_packages(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.install()
    done = machine.install("29.1.3", "2.2.0")
    assert done.returncode == 0, done.stderr
    assert machine.there() == {name: versions[0] for name, versions in MADISON.items()}


def test_unavailable_version_is_reported_with_the_values_that_the_setting_may_have(tmp_path: Path) -> None:
    """A package's own version has an epoch and a revision, which the settings refuse."""
    machine = Machine(tmp_path)
    for given, package, setting, versions in (
        (
            {"containerd": "1.6.0"},
            f"{CONTAINERD} of version 1.6.0",
            "engine.containerd_version",
            "2.2.0, 1.7.29, 1.7.28",
        ),
        ({"version": "28.5.9"}, f"{CE} of version 28.5.9", "engine.version", "29.1.3, 28.5.1"),
    ):
        done = machine.install(**given)
        assert done.returncode == 1
        assert (
            done.stderr.splitlines()[-1] == f"manager-1: has no package {package}; set {setting} to one of {versions}"
        )
    (tmp_path / "madison" / CE).write_text(" docker-ce | 5:20.10.24+dfsg1-1+b3 | x\n docker-ce | 20.10.24-2 | y\n")
    assert machine.install().stderr.endswith("; set engine.version to one of 20.10.24\n")
    (tmp_path / "madison" / CE).write_text("")
    assert machine.install().stderr.endswith(
        "manager-1: has no package docker-ce in its package sources; allowed: another engine.source\n"
    )
    assert machine.there() == {}


@rows("keys", [(STRANGE,), (KEY_FINGERPRINT, STRANGE), (STRANGE, KEY_FINGERPRINT), ()])
def test_packages_signed_by_another_key_are_rejected(tmp_path: Path, keys: tuple[str, ...]) -> None:
    machine = Machine(new_folder(tmp_path), keys)
    done = machine.install()
    assert done.returncode == 1
    found = " ".join(keys) or "of nobody"
    assert done.stderr.splitlines()[-1].startswith(
        f"manager-1: https://download.docker.com has the key {found} and not {KEY_FINGERPRINT}: nothing of it is"
    )
    assert machine.there() == {}
    assert list((machine.folder / "etc/apt/sources.list.d").iterdir()) == []
    assert not (machine.folder / "etc/apt/keyrings/docker.asc").exists()


def test_packages_of_a_mirror_are_signed_by_the_key_of_the_settings(tmp_path: Path) -> None:
    mirror = "http://mirror:8081/docker"
    machine = Machine(new_folder(tmp_path))
    assert machine.install(repository=mirror).returncode == 0
    assert machine.lines("fetched")[0].split()[1].startswith(f"{mirror}/linux/")
    (line,) = machine.lines("etc/apt/sources.list.d/docker.list")
    assert re.fullmatch(rf"deb \[arch=amd64 signed-by=\S+/docker.asc\] {mirror}/linux/\w+ \w+ stable", line), line
    machine = Machine(new_folder(tmp_path), (STRANGE,))
    done = machine.install(repository=mirror)
    assert done.stderr.splitlines()[-1].startswith(
        f"manager-1: {mirror} has the key {STRANGE} and not {KEY_FINGERPRINT}"
    )


def test_packages_of_an_earlier_version_are_held_unchanged(tmp_path: Path) -> None:
    """It held the engine alone, and another containerd would be that of running containers."""
    newer = {CE: MADISON[CE][1], CLI: MADISON[CLI][0], CONTAINERD: MADISON[CONTAINERD][0]}
    machine = Machine(tmp_path, there=newer)
    (tmp_path / "etc/nuvla-swarm").mkdir()
    (tmp_path / "etc/nuvla-swarm/engine").write_text(f"{CE}\n")
    (tmp_path / "held").write_text(f"{CE}\n")
    done = machine.install()
    assert done.returncode == 0, done.stderr
    assert machine.there() == newer
    assert sorted(machine.lines("held")) == sorted([CE, CLI, CONTAINERD])
    told = [line for line in done.stderr.splitlines() if "stays until" in line]
    assert len(told) == 2
    assert f"manager-1: has {CONTAINERD} {newer[CONTAINERD]} and not 1.7.29; it stays until" in "\n".join(told)


def test_engine_of_the_host_is_neither_held_nor_changed(tmp_path: Path) -> None:
    machine = Machine(tmp_path, there={CE: MADISON[CE][1], CLI: MADISON[CLI][0], CONTAINERD: MADISON[CONTAINERD][0]})
    done = machine.install()
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.lines("held") == []


def test_apt_has_a_proxy_while_the_settings_have_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    file = tmp_path / "etc/apt/apt.conf.d/95-nuvla-swarm-proxy"
    for proxy in ("http://proxy:3128", "http://proxy:3129"):
        assert machine.install(proxy=proxy).returncode == 0
        assert file.read_text().splitlines() == [
            f'Acquire::http::Proxy "{proxy}";',
            'Acquire::http::Proxy::localhost "DIRECT";',
            'Acquire::https::Proxy::localhost "DIRECT";',
            'Acquire::http::Proxy::mirror "DIRECT";',
            'Acquire::https::Proxy::mirror "DIRECT";',
        ]
    assert machine.install().returncode == 0
    assert not file.exists()
