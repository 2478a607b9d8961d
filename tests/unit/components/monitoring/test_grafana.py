"""components/monitoring/grafana.py: Grafana, with data sources and dashboards from files."""

import json
from typing import Any

import pulumi
import yaml

from components.monitoring.grafana import grafana
from components.monitoring.own_files import OwnFiles
from components.service.spec import Mount, Service
from tests.support.monitoring import LOGIN, SMTP, context, parts
from tests.support.pulumi_run import Secret, build, start, value

ALWAYS = ["machines", "services", "swarm", "traefik"]
PROVISIONING = "/etc/grafana/provisioning/dashboards"
PASSWORD_FILE = "$__file{/run/secrets/smtp-password}"


def service(*, password: bool = False, **changed: Any) -> Service:
    start()
    word = pulumi.Output.secret("WORD") if password else None
    return build(lambda: grafana(context(**changed), parts(smtp_password=word)))


def files(**changed: Any) -> dict[str, str]:
    return {file.path: str(value(file.content)) for file in service(**changed).files}


def mail(made: Service) -> dict[str, Any]:
    return {name: text for name, text in made.env.items() if name.startswith("GF_SMTP_")}


def test_grafana_is_served_below_its_path() -> None:
    made = service()
    assert made.env["GF_SERVER_ROOT_URL"] == "https://a/grafana/"
    assert made.env["GF_SERVER_SERVE_FROM_SUB_PATH"] == "true"
    assert made.labels["traefik.http.services.nuvla-swarm-grafana.loadbalancer.server.port"] == "3000"
    assert made.labels["traefik.swarm.network"] == "nuvla-swarm-web"
    assert list(made.ports) == []


def test_grafana_is_published_for_console_networks_without_its_metrics() -> None:
    router = "traefik.http.routers.nuvla-swarm-grafana"
    labels = service().labels
    assert (
        labels[f"{router}.rule"] == "(Path(`/grafana`) || PathPrefix(`/grafana/`)) && !PathPrefix(`/grafana/metrics`)"
    )
    assert labels[f"{router}.middlewares"] == "nuvla-swarm-consoles@file"  # it has a login of its own


def test_grafana_cookies_need_tls() -> None:
    assert service().env["GF_SECURITY_COOKIE_SECURE"] == "true"


def test_grafana_administrator_has_the_generated_login() -> None:
    made = service()
    assert made.env["GF_SECURITY_ADMIN_USER"] == "boss"
    assert made.env["GF_SECURITY_ADMIN_PASSWORD"] == "$__file{/run/secrets/grafana-admin-password}"
    assert {secret.name: value(secret.content) for secret in made.secrets} == {
        "grafana-admin-password": Secret("RESULT:login-password")
    }
    assert made.env["GF_USERS_ALLOW_SIGN_UP"] == "false"


def test_grafana_sends_no_analytics() -> None:
    assert {text for name, text in service().env.items() if name.startswith("GF_ANALYTICS_")} == {"false"}


def test_grafana_without_mail_server_sends_no_mail() -> None:
    assert mail(service()) == {}


def test_grafana_sends_mail_by_the_given_server() -> None:
    made = service(smtp=SMTP)
    assert mail(made) == {
        "GF_SMTP_ENABLED": "true",
        "GF_SMTP_HOST": "mail.example.org:25",
        "GF_SMTP_FROM_ADDRESS": "swarm@example.org",
        "GF_SMTP_STARTTLS_POLICY": "MandatoryStartTLS",
    }
    assert len(made.secrets) == 1


def test_grafana_mail_password_is_read_from_a_secret_file() -> None:
    made = service(smtp=LOGIN, password=True)
    more = mail(made).items() - mail(service(smtp=SMTP)).items()
    assert more == {
        ("GF_SMTP_USER", "me"),
        ("GF_SMTP_PASSWORD", PASSWORD_FILE),
    }
    assert {secret.name: value(secret.content) for secret in made.secrets}["smtp-password"] == Secret("WORD")


def test_grafana_sends_unencrypted_mail_where_the_settings_allow_it() -> None:
    made = service(smtp=SMTP.model_copy(update={"require_tls": False, "from_name": "Swarm"}))
    assert mail(made)["GF_SMTP_STARTTLS_POLICY"] == "NoStartTLS"
    assert mail(made)["GF_SMTP_FROM_NAME"] == "Swarm"


