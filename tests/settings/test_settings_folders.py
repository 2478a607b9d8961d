"""Folders of existing machines: refused with one line, or one that nobody else has anything in."""

from pathlib import PurePosixPath
from random import Random
from typing import Any

import pytest

from stacks.config.loader import parse
from tests.settings.loading import load, mistakes
from tests.support.configs import NAMESPACE, existing, secrets_for, texts

VOLUMES = ("nfs", "prometheus", "alertmanager", "grafana", "traefik")
SEEDS = range(40)
# An independent list: what a Debian or Ubuntu has at its root, and keeps beneath /var, with an example of each.
REFUSED = """
/bin /boot /boot/grub /dev /dev/shm /etc /etc/nuvla-swarm /home /home/me /home/me/.ssh /home/me/data/.ssh/x /lib /lib64
/media /nfs-root /nfs-root/bucket /opt /opt/containerd /proc /proc/1 /root /root/data /run /run/nuvla /sbin /snap /sys
/sys/fs /tmp /tmp/x /usr /usr/local /usr/local/data /var /var/cache /var/cache/x /var/lib /var/lib/apt/lists
/var/lib/containerd /var/lib/docker /var/lib/docker/volumes /var/lib/docker/volumes/x/_data /var/lib/dpkg /var/lib/nfs
/var/lib/systemd /var/local /var/lock /var/log /var/log/x /var/mail /var/opt /var/run /var/run/x /var/spool /var/tmp
/. /.. /./srv /srv/. /srv/.. /srv/../etc /srv/x/../../etc /srv/./x
""".split()
ACCEPTED = """
/data /data/nuvla /home/me/data /media/disk /mnt/disk /mnt/disk/nuvla /opt/nuvla /srv/nuvla /srv/a/b /srv/... /srv/.data
/var/lib/nuvla /var/lib/nuvla-swarm /var/lib/dockerx /usrdata /etcetera /var/opt/nuvla /volumes/x
""".split()


def refused(volumes: dict[str, Any] | None = None, **machines: Any) -> list[str]:
    document = existing(volumes=volumes or {})
    document["machines"] |= machines
    return mistakes(document, secrets_for(document))


@pytest.mark.parametrize("path", REFUSED)
def test_a_folder_of_the_system_is_refused(path: str) -> None:
    for line in (*refused({"nfs": {"path": path}}), *refused(data_path=path)):
        assert f'"{path}" given; allowed: a ' in line
    (line,) = refused({"nfs": {"path": path}})
    assert line.startswith("volumes.nfs.path: ")
    (line,) = refused(data_path=path)
    assert line.startswith("machines.data_path: ")


@pytest.mark.parametrize("path", ACCEPTED)
def test_a_folder_of_ones_own_is_accepted(path: str) -> None:
    for volumes, machines in (({"nfs": {"path": path}}, {}), ({}, {"data_path": path})):
        document = existing(volumes=volumes)
        document["machines"] |= machines
        if path == "/var/lib/nuvla-swarm" and volumes:
            continue  # it has the other volumes in it
        assert load(document, secrets_for(document))


def test_no_volume_is_in_another_one() -> None:
    assert refused({"nfs": {"path": "/srv"}, "prometheus": {"path": "/srv/prom"}}) == [
        "volumes.prometheus.path: /srv/prom given; allowed: a folder outside that of volumes.nfs, /srv"
    ]
    assert refused({"nfs": {"path": "/srv/prom/files"}, "prometheus": {"path": "/srv/prom"}}) == [
        "volumes.nfs.path: /srv/prom/files given; allowed: a folder outside that of volumes.prometheus, /srv/prom"
    ]
    assert load_with({"nfs": {"path": "/srv/prom"}, "prometheus": {"path": "/srv/prometheus"}})


def test_no_volume_is_where_those_without_a_path_are() -> None:
    assert refused({"nfs": {"path": "/var/lib/nuvla-swarm"}}) == [
        "volumes.nfs.path: /var/lib/nuvla-swarm given; "
        "allowed: a folder without that of volumes.prometheus, /var/lib/nuvla-swarm/prometheus"
    ]
    assert refused({"nfs": {"path": "/var/lib/nuvla-swarm/grafana"}}) == [
        "volumes.nfs.path: /var/lib/nuvla-swarm/grafana given; allowed: another folder than that of volumes.grafana"
    ]
    assert refused({"grafana": {"path": "/data/nfs/grafana"}}, data_path="/data") == [
        "volumes.grafana.path: /data/nfs/grafana given; allowed: a folder outside that of volumes.nfs, /data/nfs"
    ]
    assert load_with({"nfs": {"path": "/var/lib/nuvla-swarm/nfs"}}), "its own"
    assert load_with({"nfs": {"path": "/var/lib/nuvla-swarm/db"}}), "a target has no such volume"


def load_with(volumes: dict[str, Any]) -> Any:
    document = existing(volumes=volumes)
    return load(document, secrets_for(document))


def generated(random: Random) -> str:
    """Some path, more often than not near one that is refused."""
    roots = [*REFUSED, *ACCEPTED, "/srv", "/mnt", "/data", "/var/lib/nuvla-swarm/nfs", "/var/lib/nuvla-swarm/grafana"]
    path = random.choice(roots)
    for _ in range(random.randint(0, 2)):
        path += random.choice(["/x", "/..", "/.", "/docker", "//x", "/", "x", "/.ssh", "/lib", "/prometheus", "/nfs"])
    return path


@pytest.mark.parametrize("seed", SEEDS)
def test_paths_are_refused_with_a_line_each_or_are_safe(seed: int) -> None:
    random = Random(seed)
    for _ in range(20):
        given = {name: generated(random) for name in random.sample(VOLUMES, random.randint(1, 3))}
        document = existing(volumes={name: {"path": path} for name, path in given.items()})
        if random.random() < 0.3:
            document["machines"]["data_path"] = generated(random)
        case = (seed, given, document["machines"].get("data_path"))
        told = parse({key.removeprefix(f"{NAMESPACE}:"): text for key, text in texts(document).items()})[1]
        assert len({line.split(": ")[0] for line in told}) == len(told), (case, told)
        assert all(line.startswith(("volumes.", "machines.data_path: ")) for line in told), (case, told)
        if not told:
            root = document["machines"].get("data_path", "/var/lib/nuvla-swarm")
            safe([PurePosixPath(given.get(name, f"{root}/{name}")) for name in VOLUMES], case)


def safe(folders: list[PurePosixPath], case: object) -> None:
    """By a rule of its own: where the system has nothing, and nobody else's folder is above or below."""
    for folder in folders:
        parts = folder.parts[1:]
        assert not {"..", "."} & set(parts), case
        top, depth = parts[0], len(parts)
        if top == "var":
            assert depth > 1, case
            assert parts[1] not in ("cache", "lock", "log", "mail", "run", "spool", "tmp"), case
            assert depth > 2 or parts[1] not in ("lib", "local", "opt"), case
            assert parts[1:3] not in [
                ("lib", name) for name in ("apt", "containerd", "docker", "dpkg", "nfs", "systemd")
            ]
        elif top == "home":
            assert depth > 2, case
            assert not [part for part in parts if part.startswith(".")], case
        elif top in ("opt", "media"):
            assert depth > 1, case
            assert parts[1] != "containerd", case
        else:
            assert top not in (
                *("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "snap", "sys", "tmp"),
                *("usr", "nfs-root"),
            ), case
        for other in folders:
            assert other is folder or not other.is_relative_to(folder), case
