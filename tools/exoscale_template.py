"""Finds a template of Exoscale by its name and writes its id into a stack's file, so that no preview has to look it up.

python -m tools.exoscale_template STACK NAME [--pool POOL]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pulumi
import pulumiverse_exoscale as exoscale
import yaml
from pulumi import automation

from components.errors import NAMESPACE

CHECKOUT = Path(__file__).resolve().parents[1]
VARIABLES = {"exoscale_api_key": "EXOSCALE_API_KEY", "exoscale_api_secret": "EXOSCALE_API_SECRET"}


@dataclass(frozen=True)
class Place:
    """Where the template is for, and where its id is written."""

    zone: str
    path: str  # as `pulumi config set --path` takes it


def main() -> None:
    """The whole of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("name", help='such as "Linux Ubuntu 24.04 LTS 64-bit"')
    parser.add_argument("--pool", help="for the machines of this pool alone")
    given = parser.parse_args()
    if not given.name:
        fail('NAME is not given; required: the name of a template, such as NAME="Linux Ubuntu 24.04 LTS 64-bit"')
    where = place(given.stack, given.pool)
    found = look_up(given.name, where.zone, credentials(given.stack))
    values = [f"{where.path}.id={found}", f"{where.path}.name={given.name}"]
    options = [f"--plaintext={NAMESPACE}:{value}" for value in values]
    pulumi_cli("config", "set-all", "--stack", given.stack, "--path", *options)
    print(f"Pulumi.{given.stack}.yaml: {where.path}.id is {found}, {given.name}")
    print("New machines have it. Those that are there would be replaced: `make preview` shows which.")


def place(stack: str, pool: str | None) -> Place:
    """From the settings of the stack."""
    file = CHECKOUT / f"Pulumi.{stack}.yaml"
    config: dict[str, Any] = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("config", {})
    machines = config.get(f"{NAMESPACE}:machines") or {}
    if machines.get("provider") != "exoscale":
        fail(f"the stack {stack} has no machines on Exoscale; required: machines.provider: exoscale")
    if pool is None:
        zone, path = machines.get("zone"), "machines.template"
    else:
        pools = machines.get("pools", {})
        if pool not in pools:
            fail(f"the stack {stack} has no pool {pool}; it has {', '.join(pools)}")
        zone, path = pools[pool].get("zone") or machines.get("zone"), f"machines.pools.{pool}.template"
    if not zone:
        fail(f"machines.zone of the stack {stack} is not set; required: the zone of its machines, such as ch-gva-2")
    return Place(str(zone), path)


def credentials(stack: str) -> dict[str, str]:
    """As the program has them: from the configuration, else from the environment."""
    found = {}
    for secret, variable in VARIABLES.items():
        asked = subprocess.run(
            ["pulumi", "config", "get", "--stack", stack, f"{NAMESPACE}:{secret}"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        found[variable] = asked.stdout.strip() if asked.returncode == 0 else os.environ.get(variable, "")
    missing = [variable for variable, value in found.items() if not value]
    if missing:
        secrets = " and ".join(VARIABLES)
        fail(f"{' and '.join(missing)} not given; required: an API key of Exoscale, there or as the secrets {secrets}")
    return found


def look_up(name: str, zone: str, known: dict[str, str]) -> str:
    """The id of the newest public template of that name, asked by a program of its own that makes nothing."""
    found: list[str] = []

    def program() -> None:
        cloud = exoscale.Provider("cloud", key=known["EXOSCALE_API_KEY"], secret=known["EXOSCALE_API_SECRET"])
        asked = exoscale.get_template(name=name, zone=zone, opts=pulumi.InvokeOptions(provider=cloud))
        found.append(str(asked.id))

    with tempfile.TemporaryDirectory() as folder:
        alone = {"PULUMI_BACKEND_URL": f"file://{folder}", "PULUMI_CONFIG_PASSPHRASE": "of nothing"}
        options = automation.LocalWorkspaceOptions(work_dir=folder, env_vars=alone)
        stack = automation.create_or_select_stack("look-up", "template", program, opts=options)
        try:
            stack.preview()
        except automation.CommandError as error:
            fail(refusal(str(error), name, zone))
    return found[0]


def refusal(text: str, name: str, zone: str) -> str:
    """What went wrong, and what to do, in one line."""
    if re.search(r"Invalid request signature|\b(?:Unauthorized|Forbidden)\b", text):
        return "Exoscale does not take the API key: see docs/exoscale.md on what it has to be allowed"
    if re.search(r"lookup api-\S+ .*no such host", text):
        return f"there is no api-{zone}.exoscale.com: Exoscale has no zone {zone}, or this computer finds no names"
    if re.search(r"resource not found|not found in ListZones", text):
        return (
            f'Exoscale has no public template named "{name}" in zone {zone}, or no such zone: names are in the portal '
            "(Compute, Templates), or in the answer of `exo compute instance-template list`"
        )
    said = re.findall(r"^\s*\* (.+)$|^\s*error: (.+)$", text, re.MULTILINE) or [(text.strip().rpartition("\n")[2], "")]
    return f"Exoscale cannot be asked: {said[-1][0] or said[-1][1]}"


def pulumi_cli(*arguments: str) -> None:
    subprocess.run(["pulumi", *arguments], cwd=CHECKOUT, check=True)


def fail(text: str) -> NoReturn:
    sys.exit(f"template: {text}")


if __name__ == "__main__":
    main()
