"""What of a machine matters: it is looked at and compared."""

import hashlib
import json
import os
import re
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Everything that a script could leave behind is below these, but for what the system itself changes all the time.
ROOTS = (
    "etc home media mnt nfs-root opt root run srv tmp usr/local var usr/sbin/policy-rc.d usr/sbin/policy-rc.d.new "
    "usr/sbin/dockerd"
).split()
NOT_BELOW = (
    "/etc/alternatives /etc/ssl /etc/resolv.conf /etc/hosts /etc/hostname /opt/tests /usr/local/share /run/credentials "
    "/run/dbus /run/initctl /run/interrupted /run/log /run/motd.dynamic /run/mount /run/sshd /run/systemd /run/udev "
    "/run/utmp /var/cache /var/lib/apt /var/lib/dpkg /var/lib/systemd /var/log"
).split()
OF_STAND_INS = ("/run/stand-in", "/var/lib/docker/state.json", "/var/lib/stand-in")  # what they write, all at once
SYSCTLS = ("net.ipv4.ip_forward", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports")
LARGEST = 1_000_000  # bytes of a file that can be put back
SHOWN = 400  # bytes of a file that are shown as they are
SYSTEMS = re.compile(
    r"(-|dev-|dbus|getty|init|proc-|run-|session-|sys-|system-|systemd-|tmp|user|var-lib-docker)\S*\.|\S*\.(device|path|scope|slice|swap|target)$"
)
UNREAD = "systemd has not read again"
PATIENCE_S = 30


@dataclass(frozen=True)
class File:
    """A file, folder or link."""

    mode: int
    owner: tuple[int, int]
    content: str  # a hash of it, or where a link leads
    inode: int = field(compare=False)
    changed_ns: tuple[int, int] = field(compare=False)  # its content, and whatever of it


@dataclass(frozen=True)
class State:
    """A machine at one moment."""

    files: Mapping[str, File]
    facts: Mapping[str, str]  # units, firewall, mounts, addresses, settings of the kernel

    def same(self, other: "State") -> bool:
        return self.files == other.files and self.facts == other.facts


def tell(*command: str) -> str:
    """What a command prints, whether it succeeds or not."""
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout


class Looker:
    """Looks at this machine."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, int, int], str]] = {}  # hashes of files that did not change
        self._content: dict[str, bytes] = {}  # by hash

    def state(self, facts: Mapping[str, str] | None = None) -> State:
        """Now; where the facts are known, with these."""
        return State(dict(self._files()), dict(self._facts()) if facts is None else facts)

    def settled(self) -> State:
        """The state once systemd has nothing to do any more."""
        deadline = time.monotonic() + PATIENCE_S
        while tell("systemctl", "list-jobs", "--no-legend").strip() and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.state()

    def _files(self) -> Iterator[tuple[str, File]]:
        waiting = [f"/{root}" for root in ROOTS]
        while waiting:
            path = waiting.pop()
            try:
                found = os.lstat(path)
            except FileNotFoundError:
                continue
            if path in NOT_BELOW:
                continue
            if stat.S_ISDIR(found.st_mode):
                waiting += [entry.path for entry in os.scandir(path)]
                content = ""
            elif stat.S_ISLNK(found.st_mode):
                content = str(Path(path).readlink())
            elif stat.S_ISREG(found.st_mode):
                content = self._hash(path, found)
            else:
                content = ""
            changed = (found.st_mtime_ns, found.st_ctime_ns)
            yield path, File(found.st_mode, (found.st_uid, found.st_gid), content, found.st_ino, changed)

    def _hash(self, path: str, found: os.stat_result) -> str:
        mark = (found.st_ino, found.st_ctime_ns, found.st_size)
        known = self._known.get(path)
        if known and known[0] == mark:
            return known[1]
        data = Path(path).read_bytes() if found.st_size <= LARGEST else str(mark).encode()
        digest = hashlib.sha256(data).hexdigest()
        if found.st_size <= LARGEST:
            self._content[digest] = data
        self._known[path] = (mark, digest)
        return digest

    def _facts(self) -> Iterator[tuple[str, str]]:
        units = tell("systemctl", "list-units", "--all", "--plain", "--no-legend")
        for line in units.splitlines():
            name, _, active, sub, *_ = line.split()
            if active != "inactive" and not SYSTEMS.match(name):
                yield f"unit {name}", f"{active} {sub}"
        own = [path.name for path in Path("/etc/systemd/system").iterdir() if path.is_file() and not path.is_symlink()]
        own += [path.name[:-2] for path in Path("/etc/systemd/system").glob("*.*.d")]
        if own:
            shown = tell("systemctl", "show", "--property=NeedDaemonReload", "--value", "--", *own).split()
            yield from ((f"{UNREAD} {name}", told) for name, told in zip(own, shown, strict=True) if told == "yes")
        yield "firewall", tell("nft", "--stateless", "list", "ruleset")
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            _, _, _, root, place, *_ = line.split()
            if not place.startswith(("/proc", "/sys", "/dev", "/run/credentials")):
                yield f"mount {place}", f"{root} of {' '.join(line.partition(' - ')[2].split()[:2])}"
        for card in json.loads(tell("ip", "-json", "address")):
            yield f"interface {card['ifname']}", "up" if "UP" in card["flags"] else "down"
            for one in card["addr_info"]:
                yield f"address {one['family']} {one['local']}/{one['prefixlen']} of {card['ifname']}", ""
        for name in SYSCTLS:
            yield f"setting {name}", Path("/proc/sys", name.replace(".", "/")).read_text().strip()

    def differences(self, wanted: State, found: State) -> list[str]:
        """What is not as it should be, a line for each."""
        lines = []
        for path in sorted(wanted.files.keys() | found.files.keys()):
            one, other = wanted.files.get(path), found.files.get(path)
            if one != other:
                lines.append(f"{path}: is {self._shown(other)}; should be {self._shown(one)}")
        for fact in sorted(wanted.facts.keys() | found.facts.keys()):
            if wanted.facts.get(fact) != found.facts.get(fact):
                lines.append(f"{fact}: is {found.facts.get(fact)!r}; should be {wanted.facts.get(fact)!r}")
        return lines

    def _shown(self, file: File | None) -> str:
        if file is None:
            return "not there"
        owner = f"{file.owner[0]}:{file.owner[1]}"
        content = (
            self._content.get(file.content, file.content.encode()) if stat.S_ISREG(file.mode) else file.content.encode()
        )
        return f"{stat.filemode(file.mode)} {owner} {content[:SHOWN].decode(errors='replace')!r}"

    def text(self, file: File) -> bytes:
        """What a file has in it."""
        return self._content[file.content]


def torn(before: State, after: State) -> list[str]:
    """Files that were written in place meanwhile, so that a part of them can be there: one that was moved cannot.

    Scripts write files as <name>.new before they move them, and read no such one.
    """
    inodes = {file.inode for file in before.files.values()}
    written = []
    for path, file in after.files.items():
        if (
            stat.S_ISREG(file.mode)
            and file != before.files.get(path)
            and not path.startswith(OF_STAND_INS)
            and ".new" not in path
        ):
            same = before.files.get(path)
            if file.inode not in inodes or (same and same.inode == file.inode and same.content != file.content):
                written.append(path)
    return written
