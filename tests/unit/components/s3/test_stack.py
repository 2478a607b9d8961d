"""components/s3/stack.py: an S3 gateway over the shared files, and its front behind Traefik."""

import re
from dataclasses import asdict, replace
from typing import Any

import pulumi
import yaml

from components import assets
from components.generations import FIRST, Generations
from components.s3 import NAME
from components.s3.access_key import AccessKey
from components.s3.settings import S3Settings
from components.s3.stack import FRONT_COMMAND, FRONT_FILES, SOCKETS, S3Context, S3Parts, gateway_env, s3
from components.service.spec import Mount, Service, StackSpec
from tests.support.builders import network
from tests.support.pulumi_run import Secret, build, start, value

SETTINGS = S3Settings(port=9001, memory_limit_mib=300)
BOTH = Generations(current=2, former=1)
CONTEXT = S3Context(machine="worker-1", folder="/files", name=None)
START = "/etc/versitygw/start.sh"


def spec(key: Generations = FIRST, **changed: Any) -> StackSpec:
    start()

    def make() -> StackSpec:
        parts = S3Parts(
            image="versitygw:1",
            front_image="openresty:1",
            networks=[network("front")],
            key=AccessKey("key", key),
            endpoint="https://192.0.2.1:9001",
        )
        return s3(SETTINGS, replace(CONTEXT, **changed), parts)

    return build(make)


def front(**changed: Any) -> Service:
    return {service.name: service for service in spec(**changed).services}["s3"]


def gateway(**changed: Any) -> Service:
    return {service.name: service for service in spec(**changed).services}["s3-gateway"]


def rules(**changed: Any) -> dict[str, tuple[str, str, str]]:
    """Return rule, entry point and service of each router of Traefik."""
    labels = front(**changed).labels
    routers = [label.removesuffix(".rule") for label in labels if label.endswith(".rule")]
    return {
        router.removeprefix("traefik."): (
            labels[f"{router}.rule"],
            labels[f"{router}.entrypoints"],
            labels[f"{router}.service"],
        )
        for router in routers
    }


OWN = {
    "tcp.routers.nuvla-swarm-s3-s3": ("HostSNI(`*`)", "s3", "nuvla-swarm-s3"),
    "http.routers.nuvla-swarm-s3-console": (
        "(Path(`/minio`) || PathPrefix(`/minio/`))",
        "websecure",
        "nuvla-swarm-s3-console",
    ),
}


def test_s3_api_has_a_tcp_port_and_its_console_a_path() -> None:
    assert rules() == OWN


def test_s3_api_has_a_name_with_a_domain() -> None:
    by_name = ("HostSNI(`s3.example.org`)", "websecure", "nuvla-swarm-s3")
    assert rules(name="s3.example.org") == OWN | {"tcp.routers.nuvla-swarm-s3-websecure": by_name}


def test_s3_console_is_limited_to_console_networks() -> None:
    labels = front(name="s3.example.org").labels
    found = {label: text for label, text in labels.items() if label.endswith(".middlewares")}
    assert found == {
        "traefik.http.routers.nuvla-swarm-s3-console.middlewares": "nuvla-swarm-consoles@file",
        "traefik.tcp.routers.nuvla-swarm-s3-s3.middlewares": "nuvla-swarm-connections@file",
        "traefik.tcp.routers.nuvla-swarm-s3-websecure.middlewares": "nuvla-swarm-connections@file",
    }


def listens(block: str) -> list[str]:
    """Return the ports that a server of nginx.conf listens on."""
    return re.findall(r"^ +listen (\d+)", block, re.MULTILINE)


def test_s3_routers_lead_to_the_ports_that_nginx_listens_on() -> None:
    made = front()
    assert made.labels["traefik.enable"] == "true"
    api, metrics, console = assets.read("s3/files/front/nginx.conf").split("\n    server {")[1:]
    ports = {label: text for label, text in made.labels.items() if label.endswith(".port")}
    assert ports["traefik.tcp.services.nuvla-swarm-s3.loadbalancer.server.port"] in listens(api)
    assert listens(console) == [ports["traefik.http.services.nuvla-swarm-s3-console.loadbalancer.server.port"]]
    assert len(ports) == 2
    scraped = yaml.safe_load(assets.read("s3/files/scrape/s3.yml"))["scrape_configs"][1]
    assert scraped["static_configs"] == [{"targets": [f"{NAME}:{port}" for port in listens(metrics)]}]


def test_s3_console_is_served_below_its_path_and_names_the_api() -> None:
    env = gateway().env
    assert env["VGW_WEBUI_PATH_PREFIX"] == "/minio"
    assert "^/minio/" in assets.read("s3/files/front/nginx.conf")
    assert env["VGW_WEBUI_GATEWAYS"] == "https://192.0.2.1:9001"
    assert env["VGW_WEBUI_NO_TLS"] == "true"
    assert env == gateway_env("https://192.0.2.1:9001")


