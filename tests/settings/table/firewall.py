"""Rows of the settings of the firewall."""

from dataclasses import replace

from tests.settings.rows import Bad, Change, Row, Values, refused
from tests.settings.values import LIST, OBJECT, TEXT, WHOLE, choice, networks, section, switch

GAME = {"ports": "27015", "protocol": "udp", "sources": ["users"], "description": "game server"}
ONE_ROW = {"firewall.extra": [GAME]}
PORTS = "a port such as 5000, or the first and the last one, such as 30000-30010"
SPAN = "ports from 1 to 65535, the first one before the last"
SOURCE = "management, nuvla, users, or an IPv4 network, such as 192.0.2.0/24"
TITLE = "up to 60 letters, digits and signs .,:/()+-"
RULES = ("firewall", "firewall-worker-1")  # the component and a resource with the ruleset

# The real preview has all changes of rows at once.
VOICE = (
    '*rows.extra: voice 27015-27020/udp: "192.0.2.0/24"',
    "+ stdin: add rule inet nuvla_swarm others ip saddr 192.0.2.0/24 udp dport 27015-27020 accept *",
)

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
        "firewall.extra",
        Values(
            [[], [GAME], [GAME, GAME | {"protocol": "tcp"}]],
            [
                Bad(GAME, LIST),
                Bad(["27015"], OBJECT, "[0]", "27015"),
            ],
        ),
        Change(
            [GAME],
            *RULES,
            *VOICE,
            mocked=(
                '*rows.extra: game server 27015/udp: "users"',
                '+ stdin: add rule inet nuvla_swarm users udp dport 27015 accept comment "extra: game server"',
            ),
        ),
    ),
    Row(
        "firewall.extra[0].ports",
        Values(
            ["1", "5000", "65535", "30000-30010", "7-7"],
            [
                *refused(PORTS, "5000-", "a", "5000:5010", "", 5000.5, True, "-1", "123456"),
                *refused(SPAN, 0, "0", 65536, "65536", "30010-30000"),
            ],
            also=ONE_ROW,
        ),
        Change(
            "27015-27020",
            *RULES,
            *VOICE,
            mocked=(
                '+ rows.extra: game server 27015-27020/udp: "users"',
                '+ stdin: add rule inet nuvla_swarm users udp dport 27015-27020 accept comment "extra: game server"',
            ),
            also=ONE_ROW,
        ),
        required=True,
    ),
    Row(
        "firewall.extra[0].protocol",
        replace(choice("tcp", "udp"), also=ONE_ROW),
        Change(
            "udp",
            *RULES,
            *VOICE,
            mocked=(
                '+ rows.extra: game server 27015/udp: "users"',
                '+ stdin: add rule inet nuvla_swarm users udp dport 27015 accept comment "extra: game server"',
            ),
            also={"firewall.extra": [GAME | {"protocol": "tcp"}]},
        ),
    ),
    Row(
        "firewall.extra[0].sources",
        Values(
            [["users"], ["management", "nuvla", "users"], ["192.0.2.0/24", "0.0.0.0/0", "nuvla"]],
            [
                Bad("users", LIST),
                Bad([], "a list of at least 1"),
                Bad(["cluster"], SOURCE, "[0]", "cluster"),
                Bad(["users", "192.0.2.1/24"], SOURCE, "[1]", "192.0.2.1/24"),
                Bad([3], SOURCE, "[0]", 3),
            ],
            also=ONE_ROW,
        ),
        Change(
            ["192.0.2.0/24"],
            *RULES,
            *VOICE,
            mocked=(
                'rows.extra: game server 27015/udp: "users" => "192.0.2.0/24"',
                "+ stdin: add rule inet nuvla_swarm others ip saddr 192.0.2.0/24 udp dport 27015 accept *",
            ),
            also=ONE_ROW,
        ),
        required=True,
    ),
    Row(
        "firewall.extra[0].description",
        Values(
            ["a", "Game (Europe), 1+2: a/b.c-d", "a" * 60],
            [*refused(TITLE, "", " a", 'a"b', "a\nb", "a" * 61), Bad(3, TEXT)],
            also=ONE_ROW,
        ),
        Change(
            "voice",
            *RULES,
            *VOICE,
            mocked=(
                '+ rows.extra: voice 27015/udp: "users"',
                '+ stdin: add rule inet nuvla_swarm users udp dport 27015 accept comment "extra: voice"',
            ),
            also=ONE_ROW,
        ),
        required=True,
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