def test_own_dashboards_are_in_a_folder_of_their_own() -> None:
    text = '{"uid": "own", "title": "Own"}'
    made = files(own=OwnFiles(dashboards={"own.json": text}))
    (provider,) = yaml.safe_load(made[f"{PROVISIONING}/own.yaml"])["providers"]
    assert made[f"{provider['options']['path']}/own.json"] == text
    (ours,) = yaml.safe_load(made[f"{PROVISIONING}/provider.yaml"])["providers"]
    assert not provider["options"]["path"].startswith(ours["options"]["path"])
    assert {provider[key] for key in ("name", "folder", "folderUid")}.isdisjoint(map(str, ours.values()))
    assert f"{PROVISIONING}/own.yaml" not in files(), "Grafana warns of a provider without a folder"


def test_grafana_variables_hold_no_secret() -> None:
    made = service(smtp=LOGIN, password=True)
    found = [value(text) for text in made.env.values()]
    assert not [one for one in found if isinstance(one, Secret) or "WORD" in one or "RESULT" in one]


def test_grafana_password_files_are_secrets_of_the_service() -> None:
    made = service(smtp=LOGIN, password=True)
    named = {name: str(text) for name, text in made.env.items() if "PASSWORD" in name}
    assert sorted(named.values()) == sorted(f"$__file{{/run/secrets/{secret.name}}}" for secret in made.secrets)


def test_grafana_start_script_sets_the_login_first() -> None:
    """Grafana reads its variables for a new database alone; existing data have another password."""
    made = service()
    (start,) = [file for file in made.files if file.name == "start"]
    assert list(made.command) == ["/bin/sh", start.path]
    assert list(made.args) == []
    text = str(value(start.content))
    assert "/run/secrets/grafana-admin-password" in text
    assert text.splitlines()[-1] == "exec /run.sh"


def test_grafana_data_sources_are_prometheus_and_alertmanager() -> None:
    text = files()["/etc/grafana/provisioning/datasources/prometheus.yaml"]
    sources = {source["uid"]: source for source in yaml.safe_load(text)["datasources"]}
    assert sources["prometheus"]["url"] == "http://prometheus:9090/prometheus"
    assert sources["prometheus"]["jsonData"]["timeInterval"] == "20s"
    assert sources["prometheus"]["isDefault"] is True
    assert sources["alertmanager"]["url"] == "http://alertmanager:9093"


def test_grafana_has_dashboards_for_enabled_services() -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        ({"nfs_machine": "a-1"}, []),
        ({"nfs_machine": "a-1", "s3": True}, ["nfs-s3"]),
    ]
    for changed, more in cases:
        found = {path: text for path, text in files(**changed).items() if path.endswith(".json")}
        assert sorted(found) == [f"/etc/grafana/dashboards/{name}.json" for name in sorted([*ALWAYS, *more])]
        assert all(json.loads(text)["panels"] for text in found.values())


def test_grafana_provider_points_to_the_dashboards() -> None:
    (provider,) = yaml.safe_load(files()["/etc/grafana/provisioning/dashboards/provider.yaml"])["providers"]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
    assert service().env["GF_PATHS_PROVISIONING"] == "/etc/grafana/provisioning"


def test_grafana_data_are_on_its_machine() -> None:
    made = service()
    assert list(made.mounts) == [Mount(type="bind", source="/data/grafana", target="/var/lib/grafana")]
    assert made.env["GF_PATHS_DATA"] == "/var/lib/grafana", "the script that starts it looks there"
    assert (made.constraints, made.replicas) == (["node.labels.nuvla-swarm.machine==worker-1"], 1)
    assert made.user == "472"


def test_grafana_health_is_its_own_check() -> None:
    health = service().health
    assert health.command[-1] == "http://127.0.0.1:3000/grafana/api/health"
    assert health.start_period_s >= 30 + 20, "the login may take 20 s before the server starts"


def test_grafana_has_the_given_networks_image_and_memory() -> None:
    made = service()
    assert [value(on.network.name) for on in made.networks] == ["web", "monitoring"]
    assert (made.name, made.image, made.memory_limit_mib) == ("grafana", "grafana:1", 500)
