"""tools/images_check/program.py: the containers that the program starts of each image."""

from components import catalog
from tools.images_check.program import PASSWORD_HASH, starts, starts_of


def test_each_image_is_started_as_its_service() -> None:
    services = {image.service for image in catalog.images().values()}
    assert services <= {start.service for start in starts()}
    assert {start.key for start in starts()} == set(catalog.images())


def test_all_services_that_share_an_image_are_found() -> None:
    names = {start.service for start in starts_of("haproxy")}
    copies = {"traefik-certificates", "traefik-copies", "traefik-own-certificate"}
    assert names == {"socket-proxy", "socket-proxy-worker", *copies}


def test_container_is_described_as_the_swarm_starts_it() -> None:
    (blackbox,) = starts_of("blackbox")
    assert blackbox.user == "65524:65524"
    assert blackbox.arguments == ("--config.file=/etc/blackbox_exporter/config.yml",)
    assert blackbox.health == ("wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9115/-/healthy")
    assert "prober: tcp" in blackbox.files["/etc/blackbox_exporter/config.yml"]
    assert blackbox.temporary == ("/tmp",)


def test_mounts_say_what_is_the_machines_own() -> None:
    mounts = {mount.target: mount for mount in starts_of("cadvisor")[0].mounts}
    assert mounts["/rootfs/proc"].bind
    assert not mounts["/run/docker-proxy"].bind
    assert all(mount.read_only for mount in mounts.values())


def test_keys_certificates_and_hashes_are_real() -> None:
    secrets = {path: text for start in starts() for path, text in start.secrets.items()}
    assert secrets["/run/secrets/sharing"].startswith("-----BEGIN CERTIFICATE-----")
    assert "-----BEGIN PRIVATE KEY-----" in secrets["/run/secrets/sharing"]
    assert secrets["/run/secrets/metrics-users"].endswith(f":{PASSWORD_HASH}")


def test_traefik_with_an_own_certificate_has_what_another_service_writes() -> None:
    own = [start for start in starts_of("traefik") if "/certificates/own.pem" in start.files]
    assert [start.service for start in own] == ["traefik"]


def test_variables_of_the_program_alone_are_left_out() -> None:
    assert not [name for start in starts() for name in start.environment if name.startswith("NUVLA_SWARM_")]
