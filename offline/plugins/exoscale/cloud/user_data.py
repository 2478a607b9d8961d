"""Files that cloud-init would write at the first boot; only the part of cloud-init that the program needs.

Source: cloud-init documentation, "Module reference". What is not known here is refused, where cloud-init would go on.
"""

import base64
import binascii
import shlex
from collections.abc import Callable, Iterator
from typing import Any, Final

from exoscale.cloud.api import bad_request
from exoscale.cloud.docker import File
from standin.resource import StandinError

LARGEST: Final = 32768  # bytes, encoded
DEFAULT_USER: Final = "ubuntu"
PAYLOAD: Final = "/opt/exoscale-standin/cloud"  # read by machine/init.sh and machine/final.sh
_HOST_KEY: Final = "/etc/ssh/ssh_host_ed25519_key"
_DEFAULT: Final = {
    "name": DEFAULT_USER,
    "groups": ["adm", "sudo"],
    "sudo": "ALL=(ALL) NOPASSWD:ALL",
    "shell": "/bin/bash",
}
_USER: Final = {"name", "gecos", "groups", "sudo", "shell", "lock_passwd", "ssh_authorized_keys", "homedir"}
_FILE: Final = {"path", "content", "permissions", "owner", "append", "defer", "encoding"}
_TRUE_ONLY: Final = ("disable_root",)
_FALSE_ONLY: Final = ("ssh_pwauth", "package_upgrade", "package_reboot_if_required")
_ANY: Final = ("growpart", "resize_rootfs", "manage_etc_hosts", "ssh_quiet_keygen", "ssh_publish_hostkeys")
_KNOWN: Final = {
    *("hostname", "fqdn", "users", "ssh_authorized_keys", "ssh_keys", "ssh_deletekeys", "ssh_genkeytypes"),
    *("write_files", "runcmd", "packages", "package_update", *_TRUE_ONLY, *_FALSE_ONLY, *_ANY),
}


def text(given: str) -> str:
    """The text itself: what is base64 already is taken as encoded."""
    try:
        return base64.b64decode(given, validate=True).decode()
    except ValueError:
        return given


