"""components/machines/existing/scripts: which machine of which infrastructure a host is."""

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from components import assets
from components.engine.settings import OLDEST_ENGINE
from tests.support.rows import new_folder, rows

Told = tuple[int, str]
OWNER = "nuvla-swarm/prod 0123abcd"


def function(script: str, name: str) -> str:
    [found] = re.findall(
        rf"^{name}\(\) \{{.*?\}}$", assets.read(f"machines/existing/scripts/{script}"), re.MULTILINE | re.DOTALL
    )
    return str(found)


@pytest.fixture
def note(tmp_path: Path) -> Callable[..., None]:
    """Notes on a host, by their files."""

    def write(**files: str) -> None:
        for name, text in files.items():
            (tmp_path / name).write_text(f"{text}\n" if text else "")

    return write


def asked(folder: Path, script: str, *functions: str, machine: str = "worker-1") -> Told:
    """How the last of a script's functions ends for a machine of the infrastructure p/prod, and what it says."""
    text = "\n".join(function(script, name) for name in functions)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{text}\n{functions[-1]}"],
        env={"folder": str(folder), "MACHINE": machine, "OWNER": OWNER, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def checked(folder: Path, machine: str = "worker-1") -> Told:
    return asked(folder, "check_host.sh", "say", "fail", "check_owner", machine=machine)


def leaves(folder: Path, machine: str = "worker-1") -> Told:
    return asked(folder, "restore_point.sh", "say", "is_own", machine=machine)


def test_unmarked_host_is_accepted_and_never_restored(tmp_path: Path) -> None:
    assert checked(tmp_path) == (0, "")
    assert leaves(tmp_path) == (1, "")


def test_own_host_is_accepted_and_may_be_restored(tmp_path: Path, note: Callable[..., None]) -> None:
    note(owner=OWNER, machine="worker-1")
    assert checked(tmp_path) == (0, "")
    assert leaves(tmp_path) == (0, "")


@rows("noted", [OWNER, OWNER.partition(" ")[0]])
def test_host_marked_by_an_earlier_version_is_accepted(tmp_path: Path, note: Callable[..., None], noted: str) -> None:
    note(owner=noted)
    assert checked(tmp_path) == (0, "")


def test_empty_owner_mark_counts_as_unmarked(tmp_path: Path, note: Callable[..., None]) -> None:
    note(owner="", machine="worker-2")
    assert checked(tmp_path) == (0, "")
    assert leaves(tmp_path) == (1, "")


def test_host_of_another_machine_is_rejected_and_not_restored(tmp_path: Path, note: Callable[..., None]) -> None:
    note(owner=OWNER, machine="worker-1")
    assert checked(tmp_path, "compute-1") == (
        1,
        "compute-1: is worker-1 of this infrastructure; allowed: worker-1, or an `up` without it before, or this host "
        "installed anew if worker-1 was given up\n",
    )
    assert leaves(tmp_path, "compute-1") == (
        1,
        f"compute-1: this host is now worker-1 of the infrastructure {OWNER}, and is not restored\n",
    )


@rows("noted", ["nuvla-swarm/prod ffffffff", "nuvla-swarm/other 0123abcd", "nuvla-swarm/other"])
def test_host_of_another_checkout_is_rejected_and_not_restored(
    tmp_path: Path, note: Callable[..., None], noted: str
) -> None:
    note(owner=noted, machine="worker-1")
    code, said = checked(tmp_path)
    assert (code, said.partition(";")[0]) == (1, f"worker-1: is a machine of the infrastructure {noted}")
    code, said = leaves(tmp_path)
    assert (code, said) == (
        1,
        f"worker-1: this host is now worker-1 of the infrastructure {noted}, and is not restored\n",
    )


def engine_settings(folder: Path, text: str, drop_ins: Mapping[str, str] = MappingProxyType({})) -> Told:
    """How the check of an engine's settings ends, and what it says."""
    (folder / "daemon.json").write_text(text)
    (folder / "docker.service.d").mkdir(exist_ok=True)
    for name, content in drop_ins.items():
        (folder / "docker.service.d" / name).write_text(content)
    return _with_places(folder, "say", "fail", "unfit_settings", "check_engine_settings")


def addresses(folder: Path, own: str, private_address: str) -> Told:
    """How the check of the private address ends on a host with one address beside that of lo."""
    (folder / "ip").write_text(f"#!/bin/sh\necho '2: eth0    inet {own}/24 brd 10.0.0.255 scope global eth0'\n")
    (folder / "ip").chmod(0o755)
    return _with_places(folder, "say", "fail", "check_address", PRIVATE_ADDRESS=private_address)


def test_private_address_is_one_of_the_host(tmp_path: Path) -> None:
    assert addresses(tmp_path, "10.0.0.13", "10.0.0.13") == (0, "")
    assert addresses(tmp_path, "10.0.0.13", "") == (0, "")
    code, said = addresses(tmp_path, "10.0.0.130", "10.0.0.13")
    assert code == 1
    assert said == (
        "worker-1: has no address 10.0.0.13, which its private_address says; it has 10.0.0.130; correct "
        "private_address, or remove it if the other machines connect to address\n"
    )


def _with_places(folder: Path, *functions: str, **values: str) -> Told:
    text = "\n".join(function("check_host.sh", name) for name in functions)
    text = text.replace("/etc/docker/daemon.json}", "daemon.json}").replace("=/etc/docker/", f"={folder}/")
    text = text.replace("/etc/systemd/system/", f"{folder}/")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{text}\n{functions[-1]}"],
        env={"folder": str(folder), "MACHINE": "worker-1", "PATH": f"{folder}:/usr/bin:/bin", **values},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@rows(
    "text, told",
    [
        (
            '{"iptables": false}',
            '"iptables":false: without Docker\'s rules containers reach nobody, and no port is published',
        ),
        ('{\n  "debug": true,\n  "iptables" : false\n}', '"iptables":false: without'),
        ('{"ip-forward": false}', '"ip-forward":false: containers reach nobody'),
        ('{"ip-masq":false, "mtu": 1400}', '"ip-masq":false: containers reach nobody outside'),
        ('{"live-restore": true}', '"live-restore":true: it excludes a swarm'),
        ('{"userns-remap": "default"}', '"userns-remap":"default": services that use folders'),
        ('{"data-root": "/mnt/docker"}', '"data-root":"/mnt/docker": metrics and volumes'),
        ('{"data-root": "/var/lib/docker2"}', '"data-root":"/var/lib/docker2": metrics and volumes'),
        ('{"graph": "/srv"}', '"graph":"/srv": metrics and volumes'),
        ('{"cluster-store": "etcd://a:1"}', '"cluster-store":"etcd://a:1": it excludes a swarm'),
        ('{"firewall-backend": "nftables"}', '"firewall-backend":"nftables": it excludes a swarm'),
    ],
)
def test_incompatible_engine_settings_are_rejected_by_name(tmp_path: Path, text: str, told: str) -> None:
    code, said = engine_settings(new_folder(tmp_path), text)
    assert code == 1
    assert f"daemon.json has {told}" in said
    assert said.endswith("; remove it there, and restart its engine\n")
    assert len(said.splitlines()) == 1


@rows(
    "text",
    [
        "",
        "{}",
        '{"iptables": true, "ip-forward": true, "live-restore": false, "userns-remap": ""}',
        '{"data-root": "/var/lib/docker", "storage-driver": "overlay2"}',
        '{"data-root": "/var/lib/docker/"}',
        '{"bip": "172.20.0.1/16", "icc": false, "hosts": ["unix:///run/docker.sock"], "labels": ["iptables=false"]}',
        '{"bridge": "none", "dns": ["192.0.2.1"], "firewall-backend": "iptables", "userland-proxy": false}',
    ],
)
def test_other_engine_settings_are_accepted(tmp_path: Path, text: str) -> None:
    assert engine_settings(new_folder(tmp_path), text) == (0, "")


def test_host_without_an_engine_needs_no_engine_settings(tmp_path: Path) -> None:
    assert _with_places(tmp_path, "say", "fail", "unfit_settings", "check_engine_settings") == (0, "")


def test_marked_host_is_checked_by_its_former_engine_settings(tmp_path: Path, note: Callable[..., None]) -> None:
    note(owner=OWNER)
    assert engine_settings(tmp_path, '{"iptables": false}') == (0, ""), "those are the program's by now"
    before = tmp_path / "before/files/etc/docker"
    before.mkdir(parents=True)
    (before / "daemon.json").write_text('{"ip-masq": false}')
    assert engine_settings(tmp_path, "{}")[0] == 1


@rows(
    "name, content, code",
    [
        ("override.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// --iptables=false\n", 1),
        ("override.conf", "[Service]\nEnvironment=HTTP_PROXY=http://proxy:3128\n", 0),
        ("10-first.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n", 0),
        ("nuvla-swarm.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n", 0),
    ],
)
def test_drop_ins_that_change_how_dockerd_starts_are_rejected(
    tmp_path: Path, name: str, content: str, code: int
) -> None:
    found, said = engine_settings(new_folder(tmp_path), "{}", {name: content})
    assert found == code
    assert ("sets how dockerd is started; move its options to /etc/docker/daemon.json" in said) is bool(code)


def engine(folder: Path, found: str, before: str = "") -> Told:
    """How the check of the engine ends on a host that has a version of it; `before`: before the program came."""
    (folder / "dockerd").write_text(f"#!/bin/sh\necho 'Docker version {found}, build abc'\n")
    (folder / "systemctl").write_text("#!/bin/sh\nexit 3\n")
    for tool in ("dockerd", "systemctl"):
        (folder / tool).chmod(0o755)
    if before:
        (folder / "before").mkdir(exist_ok=True)
        (folder / "before/engine").write_text(f"{before}\n")
    text = assets.read("machines/existing/scripts/check_host.sh")
    [oldest] = re.findall(r"^oldest_engine=.*$", text, re.MULTILINE)
    [version] = re.findall(r"^engine_version\(\) .*$", text, re.MULTILINE)
    bodies = [function("check_host.sh", name) for name in ("say", "fail", "check_engine")]
    done = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            "\n".join([oldest, version, *bodies, "check_engine_settings() { :; }", "check_engine"]),
        ],
        env={"folder": str(folder), "MACHINE": "worker-1", "VERSION": "28.5.2", "PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_engine_that_is_too_old_is_not_advised_as_a_setting(tmp_path: Path) -> None:
    code, said = engine(new_folder(tmp_path), "19.03.15")
    assert code == 1
    assert said == (
        "worker-1: has Docker Engine 19.03.15 of its own, and the oldest that runs is 20.10; change the engine of this "
        "host to 28.5.2 yourself, or remove it, so that this program installs 28.5.2\n"
    )
    code, said = engine(new_folder(tmp_path), "20.10.5")
    assert (code, said.partition(";")[2].strip()) == (
        1,
        "set engine.version to 20.10.5, or change the engine of this host to 28.5.2 yourself",
    )
    assert engine(new_folder(tmp_path), "28.5.2", before="28.5.2") == (0, "")


def test_oldest_engine_of_hosts_is_that_of_the_settings() -> None:
    text = assets.read("machines/existing/scripts/check_host.sh")
    assert f"\noldest_engine={'.'.join(map(str, OLDEST_ENGINE))}\n" in text


LISTENING = """\
LISTEN 0      4096         127.0.0.1:40001      0.0.0.0:*    users:(("versitygw",pid=30579,fd=11))
LISTEN 0      4096             [::1]:40002         [::]:*    users:(("one",pid=1,fd=11))
LISTEN 0      128            0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=1,fd=3))
LISTEN 0      64             0.0.0.0:42279      0.0.0.0:*
LISTEN 0      5                    *:50000            *:*    users:(("mosh-server",pid=6269,fd=3))
LISTEN 0      5                 [::]:50000         [::]:*    users:(("mosh-server",pid=6269,fd=4))
LISTEN 0      4096           0.0.0.0:45000      0.0.0.0:*    users:(("docker-proxy",pid=6,fd=3))
LISTEN 0      4096           0.0.0.0:33333      0.0.0.0:*    users:(("rpc.mountd",pid=6,fd=3))
LISTEN 0      4096           0.0.0.0:61000      0.0.0.0:*    users:(("high",pid=6,fd=3))
"""


def test_listeners_on_application_ports_are_reported_by_name(tmp_path: Path) -> None:
    tool = tmp_path / "ss"
    tool.write_text(f"#!/bin/sh\ncat <<'EOF'\n{LISTENING}EOF\n")
    tool.chmod(0o755)
    functions = ("say", "listeners", "tell_listeners")
    code, said = _with_places(tmp_path, *functions, EPHEMERAL="32768 60999", MOUNTD_PORT="33333")
    assert code == 0, "it is the host's own business"
    assert [
        line.partition(", which users may reach (firewall.ephemeral); give it a port")[0] for line in said.splitlines()
    ] == [
        "worker-1: the kernel listens on port 42279",
        "worker-1: mosh-server listens on port 50000",
    ]


ALL = "CONFIG_NF_TABLES_INET=y\nCONFIG_NFSD=m\nCONFIG_IP_VS=m\n"


@rows(
    "needs, options, code, told",
    [
        ("firewall files", ALL, 0, ""),
        ("firewall files", "", 0, ""),
        (
            "firewall files",
            ALL.replace("CONFIG_NFSD=m", "# CONFIG_NFSD is not set"),
            1,
            "worker-1: its kernel has no NFS server; allowed: another nfs.machine, or nfs.server: ganesha\n",
        ),
        ("firewall", ALL.replace("CONFIG_NFSD=m", "CONFIG_NFSD_V4=y"), 0, ""),
        (
            "firewall",
            ALL.replace("CONFIG_NF_TABLES_INET=y\n", ""),
            1,
            "worker-1: its kernel has no nftables of the family inet; allowed: another kernel, or machines.firewall: "
            "false and rules of your own\n",
        ),
        ("", "CONFIG_IP_VS=y\n", 0, ""),
        (
            "",
            "CONFIG_NET=y\n",
            0,
            "warning: worker-1: its kernel has no IPVS, so ports of the ingress mesh do not answer there; publish "
            "ports with mode=host, or use another kernel\n",
        ),
    ],
)
def test_kernel_that_lacks_what_its_machine_needs_is_refused_before_any_change(
    tmp_path: Path, needs: str, options: str, code: int, told: str
) -> None:
    """A kernel that tells nothing of itself is accepted: the script that needs something of it says so."""
    text = "\n".join(function("check_host.sh", name) for name in ("say", "fail", "kernel_needs", "check_kernel"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f'kernel_options() {{ printf %s "$OPTIONS"; }}\n{text}\ncheck_kernel'],
        env={"MACHINE": "worker-1", "NEEDS": needs, "OPTIONS": options, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, told)


def test_settings_of_the_kernel_get_their_former_values_also_empty_ones(tmp_path: Path) -> None:
    """A file that is loaded by an older sysctl leaves a setting as it is whose former value was empty."""
    (tmp_path / "sysctl.conf").write_text("net.range = 32768\t60999\nnet.reserved = \n")
    (tmp_path / "sysctl").write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    (tmp_path / "sysctl").chmod(0o755)
    text = f"{function('restore_point.sh', 'restore_settings')}\nrestore_settings"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        env={"before": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "--quiet|--write|net.range=32768\t60999|--quiet|--write|net.reserved=|"
