"""Command that writes the id of an Exoscale template into a stack's file, so that no preview has to look it up.

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
    """The setting that gets the id, and the zone of the template."""

    zone: str
    path: str  # as `pulumi config set --path` takes it


def main() -> None:
    """Look the template up and write its id and name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("name", help='such as "Linux Ubuntu 24.04 LTS 64-bit"')
    parser.add_argument("--pool", help="for the machines of this pool alone")
    arguments = parser.parse_args()
    if not arguments.name:
        fail('NAME is not given; required: the name of a template, such as NAME="Linux Ubuntu 24.04 LTS 64-bit"')
    setting = place(arguments.stack, arguments.pool)
    template_id = look_up(arguments.name, setting.zone, credentials(arguments.stack))
    values = [f"{setting.path}.id={template_id}", f"{setting.path}.name={arguments.name}"]
    options = [f"--plaintext={NAMESPACE}:{value}" for value in values]
    pulumi_cli("config", "set-all", "--stack", arguments.stack, "--path", *options)
    print(f"Pulumi.{arguments.stack}.yaml: {setting.path}.id is {template_id}, {arguments.name}")
    print("New machines have it. Those that are there would be replaced: `make preview` shows which.")


def place(stack: str, pool: str | None) -> Place:
    """Return the place of the template in the settings of a stack, for all machines or for a pool."""
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
    """Return Exoscale's API key from the stack's configuration, or else from the environment, as the program does."""
    values = {}
    for secret, variable in VARIABLES.items():
        result = subprocess.run(
            ["pulumi", "config", "get", "--stack", stack, f"{NAMESPACE}:{secret}"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        values[variable] = result.stdout.strip() if result.returncode == 0 else os.environ.get(variable, "")
    missing = [variable for variable, value in values.items() if not value]
    if missing:
        secrets = " and ".join(VARIABLES)
        fail(f"{' and '.join(missing)} not given; required: an API key of Exoscale, there or as the secrets {secrets}")
    return values


def look_up(name: str, zone: str, api_key: dict[str, str]) -> str:
    """Return the id of the newest public template of a name, found in a preview of a temporary Pulumi program."""
    ids: list[str] = []

    def program() -> None:
        cloud = exoscale.Provider("cloud", key=api_key["EXOSCALE_API_KEY"], secret=api_key["EXOSCALE_API_SECRET"])
        template = exoscale.get_template(name=name, zone=zone, opts=pulumi.InvokeOptions(provider=cloud))
        ids.append(str(template.id))

    with tempfile.TemporaryDirectory() as folder:
        environment = {"PULUMI_BACKEND_URL": f"file://{folder}", "PULUMI_CONFIG_PASSPHRASE": "of nothing"}
        options = automation.LocalWorkspaceOptions(work_dir=folder, env_vars=environment)
        stack = automation.create_or_select_stack("look-up", "template", program, opts=options)
        try:
            stack.preview()
        except automation.CommandError as error:
            fail(refusal(str(error), name, zone))
    return ids[0]


def refusal(text: str, name: str, zone: str) -> str:
    """Return a line that says why the look-up failed and what to do; `text` is Pulumi's error."""
    if re.search(r"Invalid request signature|\b(?:Unauthorized|Forbidden)\b", text):
        return "Exoscale does not take the API key: see docs/02-exoscale.md on what it has to be allowed"
    if re.search(r"lookup api-\S+ .*no such host", text):
        return f"there is no api-{zone}.exoscale.com: Exoscale has no zone {zone}, or this computer finds no names"
    if re.search(r"resource not found|not found in ListZones", text):
        return (
            f'Exoscale has no public template named "{name}" in zone {zone}, or no such zone: names are in the portal '
            "(Compute, Templates), or in the answer of `exo compute instance-template list`"
        )
    errors = re.findall(r"^\s*\* (.+)$|^\s*error: (.+)$", text, re.MULTILINE)
    last = errors[-1] if errors else (text.strip().rpartition("\n")[2], "")
    return f"Exoscale cannot be asked: {last[0] or last[1]}"


def pulumi_cli(*arguments: str) -> None:
    subprocess.run(["pulumi", *arguments], cwd=CHECKOUT, check=True)


def fail(text: str) -> NoReturn:
    sys.exit(f"template: {text}")


if __name__ == "__main__":
    main()
