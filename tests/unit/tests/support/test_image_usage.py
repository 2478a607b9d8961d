"""tests/support/image_usage.py: what the program uses of images."""

from tests.support.image_usage import calls, flags, metrics, usage

SCRIPT = """#!/bin/sh
# Don't count what a comment says: rm -rf /
set -eu
umask 077
said=$(cat /run/secrets/a) || true
shout() {
  echo "$said"
}
if [ -e /a ]; then sleep "$1"; fi
timeout "$patience_s" grafana cli --homepath "/a b" \\
  admin <"$file"
printf x | grep -q x && shout
exec haproxy -W -f /etc/a.cfg
"""


def test_commands_of_a_script_have_their_flags() -> None:
    found = dict(calls(SCRIPT))
    assert found == {
        "cat": [],
        "sleep": [],
        "timeout": [],
        "grafana": ["--homepath"],
        "grep": ["-q"],
        "haproxy": ["-W", "-f"],
    }


def test_flags_are_named_without_their_values() -> None:
    assert flags(["--a=1", "-f", "file", "-", "-1", "--cluster.listen-address="]) == [
        "--a",
        "-f",
        "--cluster.listen-address",
    ]


def test_usage_of_an_image_has_all_of_its_services() -> None:
    found = usage("haproxy")
    assert {"cat", "haproxy", "mv", "wget"} <= set(found["commands"])
    assert {"STORAGE", "PUBLISHED"} <= set(found["environment"])
    assert found["writes"] == ["/copies", "/dev/shm", "/run/docker-proxy", "/tmp"]


def test_variables_that_scripts_export_count() -> None:
    assert {"ROOT_ACCESS_KEY", "ROOT_SECRET_KEY", "VGW_IAM_DIR"} <= set(usage("versitygw")["environment"])


def test_metrics_are_those_of_rules_and_of_dashboards() -> None:
    assert {"traefik_tls_certs_not_after", "traefik_open_connections"} <= metrics("traefik")
    assert metrics("alertmanager") == {"alertmanager_notifications_failed_total"}
    assert metrics("haproxy") == set()
