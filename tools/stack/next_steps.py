"""Steps that follow the first `make up` of a stack, printed once."""

from tools.stack.settings_file import SettingsFile


def lines(file: SettingsFile) -> list[str]:
    """Return the steps that the settings of a stack call for; none for a trial on local machines."""
    if file.is_local:
        return []
    stack, domain = file.name, file.value("domain")
    steps = []
    if domain:
        steps.append(
            f"lead {domain} and s3.{domain} to the address above, by A records; make status STACK={stack} checks it"
        )
    if file.value("kind") == "target":
        steps.append(
            f"register it in Nuvla: make nuvla STACK={stack} writes the certificates and prints what the forms ask for"
        )
    if receivers(file) is None:
        steps.append("send alerts to somebody: monitoring.alertmanager.email_to, or the secret alert_webhook_url")
    steps.append(f"commit {file.path.name}; keep the passphrase of the state where it outlives this computer")
    steps.append("save the data: docs/volumes.md")
    return ["what comes next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]


def receivers(file: SettingsFile) -> str | None:
    """Return who gets alerts, in words; None if nobody does."""
    monitoring = file.section("monitoring")
    alertmanager = monitoring.get("alertmanager") or {}
    found = [str(mail) for mail in alertmanager.get("email_to") or []]
    if file.value("alert_webhook_url"):
        found.append("the URL of alert_webhook_url")
    return ", ".join(found) or None