def parsed(given: str) -> dict[str, Any]:
    """The document, when the stand-in can do all that it says."""
    source = text(given)
    if len(base64.b64encode(source.encode())) > LARGEST:
        raise bad_request(f"user data is larger than {LARGEST} bytes when it is encoded")
    if not source.strip():
        return {}
    if source.splitlines()[0].rstrip() != "#cloud-config":
        raise _refused("its first line must be #cloud-config; scripts and archives are not known")
    import yaml  # most requests have no use for it

    try:
        document = yaml.safe_load(source)
    except yaml.YAMLError as problem:
        raise _refused(f"it is no YAML: {problem}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise _refused("it must be a map")
    if unknown := sorted(document.keys() - _KNOWN):
        raise _refused(f"{', '.join(map(str, unknown))}: not known; known are {', '.join(sorted(_KNOWN))}")
    for keys, only in ((_TRUE_ONLY, True), (_FALSE_ONLY, False)):
        for key in keys:
            if document.get(key, only) is not only:
                raise _refused(f"{key}: only {str(only).lower()} is known")
    return document


def hostname(document: dict[str, Any], otherwise: str) -> str:
    return str(document.get("hostname") or otherwise)


def files(document: dict[str, Any], keys: list[str]) -> dict[str, File]:
    """Path -> file, given the public keys that the instance was made with."""
    found = dict(_host_keys(document))
    for user in _users(document, keys):
        found |= _user_files(user)
    for number, entry in enumerate(document.get("write_files", [])):
        found |= _written(f"{PAYLOAD}/files/{number:03}", _known("write_files", entry, _FILE), document)
    packages = [str(name) for name in document.get("packages", [])]
    if packages or document.get("package_update"):
        found[f"{PAYLOAD}/packages"] = _lines(packages)
    if commands := document.get("runcmd", []):
        found[f"{PAYLOAD}/runcmd"] = _lines(["#!/bin/sh", *map(_command, commands)], 0o700)
    return found


def _host_keys(document: dict[str, Any]) -> Iterator[tuple[str, File]]:
    given = document.get("ssh_keys", {})
    if unknown := sorted(given.keys() - {"ed25519_private", "ed25519_public"}):
        raise _refused(f"ssh_keys.{unknown[0]}: the machine image serves ed25519 keys only")
    if (types := document.get("ssh_genkeytypes", ["ed25519"])) not in ([], ["ed25519"]):
        raise _refused(f"ssh_genkeytypes: {types}: only ed25519 is known")
    if private := given.get("ed25519_private"):
        yield _HOST_KEY, File(private.rstrip("\n").encode() + b"\n", 0o600)
    if public := given.get("ed25519_public"):
        yield f"{_HOST_KEY}.pub", _lines([public.strip()])


def _users(document: dict[str, Any], keys: list[str]) -> Iterator[dict[str, Any]]:
    """An explicit list without `default` makes no default user, who alone has the instance's keys."""
    for entry in document.get("users", ["default"]):
        if entry == "default" or (isinstance(entry, dict) and entry.get("name") == DEFAULT_USER):
            own = {} if entry == "default" else _known("users", entry, _USER)
            everyone = [*keys, *document.get("ssh_authorized_keys", []), *own.get("ssh_authorized_keys", [])]
            yield _DEFAULT | own | {"ssh_authorized_keys": everyone}
        else:
            yield _known("users", entry, _USER)


def _user_files(user: dict[str, Any]) -> dict[str, File]:
    if user.get("lock_passwd", True) is not True:
        raise _refused("users.lock_passwd: only true is known")
    folder, groups = f"{PAYLOAD}/users/{user['name']}", user.get("groups", [])
    names = groups if isinstance(groups, list) else [name.strip() for name in groups.split(",")]
    found = {
        f"{folder}/groups": _lines([",".join(names)]),
        f"{folder}/shell": _lines([user.get("shell", "/bin/sh")]),
        f"{folder}/home": _lines([user.get("homedir", f"/home/{user['name']}")]),
        f"{folder}/gecos": _lines([user.get("gecos", "")]),
        f"{folder}/keys": _lines([key.strip() for key in user.get("ssh_authorized_keys", [])], 0o600),
    }
    if rules := user.get("sudo"):
        lines = [rules] if isinstance(rules, str) else rules
        found[f"{folder}/sudo"] = _lines([f"{user['name']} {rule}" for rule in lines], 0o440)
    return found


def _written(folder: str, entry: dict[str, Any], document: dict[str, Any]) -> dict[str, File]:
    owner, defer = entry.get("owner", "root:root"), bool(entry.get("defer"))
    made = {user if isinstance(user, str) else user.get("name") for user in document.get("users", ["default"])}
    if not defer and owner.partition(":")[0] in made | {DEFAULT_USER}:
        raise _refused(f"write_files: {entry['path']}: {owner} is no user yet: set defer: true")
    return {
        f"{folder}/path": _lines([entry["path"]]),
        f"{folder}/owner": _lines([owner]),
        f"{folder}/mode": _lines([str(entry.get("permissions", "0644"))]),
        f"{folder}/when": _lines(["final" if defer else "init"]),
        f"{folder}/how": _lines(["append" if entry.get("append") else "write"]),
        f"{folder}/content": File(_content(entry), 0o600),
    }


def _content(entry: dict[str, Any]) -> bytes:
    readers: dict[str, Callable[[str], bytes]] = {
        "text/plain": str.encode,
        **dict.fromkeys(("b64", "base64"), lambda text: base64.b64decode(text, validate=True)),
    }
    encoding = entry.get("encoding", "text/plain")
    if encoding not in readers:
        raise _refused(f"write_files: {entry['path']}: encoding {encoding!r}; known are {', '.join(sorted(readers))}")
    try:
        return readers[encoding](entry.get("content", ""))
    except binascii.Error as problem:
        raise _refused(f"write_files: {entry['path']}: {problem}") from None


def _known(section: str, entry: Any, keys: set[str]) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise _refused(f"{section}: {entry!r} must be a map")
    if unknown := sorted(entry.keys() - keys):
        raise _refused(f"{section}.{unknown[0]}: not known; known are {', '.join(sorted(keys))}")
    if first := sorted({"path", "name"} & keys - entry.keys()):
        raise _refused(f"{section}: an entry has no {first[0]}")
    return entry


def _command(command: Any) -> str:
    """As cloud-init: a list is one command with its arguments, a text is for the shell."""
    return shlex.join(map(str, command)) if isinstance(command, list) else str(command)


def _lines(lines: list[str], mode: int = 0o644) -> File:
    return File("".join(f"{line}\n" for line in lines).encode(), mode)


def _refused(reason: str) -> StandinError:
    return StandinError(f"the stand-in of exoscale cannot run this user data: {reason}")
