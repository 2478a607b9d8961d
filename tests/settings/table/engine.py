"""Rows of the settings of the Docker engine of every machine."""

from dataclasses import replace

from tests.settings.rows import NEW, Bad, Change, Row, Values, refused
from tests.settings.values import (
    LINE,
    LIST,
    NETWORK,
    OBJECT,
    TEXT,
    URL,
    VERSION,
    WHOLE,
    choice,
    section,
    switch,
    whole,
)

INSTALLED = ("worker-1-engine", "worker-1-engine-install")
CONFIGURED = ("worker-1-engine", "worker-1-engine-configure")
OF_DOCKER = {"engine.source": "docker.com"}
OTHER_FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
REPOSITORY_URL = "a URL without login and final slash"
FINGERPRINT = "the 40 hexadecimal digits of a key's fingerprint"
OWN_RANGE = {"engine.address_pools": [{"base": "10.200.0.0/16"}]}
OTHER_RANGE = (
    'daemon.default-address-pools[0].base: "10.200.0.0/16" => "10.210.0.0/16"',
    '+ stdin: "base": "10.210.0.0/16",',
)
OTHER_KEY = "publicKeyPem: * => [unknown]"
OTHER_TRIGGER = "@replacement_trigger: * => *2*"

FROM_REGISTRY = {"images.traefik": "registry:5000/traefik:v3"}
REGISTRY = "the first part of images' names, in lower case"
DAEMON_KEY = "a key of daemon.json in lower case"
OPERATOR = "an operator's name of lower-case letters, digits and hyphens, a letter first"
OTHER_LOGIN = Change(
    {"registry:5000": {"username": "puller"}},
    "traefik-image",
    "registry-registry-5000-generation",
    '+ username: "puller"',
    NEW,
    also={"engine.registries": {"registry:5000": {"username": "other"}}, **FROM_REGISTRY},
    secrets={"registry_passwords": '{"registry:5000": "WORD"}'},
    mocked=('username: "other" => "puller"', "keepers: [secret] => [secret]"),
    together="registry",
)

