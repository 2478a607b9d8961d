"""Checks that receivers of alerts and own scrape jobs have their secrets."""

from collections.abc import Collection, Iterator

from components.monitoring import own_files
from components.monitoring.receivers import EMAIL_SETTING, SECRET_RECEIVERS
from components.monitoring.settings import PAGERDUTY_URL
from stacks.config.own_files_validation import PASSWORD_FILE
from stacks.config.settings import Settings


def mistakes(settings: Settings, secrets: Collection[str]) -> Iterator[str]:
    """Yield a line for each setting of a receiver that the stack lacks, and for a password that no job reads."""
    alertmanager = settings.monitoring.alertmanager
    keys = {"email": EMAIL_SETTING, **{name: of.secret for name, of in SECRET_RECEIVERS.items()}}
    given = [name for name, key in keys.items() if key in secrets or (name == "email" and alertmanager.email_to)]
    for name in alertmanager.severities:
        if name not in given:
            yield (
                f"monitoring.alertmanager.severities.{name}: given; allowed: receivers that the stack has "
                f"({', '.join(given) or 'none'}); to add {name}, set {keys[name]}"
            )
    if alertmanager.mute_warnings and not given:
        yield (
            "monitoring.alertmanager.mute_warnings: given; allowed: only with a receiver; to add one, set "
            f"{' or '.join(keys.values())}"
        )
    if alertmanager.pagerduty_url != PAGERDUTY_URL and "pagerduty" not in given:
        yield (
            "pagerduty_routing_key: not given; required: the routing key of PagerDuty, as "
            "monitoring.alertmanager.pagerduty_url is given"
        )
    yield from _password_mistakes(settings, "scrape_password" in secrets)


def _password_mistakes(settings: Settings, given: bool) -> Iterator[str]:
    files, _ = own_files.read(settings.monitoring.files)
    readers = [name for name, text in files.scrape.items() if PASSWORD_FILE in text]
    if readers and not given:
        yield f"scrape_password: not given; required: the password that the scrape job in {readers[0]} reads"
    if given and not readers:
        yield f"scrape_password: given; allowed: only with a scrape job in monitoring.files that reads {PASSWORD_FILE}"
