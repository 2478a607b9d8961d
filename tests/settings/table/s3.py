"""Rows of the settings of the S3 service."""

from tests.settings.rows import GONE, NEW, Bad, Change, Row, Values
from tests.settings.values import WHOLE, section, switch, whole

ROWS = [
    section("s3"),
    Row("s3.enabled", switch(), Change(False, "s3", "s3-service", GONE, GONE, together="off")),
    Row(
        "s3.port",
        Values(
            [1, 9001, 65535],
            [
                Bad(0, "at least 1"),
                Bad(65536, "at most 65535"),
                Bad(443, "a port that is not taken by https"),
                Bad(33333, "a port that is not taken by nfs"),
                Bad(40000, "a port outside firewall.ephemeral, 32768 to 60999"),
                Bad("9000", WHOLE),
            ],
        ),
        Change(
            9001, "s3", "traefik-service", "port: 9000 => 9001", "endpointSpec.ports[*].publishedPort: 9000 => 9001"
        ),
    ),
    Row(
        "s3.memory_limit_mib",
        whole(64),
        Change(
            513,
            "s3",
            "s3-gateway-service",
            "memory_limit_mib: 512 => 513",
            "taskSpec.resources.limits.memoryBytes: 536870912 => 537919488",
        ),
    ),
    Row(
        "s3.key_generation",
        whole(1),
        Change(2, "s3-key", "s3-key2-access", "+ generation: 2", NEW),
    ),
    Row(
        "s3.former_key_generation",
        Values(
            [1, 2, None],
            [Bad(3, "1 to 2, or none"), Bad(0, "at least 1"), Bad("1", WHOLE)],
            also={"s3.key_generation": 3},
        ),
        Change(
            1,
            "s3-key",
            "s3-gateway-secret-s3-former-access-key",
            "+ former_generation: 1",
            NEW,
            also={"s3.key_generation": 2},
        ),
    ),
]
