"""Takes the place of apt and dpkg, of which it knows what the scripts use: packages, holds, locks, interruptions."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

STATE = Path("/var/lib/stand-in/packages.json")
STARTED = Path("/run/stand-in/started")  # what packages started when they were installed
POLICY = Path("/usr/sbin/policy-rc.d")
LIST = Path("/etc/apt/sources.list.d/docker.list")
KEY = Path("/etc/apt/keyrings/docker.asc")
ENGINE = Path("/usr/sbin/dockerd")
TOOL = Path(__file__).parents[1] / "tool.sh"

# Versions, newest first; what comes with a package, and what cannot be beside it.
AVAILABLE = {
    "docker.io": ["20.10.24+dfsg1-1+deb12u1", "20.10.23+dfsg1-1"],
    "containerd": ["1.6.20"],
    "iptables": ["1.8.9"],
    "curl": ["7.88"],
    "ca-certificates": ["2023"],
    "nftables": ["1.0.6"],
    "gpg": ["2.2.40"],
    "keepalived": ["1:2.2.7-1+b2"],
    "nfs-common": ["2.6.2"],
    "rpcbind": ["1.2.6"],
    "nfs-ganesha": ["4.3"],
    "nfs-ganesha-vfs": ["4.3"],
    "nfs-kernel-server": ["2.6.2"],
}
DOCKER_COM = {
    "docker-ce": ["5:29.1.3-1~debian.12~bookworm", "5:28.5.1-1~debian.12~bookworm", "5:20.10.24~3-0~debian-bookworm"],
    "docker-ce-cli": ["5:29.1.3-1~debian.12~bookworm", "5:28.5.1-1~debian.12~bookworm"],
    "containerd.io": ["2.2.0-1", "1.7.29-1~debian.12~bookworm", "1.7.28-1"],
}
NEEDS = {"docker.io": ["containerd"], "docker-ce": ["docker-ce-cli", "containerd.io"], "nfs-common": ["rpcbind"]}
EXCLUDES = {
    "docker.io": ["docker-ce", "docker-ce-cli", "containerd.io"],
    "docker-ce": ["docker.io", "containerd"],
    "docker-ce-cli": ["docker.io"],
    "containerd.io": ["containerd", "docker.io"],
}
OF_SERVICES = {"docker.io", "docker-ce", "rpcbind", "nfs-ganesha", "nfs-kernel-server"}


def load() -> dict[str, Any]:
    found: dict[str, Any] = {"packages": {}, "lists": [], "interrupted": False, "locked": 0}
    return found | (json.loads(STATE.read_text(encoding="utf-8")) if STATE.exists() else {})


def save(state: dict[str, Any]) -> None:
    STATE.parent.mkdir(exist_ok=True)
    new = STATE.with_suffix(".new")
    new.write_text(json.dumps(state, indent=1, sort_keys=True), encoding="utf-8")
    new.rename(STATE)
    present = any(state["packages"].get(name, {}).get("there") for name in ("docker.io", "docker-ce"))
    if present and not ENGINE.is_symlink():
        ENGINE.symlink_to(TOOL)
    if not present:
        ENGINE.unlink(missing_ok=True)


def fail(*lines: str, code: int = 100) -> NoReturn:
    print(*lines, sep="\n", file=sys.stderr)
    sys.exit(code)


def unknown(words: Sequence[str]) -> NoReturn:
    fail(f"the stand-in of {sys.argv[1]} does not know: {' '.join(words)}", code=64)


def options(words: Sequence[str]) -> tuple[set[str], list[str]]:
    """Options without their values, and what is none."""
    given, rest, waiting = set[str](), list[str](), list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "-o":
            waiting.pop(0)
        elif word.startswith("-"):
            given.add(word)
        else:
            rest.append(word)
    return given, rest


def available(state: dict[str, Any]) -> dict[str, list[str]]:
    return AVAILABLE | (DOCKER_COM if "docker.com" in state["lists"] else {})


def apt_cache(words: Sequence[str]) -> None:
    if words[0] != "madison":
        unknown(words)
    for version in available(load()).get(words[1], []):
        print(f" {words[1]} | {version} | https://deb.example bookworm/main amd64 Packages")


def apt_get(words: Sequence[str]) -> None:
    given, (verb, *names) = options(words)
    state = load()
    if verb == "update":
        update(state)
    elif verb == "upgrade" and "--with-new-pkgs" in given:
        found = available(state)
        old = [name for name, one in state["packages"].items() if one["there"] and one["there"] != found[name][0]]
        newest = [f"{name}={found[name][0]}" for name in old if not state["packages"][name].get("held")]
        install(state, given, newest)
    elif verb in ("install", "purge"):
        if state["interrupted"] and "--simulate" not in given:
            fail("E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.")
        if verb == "install":
            install(state, given, names)
        else:
            purge(state, given, names)
    else:
        unknown(words)


def update(state: dict[str, Any]) -> None:
    if state["locked"]:
        state["locked"] -= 1
        save(state)
        fail(
            "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 77 (apt-get)",
            "E: Unable to lock directory /var/lib/apt/lists/",
        )
    state["lists"] = []
    if LIST.exists():
        line = LIST.read_text(encoding="utf-8")
        if not re.fullmatch(r"deb \[arch=\S+ signed-by=\S+\] https://download.docker.com/linux/\S+ \S+ stable\n", line):
            fail(f"E: Malformed entry 1 in list file {LIST} (Component)", "E: The list of sources could not be read.")
        if not KEY.exists() or not KEY.read_text(encoding="utf-8").endswith("-----END PGP PUBLIC KEY BLOCK-----\n"):
            fail("E: The repository 'https://download.docker.com/linux/debian bookworm InRelease' is not signed.")
        state["lists"] = ["docker.com"]
    save(state)


def install(state: dict[str, Any], given: set[str], names: Sequence[str]) -> None:
    packages, wanted = state["packages"], dict[str, str]()
    waiting = list(names)
    while waiting:
        name, _, version = waiting.pop(0).partition("=")
        if name not in available(state):
            fail(f"E: Unable to locate package {name}")
        there = packages.get(name, {}).get("there")
        if not there or (version and there != version):
            wanted[name] = version or available(state)[name][0]
            waiting += [one for one in NEEDS.get(name, []) if one not in wanted]
    removed = [one for name in wanted for one in EXCLUDES.get(name, []) if packages.get(one, {}).get("there")]
    held = [one for one in {*removed, *wanted} if packages.get(one, {}).get("held")]
    if "--simulate" in given:
        for name, version in wanted.items():
            before = packages.get(name, {}).get("there")
            print(f"Inst {name} {f'[{before}] ' if before else ''}({version} Debian:12/stable [amd64])")
        return
    if held and "--allow-change-held-packages" not in given:
        fail("E: Held packages were changed and -y was used without --allow-change-held-packages.")
    if set(held) & set(removed):
        fail("E: Error, pkgProblemResolver::Resolve generated breaks, this may be caused by held packages.")
    for name in removed:
        packages[name]["there"] = None
    for name, version in wanted.items():
        packages.setdefault(name, {})["there"] = version
        packages[name]["status"] = "installed"
    save(state)
    for name in sorted(OF_SERVICES & wanted.keys()):
        allowed = not os.access(POLICY, os.X_OK) or subprocess.run([POLICY, name, "start"], check=False).returncode == 0
        if allowed:
            STARTED.parent.mkdir(exist_ok=True)
            with STARTED.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")


def purge(state: dict[str, Any], given: set[str], names: Sequence[str]) -> None:
    packages = state["packages"]
    gone = {name for name in names if packages.get(name)}
    gone |= {one for one, needs in NEEDS.items() if packages.get(one, {}).get("there") and gone & set(needs)}
    if "--simulate" in given:
        for name in sorted(gone):
            print(f"Purg {name} [1]")
        return
    if any(packages[name].get("held") for name in gone) and "--allow-change-held-packages" not in given:
        fail("E: Held packages were changed and -y was used without --allow-change-held-packages.")
    for name in gone:
        del packages[name]
    if "docker.io" in gone:
        for link in Path("/etc/systemd/system").glob("*.wants/docker.*"):
            link.unlink()
    save(state)


def apt_mark(words: Sequence[str]) -> None:
    state = load()
    if words[0] in ("hold", "unhold"):
        for name in words[1:]:
            state["packages"][name]["held"] = words[0] == "hold"
        save(state)
    elif words[0] == "showhold":
        print(*(name for name, one in sorted(state["packages"].items()) if one.get("held")), sep="\n")
    else:
        unknown(words)


def dpkg(words: Sequence[str]) -> None:
    given, names = options(words)
    state = load()
    if given == {"--print-architecture"}:
        print("amd64")
    elif "--status" in given:
        missing = [name for name in names if not state["packages"].get(name, {}).get("there")]
        if missing:
            fail(f"dpkg-query: package '{missing[0]}' is not installed and no information is available", code=1)
    elif "--configure" in given:
        for one in state["packages"].values():
            one["status"] = "installed" if one["there"] else "config-files"
        save(state | {"interrupted": False})
    else:
        unknown(words)


def dpkg_query(words: Sequence[str]) -> None:
    given, rest = options(words)
    packages = load()["packages"]
    shown, names = rest[0], rest[1:] or sorted(name for name, one in packages.items() if one["there"])
    if not given & {"--show", "-W"}:
        unknown(words)
    for name in names:
        if name not in packages:
            fail(f"dpkg-query: no packages found matching {name}", code=1)
        status = packages[name].get("status", "installed") if packages[name]["there"] else "config-files"
        shown_one = shown.replace("\\n", "\n").replace("${Package}", name).replace("${db:Status-Status}", status)
        print(shown_one.replace("${Version}", packages[name]["there"] or ""), end="")
