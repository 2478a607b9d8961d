"""`make nuvla`: the values for Nuvla's forms, to register a target."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.access import files
from tools.console import fail, say
from tools.repair.state import State
from tools.stack.target import Target, require


def show(target: Target) -> None:
    """Write Nuvla's certificates into files, and print the values of the forms, in the order of the steps.

    Errors: exits with a line if the stack is not up, or is a host, which Nuvla runs on.
    """
    require(target)
    outputs = State.read(target.stack).outputs()
    if not (outputs.get("docker") or {}).get("endpoint"):
        fail(f"{target.name}: is not up in {target.backend}: run `make up STACK={target.name}`")
    if outputs.get("kind") == "host":
        say(f"{target.name} is a host, so Nuvla runs on it; with these values, Nuvla can also deploy on it")
    folder = files.FOLDER / target.name / "nuvla"
    certificates = outputs["docker"].get("nuvla") or {}
    for name in ("ca", "cert", "key"):
        if name not in certificates:
            fail(f"{target.name}: its outputs have no certificate of Nuvla: run `make up STACK={target.name}`")
        files.write(folder, f"{name}.pem", certificates[name])
    print(*lines(target.name, outputs, folder), sep="\n")


def lines(name: str, outputs: dict[str, Any], folder: Path) -> Iterator[str]:
    """Yield the steps in Nuvla with the values of each form; the value is at the end of its line."""
    address = urlsplit(outputs["docker"]["endpoint"]).netloc
    end = (outputs.get("certificates") or {}).get("nuvla", "")
    steps = [
        [
            "Infrastructures, Add, Swarm:",
            f"  name             {name}",
            f"  endpoint         https://{address}",
        ],
        [
            "Credentials, Add, Swarm, with that infrastructure; paste the text of each file:",
            f"  ca               {folder / 'ca.pem'}",
            f"  cert             {folder / 'cert.pem'}" + (f" (valid until {end[:10]})" if end else ""),
            f"  key              {folder / 'key.pem'}",
        ],
    ]
    if s3 := _complete(outputs, "s3", "endpoint", "access_key", "secret_key"):
        steps += [
            ["Infrastructures, Add, S3:", f"  name             {name}-s3", f"  endpoint         {s3['endpoint']}"],
            [
                "Credentials, Add, S3, with that infrastructure:",
                f"  access key       {s3['access_key']}",
                f"  secret key       {s3['secret_key']}",
            ],
        ]
    yield ""
    for number, step in enumerate(steps, 1):
        yield f"{number}. {step[0]}"
        yield from (f"   {line}" for line in step[1:])
        yield ""
    if not s3:
        yield f"S3: {_none(outputs, name, 's3')}."
    if nfs := _complete(outputs, "nfs", "address", "path"):
        yield "Files that applications share, for volumes of their compose files:"
        yield f"     address          {nfs['address']}"
        yield f"     path             {nfs['path']}"
    else:
        yield f"Files that applications share: {_none(outputs, name, 'nfs')}."
    yield ""
    yield f"firewall.nuvla in Pulumi.{name}.yaml must contain the addresses from which Nuvla connects."
    yield f"The key gives full access to the swarm: remove {folder} once Nuvla has the key."


def _complete(outputs: dict[str, Any], section: str, *keys: str) -> dict[str, Any]:
    """Return an output with all its keys, or an empty one."""
    found = outputs.get(section) or {}
    return found if all(found.get(key) for key in keys) else {}


def _none(outputs: dict[str, Any], name: str, section: str) -> str:
    """Return the reason why a stack has no such output."""
    if outputs.get("kind") == "host":
        return f"{name} has none, as it is a host"
    if outputs.get(section):
        return f"unknown, as the outputs of {name} are incomplete: run `make up STACK={name}`"
    return f"{name} has none, as {section}.enabled is false"
