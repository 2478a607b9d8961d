"""Folders of existing machines: refused with one line, or one that nobody else has anything in."""

from pathlib import PurePosixPath
from random import Random
from typing import Any

from tests.settings.loading import refusals, taken
from tests.support.configs import existing

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


def document(volumes: dict[str, Any] | None = None, **machines: Any) -> dict[str, Any]:
    """Existing machines with settings of volumes and of machines."""
    made = existing(volumes=volumes or {})
    made["machines"] |= machines
    return made


def refused(volumes: dict[str, Any] | None = None, **machines: Any) -> list[str]:
    return refusals(document(volumes, **machines))


def test_folders_of_the_system_are_refused() -> None:
    wrong = {}
    for path in REFUSED:
        for setting, lines in (
            ("volumes.nfs.path", refused({"nfs": {"path": path}})),
            ("machines.data_path", refused(data_path=path)),
        ):
            if len(lines) != 1 or not lines[0].startswith(f'{setting}: "{path}" given; allowed: a '):
                wrong[f"{setting}: {path}"] = lines
    assert wrong == {}


def test_folders_of_ones_own_are_accepted() -> None:
    """As a volume, /var/lib/nuvla-swarm has the other volumes in it."""
    volumes = {path: refused({"nfs": {"path": path}}) for path in ACCEPTED if path != "/var/lib/nuvla-swarm"}
    machines = {path: refused(data_path=path) for path in ACCEPTED}
    assert {path: lines for found in (volumes, machines) for path, lines in found.items() if lines} == {}


def test_volume_in_the_folder_of_another_one_is_refused() -> None:
    assert refused({"nfs": {"path": "/srv"}, "prometheus": {"path": "/srv/prom"}}) == [
        "volumes.prometheus.path: /srv/prom given; allowed: a folder outside that of volumes.nfs, /srv"
    ]
    assert refused({"nfs": {"path": "/srv/prom/files"}, "prometheus": {"path": "/srv/prom"}}) == [
        "volumes.nfs.path: /srv/prom/files given; allowed: a folder outside that of volumes.prometheus, /srv/prom"
    ]
    assert taken(document({"nfs": {"path": "/srv/prom"}, "prometheus": {"path": "/srv/prometheus"}}))


def test_volume_in_the_folder_of_one_without_a_path_is_refused() -> None:
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
    assert taken(document({"nfs": {"path": "/var/lib/nuvla-swarm/nfs"}})), "the volume's own"
    assert taken(document({"nfs": {"path": "/var/lib/nuvla-swarm/db"}})), "a target has no such volume"


def generated(random: Random) -> str:
    """Some path, more often than not near one that is refused."""
    roots = [*REFUSED, *ACCEPTED, "/srv", "/mnt", "/data", "/var/lib/nuvla-swarm/nfs", "/var/lib/nuvla-swarm/grafana"]
    path = random.choice(roots)
    for _ in range(random.randint(0, 2)):
        path += random.choice(["/x", "/..", "/.", "/docker", "//x", "/", "x", "/.ssh", "/lib", "/prometheus", "/nfs"])
    return path


def test_paths_are_refused_with_a_line_each_or_are_safe() -> None:
    for seed in SEEDS:
        random = Random(seed)
        for _ in range(20):
            given = {name: generated(random) for name in random.sample(VOLUMES, random.randint(1, 3))}
            root = {"data_path": generated(random)} if random.random() < 0.3 else {}
            told = refused({name: {"path": path} for name, path in given.items()}, **root)
            case = (seed, given, root, told)
            assert len({line.split(": ")[0] for line in told}) == len(told), case
            assert all(line.startswith(("volumes.", "machines.data_path: ")) for line in told), case
            if not told:
                data = root.get("data_path", "/var/lib/nuvla-swarm")
                safe([PurePosixPath(given.get(name, f"{data}/{name}")) for name in VOLUMES], case)


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
