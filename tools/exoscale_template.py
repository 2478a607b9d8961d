"""Command that writes the id of an Exoscale template into a stack's file, so that no preview has to look it up.

make template STACK=prod NAME="Linux Ubuntu 24.04 LTS 64-bit"
"""

import argparse
import os
import re
import tempfile
from dataclasses import dataclass

import pulumi
import pulumiverse_exoscale as exoscale
from pulumi import automation

from components.errors import NAMESPACE
from components.machines.error_hints import error_hint
from components.machines.exoscale.error_hints import HINTS
from components.machines.exoscale.settings import TEMPLATE_NAME
from tools.console import fail
from tools.pulumi_cli import pulumi as pulumi_cli
from tools.stack.settings_edit import set_values
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target

VARIABLES = {"exoscale_api_key": "EXOSCALE_API_KEY", "exoscale_api_secret": "EXOSCALE_API_SECRET"}


@dataclass(frozen=True)
class Place:
    """The setting that gets the id, and the zone of the template."""

    zone: str
    path: str  # as `pulumi config set --path` takes it


def write(target: Target, *options: str) -> None:
    """Look the template up and write its id and name into the file of a stack, which may not be up yet."""
    parser = argparse.ArgumentParser(prog=f"make template STACK={target.name}", description=__doc__)
    parser.add_argument("name", help='such as "Linux Ubuntu 24.04 LTS 64-bit"')
    parser.add_argument("--pool", help="for the machines of this pool alone")
    arguments = parser.parse_args(options)
    if not arguments.name:
        fail('NAME is not given; required: the name of a template, such as NAME="Linux Ubuntu 24.04 LTS 64-bit"')
    require_system(arguments.name)
    setting = place(target.file, arguments.pool)
    template_id = look_up(arguments.name, setting.zone, credentials(target))
    set_values(target.file, [f"{setting.path}.id={template_id}", f"{setting.path}.name={arguments.name}"])
    print(f"{target.file.path.name}: {setting.path}.id is {template_id}, {arguments.name}")
    print("New machines use this template. `make preview` lists the existing machines that it would replace.")


def require_system(name: str) -> None:
    """Refuse a template of a system that the program does not support: its machines would never answer."""
    try:
        TEMPLATE_NAME.check(name)
    except ValueError as error:
        fail(f'NAME is "{name}"; allowed: {error}, such as "{TEMPLATE_NAME.example}"')


def place(file: SettingsFile, pool: str | None) -> Place:
    """Return the place of the template in the settings of a stack, for all machines or for a pool."""
    stack, machines = file.name, file.section("machines")
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


def credentials(target: Target) -> dict[str, str]:
    """Return Exoscale's API key from the stack's configuration, or else from the environment, as the program does."""
    values = {}
    for secret, variable in VARIABLES.items():
        stored = target.exists and target.file.value(secret) is not None
        text = pulumi_cli("config", "get", "--stack", target.stack, f"{NAMESPACE}:{secret}") if stored else ""
        values[variable] = text.strip() or os.environ.get(variable, "")
    missing = [variable for variable, value in values.items() if not value]
    if missing:
        secrets = " and ".join(VARIABLES)
        fail(
            f"{' and '.join(missing)} not given; required: an API key of Exoscale, in the environment or as the "
            f"secrets {secrets}"
        )
    return values


def look_up(name: str, zone: str, api_key: dict[str, str]) -> str:
    """Return the id of the newest public template of a name, found in a preview of a temporary Pulumi program."""
    ids: list[str] = []

    def program() -> None:
        cloud = exoscale.Provider("cloud", key=api_key["EXOSCALE_API_KEY"], secret=api_key["EXOSCALE_API_SECRET"])
        # Not `get_template`: it waits in a thread, for ever if Pulumi has no plugin to ask.
        asked = pulumi.InvokeOutputOptions(provider=cloud)
        exoscale.get_template_output(name=name, zone=zone, opts=asked).id.apply(ids.append)

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
    """Return a line with the reason of a failed look-up and advice; `text` is Pulumi's error."""
    if re.search(r"Invalid request signature|\b(?:Unauthorized|Forbidden)\b", text):
        return (
            "Exoscale does not take the API key: give one whose role may do everything with Compute, as "
            "EXOSCALE_API_KEY and EXOSCALE_API_SECRET (docs/02-exoscale.md)"
        )
    if "proxyconnect tcp" in text or "Proxy Authentication Required" in text:
        return str(error_hint([text], HINTS))
    if re.search(r"lookup api-\S+ .*no such host", text):
        return (
            f"there is no api-{zone}.exoscale.com: Exoscale has no zone {zone}, or DNS does not work on this computer"
        )
    if plugin := re.search(r"resource plugin '(?:pulumi-resource-)?exoscale'.* version v([\d.]+)", text):
        return (
            f"Pulumi has no plugin exoscale {plugin[1]} on this computer, and did not download it: run `pulumi plugin "
            f"install resource exoscale {plugin[1]} --server github://api.github.com/pulumiverse/pulumi-exoscale`"
        )
    if re.search(r"resource not found|not found in ListZones", text):
        return (
            f'Exoscale has no public template named "{name}" in zone {zone}, or no such zone: names are in the portal '
            "(Compute, Templates), or in the answer of `exo compute instance-template list`"
        )
    errors = re.findall(r"^\s*\* (.+)$|^\s*error: (.+)$", text, re.MULTILINE)
    last = errors[-1] if errors else (text.strip().rpartition("\n")[2], "")
    return f"Exoscale did not look the template up: {last[0] or last[1]}"