ROWS = [
    section("engine"),
    Row(
        "engine.source",
        choice("distribution", "docker.com"),
        Change("docker.com", *INSTALLED, 'source: "distribution" => "docker.com"', "+ stdin: export SOURCE=docker.com"),
    ),
    Row(
        "engine.version",
        Values(
            ["20.10.0", "20.10.24", "29.0.0"],
            [
                *refused(VERSION, "20.10", "v20.10.24", "20.10.24-1", "latest"),
                *refused("20.10.0 or newer, such as 28.5.2", "19.03.15", "20.9.0", "1.13.1"),
            ],
        ),
        Change("20.10.25", *INSTALLED, 'version: "20.10.24" => "20.10.25"', "+ stdin: export VERSION=20.10.25"),
    ),
    Row(
        "engine.containerd_version",
        Values(["1.7.29", "2.2.0"], refused(VERSION, "1.7", "v1.7.29", "1.7.29-1"), also=OF_DOCKER),
        Change(
            "2.2.0",
            *INSTALLED,
            '+ containerd_version: "2.2.0"',
            "+ stdin: export CONTAINERD_VERSION=2.2.0",
            also=OF_DOCKER,
            mocked=('containerd_version: "1.7.29" => "2.2.0"', "+ stdin: export CONTAINERD_VERSION=2.2.0"),
        ),
    ),
    section("engine.repository"),
    Row(
        "engine.repository.url",
        Values(
            ["https://mirror.example.org", "http://mirror:8081/repository/docker"],
            [
                *refused(REPOSITORY_URL, "mirror", "https://me:word@mirror", "https://mirror/", "https://mirror/a b"),
                Bad(3, TEXT),
            ],
            also=OF_DOCKER,
        ),
        Change(
            "https://mirror.example.org",
            *INSTALLED,
            '+ repository.url: "https://mirror.example.org"',
            "+ stdin: export REPOSITORY=https://mirror.example.org",
            also=OF_DOCKER,
        ),
    ),
    Row(
        "engine.repository.key_fingerprint",
        Values(
            [OTHER_FINGERPRINT],
            refused(FINGERPRINT, "0EBFCD88", "SHA256:abc", OTHER_FINGERPRINT + "8"),
            also=OF_DOCKER,
        ),
        Change(
            OTHER_FINGERPRINT,
            *INSTALLED,
            f'+ repository.key_fingerprint: "{OTHER_FINGERPRINT}"',
            f"+ stdin: export KEY_FINGERPRINT={OTHER_FINGERPRINT}",
            also=OF_DOCKER,
        ),
    ),
    Row(
        "engine.log_max_size_mib",
        whole(1, 1024),
        Change(20, *CONFIGURED, 'daemon.log-opts.max-size: "10m" => "20m"', '+ stdin: "max-size": "20m",'),
    ),
    Row(
        "engine.log_max_files",
        whole(1, 100),
        Change(4, *CONFIGURED, 'daemon.log-opts.max-file: "3" => "4"', '+ stdin: "max-file": "4"'),
    ),
    Row(
        "engine.address_pools",
        Values(
            [[{"base": "10.8.0.0/16"}], [{"base": "10.8.0.0/16"}, {"base": "10.9.0.0/16"}]],
            [Bad([], "a list of at least 1"), Bad({}, LIST), Bad(["10.8.0.0/16"], OBJECT, "[0]", "10.8.0.0/16")],
        ),
        Change([{"base": "10.210.0.0/16"}], *CONFIGURED, *OTHER_RANGE, together="ranges"),
    ),
    Row(
        "engine.address_pools[0].base",
        Values(["10.8.0.0/16"], refused(NETWORK, "10.8.0.1/16", 3)),
        Change("10.210.0.0/16", *CONFIGURED, *OTHER_RANGE, also=OWN_RANGE),
        required=True,
    ),
    Row(
        "engine.address_pools[0].prefix",
        whole(16, 28),
        Change(
            25, *CONFIGURED, "daemon.default-address-pools[0].size: 24 => 25", '+ stdin: "size": 25', also=OWN_RANGE
        ),
    ),
    Row(
        "engine.registry_mirrors",
        Values(
            [[], ["http://mirror:5000", "https://mirror.example.org"]],
            [
                Bad("https://mirror.example.org", LIST),
                Bad(["https://a", "b"], URL, "[1]", "b"),
                Bad(["https://me:word@a"], URL, "[0]", "https://me:word@a"),
            ],
        ),
        Change(
            ["http://mirror:5000"],
            *CONFIGURED,
            '*daemon.registry-mirrors[0]: *"http://mirror:5000"',
            '+ stdin: *"http://mirror:5000"*',
        ),
    ),
    Row(
        "engine.registries",
        Values(
            [{}, {"registry:5000": {"username": "puller"}}],
            [
                Bad([], OBJECT),
                Bad({"registry:5000": "puller"}, OBJECT, ".registry:5000", "puller"),
                *(
                    Bad({name: {"username": "puller"}}, REGISTRY, f".{name}", name)
                    for name in ("registry", "https://registry:5000", "registry:5000/team", "")
                ),
            ],
            also=FROM_REGISTRY,
        ),
        OTHER_LOGIN,
    ),
    Row(
        "engine.registries.<registry>.username",
        Values(
            ["puller", "robot$team+ci"],
            [*refused(LINE, "a\nb"), Bad(3, TEXT)],
            also={"engine.registries": {"registry:5000": {"username": "other"}}, **FROM_REGISTRY},
        ),
        replace(OTHER_LOGIN, value="puller"),
        required=True,
    ),
    Row(
        "engine.daemon",
        Values(
            [{}, {"mtu": 1400, "dns": ["192.0.2.1"], "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1}}}],
            [Bad([], OBJECT), Bad({"Mtu": 1400}, DAEMON_KEY, ".Mtu", "Mtu")],
        ),
        Change({"mtu": 1400}, *CONFIGURED, "+ daemon.mtu: 1400", '+ stdin: "mtu": 1400,'),
    ),
    Row(
        "engine.no_new_privileges",
        switch(unset=True),
        Change(True, *CONFIGURED, "+ daemon.no-new-privileges: true", '+ stdin: "no-new-privileges": true,'),
    ),
    Row(
        "engine.icc",
        switch(unset=True),
        Change(True, *CONFIGURED, "- daemon.icc: false", '- stdin: "icc": false,'),
    ),
    Row(
        "engine.operators",
        Values(
            [[], ["alice"], ["bob", "alice-2"]],
            [Bad("alice", LIST), Bad(["Alice"], OPERATOR, "[0]", "Alice"), Bad(["a", "b c"], OPERATOR, "[1]", "b c")],
        ),
        Change(["alice"], "manager-1-engine", "operators-alice-cert", '*operators[0]: *"alice"', NEW),
    ),
    Row(
        "engine.certificate_generation",
        whole(1),
        Change(
            2,
            "certificates",
            "certificates-manager-1-key",
            "generation: 1 => 2",
            OTHER_KEY,
            mocked=("generation: 1 => 2", OTHER_TRIGGER),
            together="managers",
        ),
    ),
    Row(
        "engine.former_certificate_generation",
        Values(
            [1, 2, None],
            [Bad(3, "1 to 2, or none"), Bad(0, "at least 1"), Bad("1", WHOLE)],
            also={"engine.certificate_generation": 3},
        ),
        Change(
            1,
            "certificates",
            "certificates-ca-crossed-cert",
            "+ former_generation: 1",
            NEW,
            also={"engine.certificate_generation": 2},
            together="managers",
        ),
    ),
    Row(
        "engine.server_certificate_generation",
        whole(1),
        Change(
            2,
            "certificates",
            "certificates-manager-1-key",
            "+ server_generation: 2",
            OTHER_KEY,
            mocked=("+ server_generation: 2", OTHER_TRIGGER),
        ),
    ),
    Row(
        "engine.program_certificate_generation",
        whole(1),
        Change(
            2,
            "certificates",
            "certificates-program-key",
            "+ program_generation: 2",
            OTHER_KEY,
            mocked=("+ program_generation: 2", OTHER_TRIGGER),
            together="program",  # the plugin of Docker cannot tell what is replaced without its certificate
        ),
    ),
    Row(
        "engine.nuvla_certificate_generation",
        whole(1),
        Change(
            2,
            "certificates",
            "certificates-nuvla-key",
            "+ nuvla_generation: 2",
            OTHER_KEY,
            mocked=("+ nuvla_generation: 2", OTHER_TRIGGER),
        ),
    ),
    Row(
        "engine.operator_certificate_generation",
        whole(1),
        Change(
            2,
            "certificates",
            "certificates-operator-key",
            "+ operator_generation: 2",
            OTHER_KEY,
            mocked=("+ operator_generation: 2", OTHER_TRIGGER),
        ),
    ),
    Row(
        "engine.server_certificate_days",
        whole(120, 3650),
        Change(
            731,
            "certificates",
            "certificates-manager-1-cert",
            "server_days: 730 => 731",
            "validityPeriodHours: 17520 => 17544",
        ),
    ),
    Row(
        "engine.client_certificate_days",
        whole(60, 3650),
        Change(
            366,
            "certificates",
            "certificates-nuvla-cert",
            "client_days: 365 => 366",
            "validityPeriodHours: 8760 => 8784",
        ),
    ),
]
