"""components/storage/scripts/nfs*.sh: nobody leaves the folder that is exported, and no port is left to chance."""

import re
import shlex
import subprocess
from pathlib import Path

from components import assets
from components.ports import STATD
from tests.support.rows import rows


def function(script: str, name: str) -> str:
    [found] = re.findall(
        rf"^{name}\(\) \{{.*?^\}}$", assets.read(f"storage/scripts/{script}"), re.MULTILINE | re.DOTALL
    )
    return str(found)


def said(folder: Path, text: str, **tools: str) -> str:
    """What a script prints, with tools of the test."""
    for name, does in tools.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        env={"PATH": f"{folder}:/usr/bin:/bin", "FOLDER": "/nfs-root", "STATD_PORT": str(STATD.number)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@rows(
    "root, option",
    [("/", "no_subtree_check"), ("/var/lib/nuvla-swarm/nfs", "subtree_check"), ("", "subtree_check")],
)
def test_exported_subfolder_is_checked_against_forged_handles(tmp_path: Path, root: str, option: str) -> None:
    text = f"{function('nfs_entry.sh', 'subtree_check')}\nsubtree_check"
    assert said(tmp_path, text, findmnt=f"echo '{root}'; test -n '{root}'") == f"{option}\n"


@rows("port, restarted", [(42279, True), (STATD.number, False)])
def test_statd_on_an_application_port_is_restarted(tmp_path: Path, port: int, restarted: bool) -> None:
    [listens] = re.findall(r"^listens\(\) .*$", assets.read("storage/scripts/nfs.sh"), re.MULTILINE)
    ports = function("nfs.sh", "fix_ports").replace("install -d /etc/nfs.conf.d /etc/modprobe.d", "")
    text = f"{listens}\nwrite() {{ cat >/dev/null; }}\nPORTS= MODULES= SYSCTLS=\n{ports}\nfix_ports"
    ss = f"echo 'tcp LISTEN 0 64 0.0.0.0:{port} 0.0.0.0:*'"
    systemctl = 'case "$1" in restart) echo "$@" ;; esac'
    container = {"systemd-detect-virt": "true"}
    assert said(tmp_path, text, ss=ss, systemctl=systemctl, **container) == (
        "restart rpc-statd.service\n" if restarted else ""
    )


@rows("container, loaded", [(True, ""), (False, "--quiet --load=/etc/sysctl.d/91-nuvla-swarm-nfs.conf\n")])
def test_ports_of_the_kernel_are_set_where_it_is_the_own_kernel(tmp_path: Path, container: bool, loaded: str) -> None:
    ports = function("nfs.sh", "fix_ports").replace("install -d /etc/nfs.conf.d /etc/modprobe.d", "")
    text = f"listens() {{ true; }}\nwrite() {{ cat >/dev/null; }}\nPORTS= MODULES= SYSCTLS=\n{ports}\nfix_ports"
    tools = {"systemd-detect-virt": "true" if container else "false", "sysctl": 'echo "$@"', "systemctl": "false"}
    assert said(tmp_path, text, **tools) == loaded


def test_client_starts_what_volumes_without_a_version_need(tmp_path: Path) -> None:
    text = f"{function('nfs_machine.sh', 'help_to_mount')}\nhelp_to_mount"
    assert said(tmp_path, text, systemctl='echo "$@"').splitlines() == [
        "enable --quiet rpcbind.service",
        "add-wants --quiet multi-user.target rpc-statd.service",
        "start rpcbind.service rpc-statd.service",
    ]


@rows("program, known", [("allow_set_io_flusher_fail", True), ("Enable_NLM", False)])
def test_ganesha_gets_no_setting_that_its_version_does_not_know(tmp_path: Path, program: str, known: bool) -> None:
    settings = assets.read("storage/files/ganesha.conf")
    text = f"GANESHA={shlex.quote(settings)}\n{function('nfs_server.sh', 'ganesha_settings')}\nganesha_settings"
    shown = said(tmp_path, text, **{"ganesha.nfsd": f"# {program}"})
    lines = [line for line in settings.splitlines() if known or "Allow_Set_Io_Flusher_Fail" not in line]
    assert shown.rstrip().splitlines() == lines


def test_kernel_without_an_nfs_server_is_reported_with_both_remedies(tmp_path: Path) -> None:
    [say] = re.findall(r"^say\(\) .*$", assets.read("storage/scripts/nfs.sh"), re.MULTILINE)
    text = f"{say}\n{function('nfs_server.sh', 'serve_by_kernel')}\nserve_by_kernel"
    for name, does in {"modprobe": "exit 1", "grep": "exit 1", "hostname": "echo worker-1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "worker-1: its kernel has no NFS server; allowed: another nfs.machine, or nfs.server: ganesha\n"
    )
