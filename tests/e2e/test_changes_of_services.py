"""Changes of applications, Traefik and certificates: who asks an application at the virtual IP loses no request."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509

from tests.e2e.asking import served_certificate
from tests.e2e.harness import Stack
from tests.e2e.rolling import (
    REPLICAS,
    assert_as_before,
    assert_unnoticed,
    change,
    entry,
    target_with_virtual_ip,
    tasks,
    up,
)
from tests.e2e.waiting import wait_for
from tests.support.self_signed import self_signed

pytestmark = pytest.mark.slow

CERTIFICATE, KEY = "traefik.certificate", "nuvla-swarm:traefik_certificate_key"
# A task answers on for three seconds when it is asked to stop, as this signal ends no process.
ANSWERS_ON = ("--update-order=start-first", "--stop-signal=SIGURG", "--stop-grace-period=3s")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three managers with a virtual IP, and two workers with two applications."""
    with target_with_virtual_ip("changes-services", Path(tmp_path_factory.mktemp("changes-services")), 2) as target:
        yield target


def image_of(target: Stack, service: str) -> tuple[str, str]:
    """Return the image of a service by its tag and digest, and by its digest alone: for Swarm, these are two images."""
    form = "--format={{.Spec.TaskTemplate.ContainerSpec.Image}}"
    image = target.on("manager-1", "docker", "service", "inspect", form, service).text.strip()
    tagged, _, digest = image.partition("@")
    return image, f"{tagged.rpartition(':')[0]}@{digest}"


def update(target: Stack, service: str, *options: str) -> None:
    """Update a service by hand, and wait until its tasks are others."""
    before = tasks(target, service)
    updated = target.on("manager-1", "docker", "service", "update", "--quiet", *options, service)
    assert updated.code == 0, updated.text
    assert not before & tasks(target, service)


def test_images_of_applications(target: Stack) -> None:
    for name in REPLICAS:
        update(target, name, *ANSWERS_ON)
    now, other = image_of(target, "one")

    def update_all(image: str) -> None:
        for name in REPLICAS:
            update(target, name, f"--image={image}")

    assert_unnoticed(target, "images of applications", lambda: update_all(other), lambda: update_all(now))
    assert_as_before(target)


def restart_traefik(target: Stack, setting: str, value: object) -> None:
    """Change a setting by which each Traefik is replaced."""
    before = tasks(target, "traefik")
    text = change(target, setting, value).text
    assert not before & tasks(target, "traefik"), text


def test_image_of_traefik(target: Stack) -> None:
    tagged = target.get("images.traefik")
    _, other = image_of(target, "traefik")
    assert_unnoticed(
        target,
        "image of Traefik",
        lambda: restart_traefik(target, "images.traefik", other),
        lambda: restart_traefik(target, "images.traefik", tagged),
    )
    assert_as_before(target)


def test_line_of_the_configuration_of_traefik(target: Stack) -> None:
    assert_unnoticed(
        target,
        "line of Traefik's configuration",
        lambda: restart_traefik(target, "traefik.log_level", "WARN"),
        lambda: restart_traefik(target, "traefik.log_level", "INFO"),
    )
    assert_as_before(target)


def test_self_signed_certificate(target: Stack) -> None:
    def renew(days: int) -> None:
        restart_traefik(target, "traefik.self_signed_days", days)
        assert served_certificate(entry(target)) == target.certificate().read_text()

    assert_unnoticed(target, "self-signed certificate", lambda: renew(400), lambda: renew(365))
    assert_as_before(target)


def test_own_certificate(target: Stack) -> None:
    """Set, renewed with another key, and removed."""
    address = entry(target)

    def renew() -> None:
        certificate, key = self_signed(x509.DNSName("app.example.org"), x509.IPAddress(IPv4Address(address)))
        target.must("pulumi", "config", "set", "--secret", KEY, "--", key)
        change(target, CERTIFICATE, certificate)
        wait_for(lambda: served_certificate(address) == certificate, "the own certificate is served", 30)

    def remove() -> None:
        target.must("pulumi", "config", "rm", KEY)
        target.unset(CERTIFICATE)
        up(target)
        assert served_certificate(address) == target.certificate().read_text()

    assert_unnoticed(target, "own certificate", renew, renew, remove)
    assert_as_before(target)
