"""Steps that follow the first `make up` of a stack that succeeds, printed once."""

import json
from itertools import takewhile

from components.monitoring.receivers import NO_RECEIVER_ADVICE, SECRET_RECEIVERS
from tools.pulumi_cli import attempt
from tools.stack.settings_file import SettingsFile

LAST_UPDATES = 20  # of the history, whose older entries need not be read


def lines(file: SettingsFile) -> list[str]:
    """Return the steps that the settings of a stack call for; none for a trial on local machines."""
    if file.is_local:
        return []
    stack, domain = file.name, file.value("domain")
    steps = []
    if domain:
        steps.append(
            f"point A records of {domain} and s3.{domain} to the address above; `make status STACK={stack}` checks "
            f"{domain}"
        )
    if file.value("kind") == "target":
        steps.append(
            f"register {stack} in Nuvla: `make nuvla STACK={stack}` writes certificates and prints the values for "
            "the forms"
        )
    if receivers(file) is None and file.section("monitoring").get("enabled") is not False:
        steps.append(f"choose who receives alerts: {NO_RECEIVER_ADVICE}")
    steps.append(f"commit {file.path.name}; store the passphrase of the state outside of this computer")
    steps.append("back up the data: docs/10-backup.md")
    return ["next steps:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]


def due(file: SettingsFile, stack: str) -> list[str]:
    """Return the steps if the update that just succeeded is the first that did, whatever failed before it."""
    return [] if file.is_local or not _is_first_success(stack) else lines(file)


def _is_first_success(stack: str) -> bool:
    """Return whether at most one of the last updates since a removal succeeded, by Pulumi's history, newest first."""
    found = attempt("stack", "history", "--json", "--page-size", str(LAST_UPDATES), "--page", "1", "--stack", stack)
    if found.returncode != 0:
        return False
    successes = [entry["kind"] for entry in json.loads(found.stdout) if entry["result"] == "succeeded"]
    since = list(takewhile(lambda kind: kind != "destroy", successes))
    return since.count("update") <= 1


def receivers(file: SettingsFile) -> str | None:
    """Return the receivers of alerts, in words; None if nobody receives alerts."""
    monitoring = file.section("monitoring")
    alertmanager = monitoring.get("alertmanager") or {}
    found = [str(mail) for mail in alertmanager.get("email_to") or []]
    found += [name for name, receiver in SECRET_RECEIVERS.items() if file.value(receiver.secret)]
    return ", ".join(found) or None
