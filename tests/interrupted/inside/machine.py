"""This machine, which is put back to what it was."""

import os
import shutil
import socket
import stat
import subprocess
from pathlib import Path

from tests.interrupted.inside.state import UNREAD, File, Looker, State, tell

ROUNDS = 4  # in which a machine is put back: what is started changes files, for one


def answers(path: str) -> bool:
    """Whether anybody listens on a socket."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(path) == 0


class Machine(Looker):
    """It knows what it has seen, and so can be that again."""

    def put_back(self, wanted: State) -> None:
        """Makes the machine what it was.

        Errors: AssertionError when that fails.
        """
        found = self.settled()
        for _ in range(ROUNDS):
            if found.same(wanted) and not any(
                stat.S_ISREG(file.mode) and file.changed_ns[0] != wanted.files[path].changed_ns[0]
                for path, file in found.files.items()
            ):
                return
            self._approach(wanted, found)
            found = self.settled()
        left = self.differences(wanted, found)
        assert not left, "the machine could not be put back:\n" + "\n".join(left)

    def _approach(self, wanted: State, found: State) -> None:
        self._stop(wanted, found)
        unread = [fact for fact in found.facts if fact.startswith(UNREAD) and fact not in wanted.facts]
        if self._put_files_back(wanted, found) or unread:
            tell("systemctl", "daemon-reload")
        missing = [fact[5:] for fact in wanted.facts if fact.startswith("unit ") and fact not in found.facts]
        if missing:
            tell("systemctl", "start", *missing)
        if "unit docker.service" in wanted.facts and not answers("/run/docker.sock"):
            tell("systemctl", "restart", "docker.socket", "docker.service")
        self._put_network_back(wanted, found)

    def _stop(self, wanted: State, found: State) -> None:
        units = [fact[5:] for fact in found.facts if fact.startswith("unit ") and fact not in wanted.facts]
        if units:
            tell("systemctl", "stop", *units)
            tell("systemctl", "reset-failed")
        mounts = [fact[6:] for fact in found.facts if fact.startswith("mount ") and fact not in wanted.facts]
        for place in sorted(mounts, reverse=True):
            tell("umount", "--lazy", place)

    def _put_files_back(self, wanted: State, found: State) -> bool:
        """Whether any is one that systemd reads."""
        touched = []
        for path in sorted(found.files.keys() - wanted.files.keys(), reverse=True):
            if stat.S_ISDIR(found.files[path].mode):
                shutil.rmtree(path, ignore_errors=True)
            else:
                Path(path).unlink(missing_ok=True)
            touched.append(path)
        for path, file in sorted(wanted.files.items()):
            there = found.files.get(path)
            if file != there:
                self._put_file_back(path, file, there)
                touched.append(path)
            elif stat.S_ISREG(file.mode) and file.changed_ns[0] != there.changed_ns[0]:
                os.utime(path, ns=(file.changed_ns[0],) * 2)
        return any(path.startswith(("/etc/systemd", "/etc/fstab")) for path in touched)

    def _put_file_back(self, path: str, wanted: File, found: File | None) -> None:
        if found and stat.S_IFMT(found.mode) != stat.S_IFMT(wanted.mode):
            if stat.S_ISDIR(found.mode):
                shutil.rmtree(path)
            else:
                Path(path).unlink()
        if stat.S_ISDIR(wanted.mode):
            Path(path).mkdir(parents=True, exist_ok=True)
        elif stat.S_ISLNK(wanted.mode):
            Path(path).unlink(missing_ok=True)
            Path(path).symlink_to(wanted.content)
            return
        elif stat.S_ISREG(wanted.mode):
            if not found or found.content != wanted.content:
                Path(path).unlink(missing_ok=True)
                Path(path).write_bytes(self._content[wanted.content])
        else:
            return
        os.chown(path, *wanted.owner)
        Path(path).chmod(stat.S_IMODE(wanted.mode))
        os.utime(path, ns=(wanted.changed_ns[0],) * 2)

    def _put_network_back(self, wanted: State, found: State) -> None:
        if wanted.facts["firewall"] != found.facts["firewall"]:
            rules = f"flush ruleset\n{wanted.facts['firewall']}"
            subprocess.run(["nft", "--file", "-"], input=rules, text=True, check=True)
        for fact in found.facts.keys() - wanted.facts.keys():
            kind, *words = fact.split()
            if kind == "address":
                tell("ip", "address", "delete", words[1], "dev", words[3])
            elif kind == "interface":
                tell("ip", "link", "delete", words[0])
        for fact in wanted.facts.keys() - found.facts.keys():
            kind, *words = fact.split()
            if kind == "address":
                tell("ip", "address", "replace", words[1], "dev", words[3])
        for fact, told in wanted.facts.items():
            if fact.startswith("interface ") and found.facts.get(fact) not in (told, None):
                tell("ip", "link", "set", fact.split()[1], told)
            if fact.startswith("setting ") and found.facts[fact] != told:
                Path("/proc/sys", fact.split()[1].replace(".", "/")).write_text(told or "\n")
