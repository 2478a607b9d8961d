"""Rows of the settings of the firewall."""

from tests.settings.rows import Bad, Change, Row, Values
from tests.settings.values import WHOLE, choice, networks, section, switch

RULES = ("firewall", "firewall-worker-1")  # the component and a resource with the ruleset

ROWS = [
    section("firewall", required=True),
    Row(
        "firewall.management",
        networks(least=1),
        Change(
            ["10.64.0.0/10", "192.0.2.0/24"],
            *RULES,
            '+ sources.management[1]: "192.0.2.0/24"',
            "+ stdin: add element inet nuvla_swarm management { 192.0.2.0/24 }",
        ),
        required=True,
    ),
    Row(
        "firewall.nuvla",
        networks(),
        Change(
            ["198.51.100.0/24"],
            *RULES,
            '*sources.nuvla[0]: *"198.51.100.0/24"',
            "+ stdin: add element inet nuvla_swarm nuvla { 198.51.100.0/24 }",
        ),
    ),
    Row(
        "firewall.users",
        networks(everybody=True),
        Change(
            ["203.0.113.0/24"],
            *RULES,
            'sources.users[0]: "0.0.0.0/0" => "203.0.113.0/24"',
            "+ stdin: add element inet nuvla_swarm users { 203.0.113.0/24 }",
        ),
    ),
    Row(
        "firewall.consoles",
        choice("management", "users"),
        Change(
            "users",
            "traefik",
            "traefik-config-dynamic",
            '+ consoles[2]: "203.0.113.0/24"',  # of firewall.users, behind the two of firewall.management
            '+ dataRaw.http.middlewares.nuvla-swarm-consoles.ipAllowList.sourceRange[2]: "203.0.113.0/24"',
            mocked=(
                '+ consoles[1]: "0.0.0.0/0"',
                '+ dataRaw.http.middlewares.nuvla-swarm-consoles.ipAllowList.sourceRange[1]: "0.0.0.0/0"',
            ),
        ),
    ),
    section("firewall.ephemeral"),
    Row(
        "firewall.ephemeral.first",
        Values(
            [30000, 60998],
            [Bad(1023, "at least 1024"), Bad(65536, "at most 65535"), Bad("30000", WHOLE)],
            bounds=(1024, 65535),
        ),
        Change(30000, *RULES, 'ephemeral: "32768-60999" => "30000-*"', "+ stdin: export EPHEMERAL='30000 *'"),
    ),
    Row(
        "firewall.ephemeral.last",
        Values(
            [32769, 65535],
            [
                Bad(1023, "at least 1024"),
                Bad(65536, "at most 65535"),
                Bad(32768, "more than first, 32768"),
                Bad(1.5, WHOLE),
            ],
            bounds=(1024, 65535),
        ),
        Change(61000, *RULES, 'ephemeral: "32768-60999" => "*-61000"', "+ stdin: export EPHEMERAL='* 61000'"),
    ),
    Row(
        "firewall.expose_swarm_port_to_nuvla",
        switch(),
        Change(
            True,
            *RULES,
            '+ rows.swarm port 2377/tcp: "nuvla"',
            '+ stdin: add rule inet nuvla_swarm nuvla tcp dport 2377 accept comment "swarm port"',
        ),
        formerly=["firewall.swarm_port"],
    ),
]