def test_s3_region_is_the_one_that_nuvla_uses() -> None:
    assert gateway().env["VGW_REGION"] == "us-east-1"


def test_s3_keys_are_read_from_secret_files() -> None:
    for made in (gateway(), front()):
        assert {secret.name: value(secret.content) for secret in made.secrets} == {
            "s3-access-key": Secret("RESULT:key-access"),
            "s3-secret-key": Secret("RESULT:key-secret"),
        }
        assert not any(isinstance(text, pulumi.Output) or "KEY" in name for name, text in made.env.items())
    read = re.findall(r"(ROOT_\w+)=\$\(cat /run/secrets/([\w-]+)\)", assets.read("s3/files/start.sh"))
    assert read == [("ROOT_ACCESS_KEY", "s3-access-key"), ("ROOT_SECRET_KEY", "s3-secret-key")]
    assert 'load("/run/secrets")' in assets.read("s3/files/front/nginx.conf")
    assert set(re.findall(r"/(s3-[\w-]+)", assets.read("s3/files/front/signature.lua"))) == {
        secret.name for secret in front(key=BOTH).secrets
    }


def test_former_key_of_s3_is_read_from_files_that_are_there_while_it_is_valid() -> None:
    for made in (gateway(key=BOTH), front(key=BOTH)):
        assert {secret.name: value(secret.content) for secret in made.secrets} == {
            "s3-access-key": Secret("RESULT:key2-access"),
            "s3-secret-key": Secret("RESULT:key2-secret"),
            "s3-former-access-key": Secret("RESULT:key-access"),
            "s3-former-secret-key": Secret("RESULT:key-secret"),
        }
    read = re.findall(r"(\w+)=\$\(cat /run/secrets/(s3-former-[\w-]+)\)", assets.read("s3/files/start.sh"))
    assert read == [("access", "s3-former-access-key"), ("secret", "s3-former-secret-key")]


def test_s3_services_start_with_their_files() -> None:
    made = gateway()
    assert (list(made.command), list(made.args)) == (["/bin/sh", START], ["/files"])
    assert {file.path: file.content for file in made.files} == {START: assets.read("s3/files/start.sh")}
    made = front()
    assert list(made.command) == list(FRONT_COMMAND)
    assert FRONT_COMMAND[-1] in [file.path for file in made.files]


def test_s3_front_has_all_its_files() -> None:
    assert {path.name for path in (assets.COMPONENTS / "s3/files/front").iterdir()} == set(FRONT_FILES)
    assert {file.path: file.content for file in front().files} == {
        f"/etc/front/{name}": assets.read(f"s3/files/front/{name}") for name in FRONT_FILES
    }


def test_s3_services_write_the_shared_files_as_the_nfs_user() -> None:
    for made in (gateway(), front()):
        sockets = replace(SOCKETS, read_only=made.name == "s3")  # so that the front's next task begins beside it
        assert list(made.mounts) == [Mount(type="bind", source="/files", target="/files", shared=True), sockets]
        assert made.constraints == ["node.labels.nuvla-swarm.machine==worker-1"]
        assert made.replicas == 1
        assert made.user == "65534"
    assert "set $files /files;" in assets.read("s3/files/front/nginx.conf")
    config = assets.read("storage/files/ganesha.conf")
    assert "Anonymous_Uid = 65534;" in config
    assert "anonuid=65534" in assets.read("storage/scripts/nfs_entry.sh")


def test_s3_front_reaches_the_gateway_by_shared_sockets() -> None:
    start, config = assets.read("s3/files/start.sh"), assets.read("s3/files/front/nginx.conf")
    sockets = set(re.findall(rf"{SOCKETS.target}/\w+\.sock", start))
    assert len(sockets) == 2
    assert set(re.findall(r"unix:(\S+\.sock)", config)) == sockets


def test_s3_health_needs_no_key() -> None:
    url = f"http://127.0.0.1:7070{gateway().env['VGW_HEALTH']}"
    assert "127.0.0.1:7070" in assets.read("s3/files/start.sh")
    for made in (gateway(), front()):
        assert list(made.health.command) == ["wget", "-q", "-O", "/dev/null", url]


def test_s3_front_is_behind_traefik_and_the_gateway_has_no_network() -> None:
    assert list(front().ports) == list(gateway().ports) == []
    assert [value(on.network.name) for on in front().networks] == ["front"]
    assert list(gateway().networks) == []
    assert not gateway().labels


def test_s3_services_follow_and_show_their_settings() -> None:
    made = gateway()
    assert (made.name, made.image, made.memory_limit_mib) == ("s3-gateway", "versitygw:1", 300)
    assert (front().name, front().image) == ("s3", "openresty:1")
    assert spec().settings == {**asdict(CONTEXT), "port": 9001, "memory_limit_mib": 300}
