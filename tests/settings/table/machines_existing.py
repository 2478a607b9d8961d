"""Rows of the settings of machines that exist already alone."""

from typing import Any

from tests.settings.bases import EXISTING
from tests.settings.rows import NEW, Bad, Change, Row, Values, on, refused
from tests.settings.values import FOLDER, OBJECT, labels, switch, whole
from tests.support.configs import HOST_KEY

HOSTS = "machines.pools.<pool>.hosts"
HOST = f"{HOSTS}.<host>"
ADDRESS = "an IPv4 address"
USER = "the name of a user in lower case"
KEY = "a public host key of one line"
MEMBER = "a name of up to 21 lower-case letters, digits and hyphens"
A_HOST = {"address": "192.0.2.7", "host_key": HOST_KEY}


def check(value: Any, on_component: str, on_resource: str = "connection: [secret] => [secret]") -> Change:
    """A change of how a host is reached, which the cluster and the check of the host show."""
    return Change(value, "cluster", "worker-1-check", f"pools.worker.hosts.1.{on_component}", on_resource)


ROWS = on(
    EXISTING,
    Row(
        HOSTS,
        Values(
            [{}, {"a-1": A_HOST}],
            [Bad([], OBJECT), Bad({"A": A_HOST}, MEMBER, ".A", "A"), Bad({"a": 1}, OBJECT, ".a", 1)],
        ),
        Change({"7": A_HOST}, "cluster", "worker-7-check", '+ pools.worker.hosts.7.address: "192.0.2.7"', NEW),
        required=True,
    ),
    Row(
        f"{HOST}.address",
        Values(["192.0.2.7"], refused(ADDRESS, "host", "192.0.2.256", 1)),
        check("192.0.2.7", 'address: "198.51.100.11" => "192.0.2.7"'),
        required=True,
    ),
    Row(
        f"{HOST}.private_address",
        Values(["10.0.0.7"], refused(ADDRESS, "host", "fd00::1")),
        Change(
            "10.0.0.7",
            "cluster",
            "worker-1-membership-join",
            'pools.worker.hosts.1.private_address: "198.51.100.11" => "10.0.0.7"',
            "stdin: [secret] => [secret]",
        ),
    ),
    Row(f"{HOST}.port", whole(1, 65535), check(2222, "port: 22 => 2222")),
    Row(
        f"{HOST}.user",
        Values(["root", "ops_1"], refused(USER, "Ops", "", "a b")),
        check("ops", 'user: "root" => "ops"', 'create: "bash -s --" => "sudo -n bash -s --"'),
    ),
    Row(
        f"{HOST}.host_key",
        Values([HOST_KEY, "ecdsa-sha2-nistp256 AAAA="], refused(KEY, "AAAA", f"host {HOST_KEY}")),
        check("ssh-ed25519 BBBB", 'host_key: * => "ssh-ed25519 BBBB"'),
        required=True,
    ),
    Row(
        f"{HOST}.labels",
        labels(),
        Change(
            {"disk": "ssd"},
            "worker-1-membership",
            "worker-1-membership-active",
            '+ labels.disk: "ssd"',
            "+ stdin: export LABELS='disk=ssd",
        ),
    ),
    Row(
        "machines.firewall",
        switch(),
        Change(
            False,
            "firewall",
            "firewall-worker-1",
            'mode: "confirmed rules" => "confirmed containers"',
            '- stdin: add rule inet nuvla_swarm management tcp dport 22 accept comment "ssh"',
        ),
    ),
    Row(
        "machines.data_path",
        Values(["/srv", "/var/lib/nuvla"], refused(FOLDER, "srv", "/", "/a/")),
        Change(
            "/srv/nuvla",
            "cluster",
            "nfs-data-folder",
            'data_path: "/var/lib/nuvla-swarm" => "/srv/nuvla"',
            "+ stdin: export FOLDER=/srv/nuvla/nfs",
        ),
    ),
)
