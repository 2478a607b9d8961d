"""components/monitoring/receivers.py: who is notified of which alerts, when, and how."""

from email.utils import parseaddr
from typing import Any

import yaml

from components.monitoring.receivers import SECRET_RECEIVERS, configuration
from components.monitoring.settings import AlertmanagerSettings, SmtpSettings
from tests.support.monitoring import SMTP
from tests.support.rows import rows

EVERYONE = ["email", *SECRET_RECEIVERS]


def config(*given: str, smtp: SmtpSettings = SMTP, **settings: Any) -> dict[str, Any]:
    model = AlertmanagerSettings.model_validate({"email_to": ["a@example.org"], **settings})
    content: dict[str, Any] = yaml.safe_load(configuration(model, smtp, given))
    return content


def members(made: dict[str, Any]) -> dict[str, set[str]]:
    """The kinds of notifications of each receiver."""
    return {receiver["name"]: set(receiver) - {"name"} for receiver in made["receivers"]}


def test_every_receiver_receives_all_severities_by_default() -> None:
    kinds = {"email_configs", "webhook_configs", "slack_configs", "msteamsv2_configs", "pagerduty_configs"}
    found = members(config(*EVERYONE))
    assert found == {"operators": kinds, "critical": kinds, "warning": kinds, "watchdog": {"webhook_configs"}}


def test_receiver_of_one_severity_receives_no_other() -> None:
    found = members(config("email", "slack", "pagerduty", severities={"pagerduty": "critical", "slack": "warning"}))
    assert found["critical"] == {"email_configs", "pagerduty_configs"}
    assert found["warning"] == {"email_configs", "slack_configs"}
    assert found["operators"] == {"email_configs"}


def test_routes_name_receivers_that_exist() -> None:
    made = config()
    routes = [made["route"], *made["route"]["routes"]]
    assert {route["receiver"] for route in routes} == set(members(made))
    matchers = {route["receiver"]: route["matchers"] for route in made["route"]["routes"]}
    assert matchers == {
        "watchdog": ["alertname = Watchdog"],
        "critical": ["severity = critical"],
        "warning": ["severity = warning"],
    }


def test_repeat_interval_is_that_of_the_settings_but_for_the_watchdog() -> None:
    made = config(repeat_interval="1d")
    assert made["route"]["repeat_interval"] == "1d"
    assert made["route"]["routes"][0]["repeat_interval"] == "15m"


@rows("name", SECRET_RECEIVERS)
def test_secrets_are_read_from_files(name: str) -> None:
    receiver = SECRET_RECEIVERS[name]
    (content,) = config(name)["receivers"][0][receiver.kind]
    files = [value for key, value in content.items() if key.endswith("_file")]
    assert files == [f"/run/secrets/{receiver.file}"]
    assert content["send_resolved"] is True


def test_pagerduty_events_go_to_the_url_of_the_settings() -> None:
    (content,) = config("pagerduty", pagerduty_url="http://sink:8080/v2")["receivers"][0]["pagerduty_configs"]
    assert content["url"] == "http://sink:8080/v2"


def mail(**changed: Any) -> dict[str, Any]:
    (content,) = config("email", smtp=SMTP.model_copy(update=changed))["receivers"][0]["email_configs"]
    found: dict[str, Any] = content
    return found


@rows("name", ["Swarm", "Nuvla: swarm", 'a "b"', "Été", "a, b", "<x>"])
def test_sender_name_and_address_are_told_apart(name: str) -> None:
    sender = mail(from_name=name)["from"]
    assert parseaddr(sender)[1] == "swarm@example.org"
    assert sender.isascii(), "Alertmanager would encode the address with the name"


def test_mail_without_tls_is_sent_only_if_the_settings_allow_it() -> None:
    assert mail()["require_tls"] is True
    assert mail(require_tls=False)["require_tls"] is False


def quiet(start: str, end: str, **more: Any) -> list[Any]:
    made = config("email", mute_warnings={"start": start, "end": end, **more})
    (warning,) = [route for route in made["route"]["routes"] if route["receiver"] == "warning"]
    (interval,) = made["time_intervals"]
    assert warning["mute_time_intervals"] == [interval["name"]]
    assert not [route for route in made["route"]["routes"] if route is not warning and "mute_time_intervals" in route]
    found: list[Any] = interval["time_intervals"]
    return found


@rows(
    "start, end, times",
    [
        ("22:00", "07:00", [("22:00", "24:00"), ("00:00", "07:00")]),
        ("12:00", "13:30", [("12:00", "13:30")]),
        ("22:00", "00:00", [("22:00", "24:00")]),
        ("00:00", "07:00", [("00:00", "07:00")]),
    ],
)
def test_quiet_times_do_not_pass_midnight(start: str, end: str, times: list[tuple[str, str]]) -> None:
    (found,) = quiet(start, end, time_zone="Europe/Zurich")
    assert [(one["start_time"], one["end_time"]) for one in found["times"]] == times
    assert found["location"] == "Europe/Zurich"


def test_weekends_are_quiet_if_the_settings_say_so() -> None:
    _, weekend = quiet("22:00", "07:00", weekends=True)
    assert weekend == {"weekdays": ["saturday", "sunday"], "location": "UTC"}


def test_warnings_are_sent_at_all_times_by_default() -> None:
    made = config("email")
    assert made["time_intervals"] == []
    assert [route.get("mute_time_intervals", []) for route in made["route"]["routes"]] == [[], [], []]
