"""Steps that follow the first `make up` of a stack, printed once."""

from components.monitoring.receivers import NO_RECEIVER_ADVICE, SECRET_RECEIVERS
from tools.stack.settings_file import SettingsFile


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
    if receivers(file) is None:
        steps.append(f"choose who receives alerts: {NO_RECEIVER_ADVICE}")
    steps.append(f"commit {file.path.name}; store the passphrase of the state outside of this computer")
    steps.append("back up the data: docs/volumes.md")
    return ["next steps:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]


def receivers(file: SettingsFile) -> str | None:
    """Return the receivers of alerts, in words; None if nobody receives alerts."""
    monitoring = file.section("monitoring")
    alertmanager = monitoring.get("alertmanager") or {}
    found = [str(mail) for mail in alertmanager.get("email_to") or []]
    found += [name for name, receiver in SECRET_RECEIVERS.items() if file.value(receiver.secret)]
    return ", ".join(found) or None
