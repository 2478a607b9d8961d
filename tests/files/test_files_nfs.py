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
    functions = "\n".join(function("nfs_machine.sh", name) for name in ("help_to_mount", "await_statd"))
    functions = f"serves() {{ false; }}\n{functions}"
    asked = tmp_path / "asked"
    # systemd does not know how a unit failed that was never loaded.
    fails_once = f'echo "$@" >>{asked}; [ "$1" != reset-failed ] && [ "$1 $(grep -c ^start {asked})" != "start 1" ]'
    assert said(tmp_path, f"{functions}\nhelp_to_mount", systemctl=fails_once, sleep="") == ""
    assert asked.read_text().splitlines() == [
        "enable --quiet rpcbind.service",
        "add-wants --quiet multi-user.target rpc-statd.service",
        "start rpcbind.service rpc-statd.service",
        "reset-failed rpc-statd.service",
        "start rpcbind.service rpc-statd.service",
    ]


def test_statd_that_does_not_start_is_told_in_its_own_words(tmp_path: Path) -> None:
    text = function("nfs_machine.sh", "await_statd").replace("SECONDS + 15", "SECONDS")
    tools = {"systemctl": "echo Job failed >&2; false", "journalctl": "echo no listener"}
    assert said(tmp_path, f'say() {{ echo "$*"; }}\n{text}\n(await_statd) 2>&1 || echo $?', **tools).splitlines() == [
        "Job failed; it says:",
        "no listener",
        "1",
    ]


@rows(
    "answer, code",
    [
        ('echo \'(tt)a(qs) 2 0 "/" 1 "/nfs-root" false\'', 0),
        ("echo '(tt)a(qs) 1 0 \"/\" false'", 1),
        ("echo '(tt)a(qs) 1 1 \"/nfs-root/other\" false'", 1),
        ("echo Call failed >&2; exit 1", 1),
    ],
)
def test_ganesha_serves_once_it_exports_the_folder(tmp_path: Path, answer: str, code: int) -> None:
    functions = "\n".join(function("nfs_server.sh", name) for name in ("exports_folder", "check_export"))
    functions = functions.replace("SECONDS + 10", "SECONDS")
    head = f'say() {{ echo "$*"; }}\nDISK=/data log={tmp_path}/log'
    (tmp_path / "log").write_text("1: EXPORT :CRIT :Lookup failed on path\n2: DISP :CRIT :no keytab\n")
    text = f"{head}\n{functions}\n(check_export) 2>&1 && echo 0 || echo $?"
    *lines, last = said(tmp_path, text, busctl=answer, stat="echo overlayfs").splitlines()
    assert last == str(code)
    if code:
        assert lines == [
            "Ganesha does not export /nfs-root, whose files are in /data, on a file system of type overlayfs; "
            "its log says:",
            "1: EXPORT :CRIT :Lookup failed on path",
            "Allowed: a file system that NFS can export, such as ext4 or xfs, or nfs.server: kernel",
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
