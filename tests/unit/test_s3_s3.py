"""components/s3/s3.py: an S3 gateway over the shared files, and where Traefik publishes it."""

import re
from dataclasses import asdict, replace
from typing import Any

import pulumi

from components import assets
from components.s3.access_key import AccessKey
from components.s3.s3 import S3Settings, s3
from components.service.spec import Mount, Service, StackSpec
from tests.mocked import Secret, build, start, value
from tests.unit.parts import network

SETTINGS = S3Settings(machine="worker-1", folder="/files", port=9001, domain=None, memory_limit_mib=300)
START = "/etc/versitygw/start.sh"


def spec(**changed: Any) -> StackSpec:
    start()
    endpoint = "https://192.0.2.1:9001"

    def make() -> StackSpec:
        return s3(replace(SETTINGS, **changed), "versitygw:1", [network("front")], AccessKey("key"), endpoint)

    return build(make)


def service(**changed: Any) -> Service:
    (only,) = spec(**changed).services
    return only


def routers(**changed: Any) -> dict[str, dict[str, str]]:
    """What each router of Traefik is told."""
    found: dict[str, dict[str, str]] = {}
    for label, text in service(**changed).labels.items():
        if match := re.fullmatch(r"traefik\.http\.routers\.([\w-]+)\.(\w+)", label):
            found.setdefault(match[1], {})[match[2]] = text
    return found


API = {"rule": "PathPrefix(`/`)", "entrypoints": "s3", "tls": "true", "service": "s3"}
CONSOLE = {"rule": "PathPrefix(`/minio`)", "entrypoints": "websecure", "tls": "true", "service": "s3-console"}


def test_the_api_has_a_port_of_its_own_and_the_console_a_path() -> None:
    assert routers() == {"s3": API, "s3-console": CONSOLE}


def test_with_a_domain_the_api_has_a_name_too() -> None:
    by_name = API | {"rule": "Host(`s3.example.org`)", "entrypoints": "websecure"}
    assert routers(domain="example.org") == {"s3": API, "s3-domain": by_name, "s3-console": CONSOLE}


def test_each_router_leads_to_the_port_on_which_its_part_listens() -> None:
    made = service()
    assert made.labels["traefik.enable"] == "true"
    assert {
        name: made.labels[f"traefik.http.services.{name}.loadbalancer.server.port"] for name in ("s3", "s3-console")
    } == {
        "s3": str(made.env["VGW_PORT"]).removeprefix(":"),
        "s3-console": str(made.env["VGW_WEBUI_PORT"]).removeprefix(":"),
    }


def test_the_console_is_under_its_path_and_sends_browsers_to_the_api() -> None:
    env = service().env
    assert env["VGW_WEBUI_PATH_PREFIX"] == "/minio"
    assert env["VGW_WEBUI_GATEWAYS"] == "https://192.0.2.1:9001"
    assert env["VGW_WEBUI_NO_TLS"] == "true"


def test_requests_are_signed_for_the_region_that_nuvla_uses() -> None:
    assert service().env["VGW_REGION"] == "us-east-1"


def test_its_keys_are_secrets_that_its_start_reads_and_no_variables() -> None:
    made = service()
    assert {secret.name: value(secret.content) for secret in made.secrets} == {
        "s3-access-key": Secret("RESULT:key-access"),
        "s3-secret-key": Secret("RESULT:key-secret"),
    }
    assert not any(isinstance(text, pulumi.Output) or "KEY" in name for name, text in made.env.items())
    read = re.findall(r"(\w+)=\$\(cat /run/secrets/([\w-]+)\)", assets.read("s3/files/start.sh"))
    assert read == [("ROOT_ACCESS_KEY", "s3-access-key"), ("ROOT_SECRET_KEY", "s3-secret-key")]


def test_it_is_started_by_a_file_with_the_folder_that_it_serves() -> None:
    made = service()
    assert (list(made.command), list(made.args)) == (["/bin/sh", START], ["/files"])
    assert {file.path: file.content for file in made.files} == {START: assets.read("s3/files/start.sh")}


def test_it_writes_the_files_of_their_machine_as_nfs_clients_do() -> None:
    made = service()
    assert list(made.mounts) == [Mount(type="bind", source="/files", target="/files", shared=True)]
    assert made.constraints == ["node.labels.nuvla-swarm.machine==worker-1"]
    assert made.replicas == 1
    assert made.user == "65534"
    config = assets.read("storage/files/ganesha.conf")
    assert "Anonymous_Uid = 65534;" in config
    assert "anonuid=65534" in assets.read("storage/scripts/nfs_entry.sh")


def test_its_health_is_asked_for_where_it_answers_without_a_key() -> None:
    made = service()
    url = f"http://127.0.0.1{made.env['VGW_PORT']}{made.env['VGW_HEALTH']}"
    assert list(made.health.command) == ["wget", "-q", "-O", "/dev/null", url]


def test_it_is_reached_only_through_traefik() -> None:
    made = service()
    assert list(made.ports) == []
    assert [value(on.network.name) for on in made.networks] == ["front"]


def test_it_has_the_image_and_memory_of_the_settings_and_shows_them_all() -> None:
    made = service()
    assert (made.name, made.image, made.memory_limit_mib) == ("s3", "versitygw:1", 300)
    assert spec().settings == asdict(SETTINGS)
