"""For every setting: the lines of a preview that tell of its change."""

from tests.settings.changes import CHANGES

CREATED, DELETED = "", "-"  # the resource is a new one; the component or resource is there no more
NOTHING = "nothing"  # no resource shows it, for a reason that stands beside it
# Not in a preview with a stack that was up: those of other kinds and providers are in test_settings_visible.py, and a
# volume that is taken over has to be there already: test_host.py.
ELSEWHERE = ("volumes.nfs.id", "volumes.prometheus.id", "volumes.alertmanager.id", "volumes.grafana.id")
ON_TARGETS = [
    change
    for change in CHANGES
    if change.base == "target" and change.setting not in ELSEWHERE and not change.also.keys() & {"kind", "traefik.acme"}
]

# For every setting: what its component shows, and what the resource does. A star is for what this machine decides.
SHOWN = {
    "domain": ('*names[0]: *"example.org"', 'subject.commonName: "nuvla-swarm" => "example.org"'),
    "machines.pools": ("pools.manager.count: 1 => 3", CREATED),
    "machines.pools.<pool>.role": (
        'pools.worker.role: "worker" => "manager"',
        "stdin: *export NODE=worker-1* => [unknown]",  # with other managers, the swarm's id waits for its init
    ),
    "machines.lost": ('- names[1]: "worker-1"', "+ stdin: export MEMBERS=manager-1"),
    "machines.pools.<pool>.count": ("pools.worker.count: 1 => 2", CREATED),
    "machines.pools.<pool>.availability": (
        'availability: "active" => "drain"',
        "+ stdin: export AVAILABILITY=drain",
    ),
    "machines.pools.<pool>.labels": ('+ labels.disk: "ssd"', "+ stdin: export LABELS='disk=ssd"),
    "machines.image": ('image: * => "nuvla-swarm/machine:new"', 'image: * => "nuvla-swarm/machine:new"'),
    "machines.privileged": ("privileged: * => *", "*privileged: *"),
    "machines.ssh.public_key": ('+ public_key: "ssh-ed25519 BBBB"', "uploads: [secret] => [secret]"),
    "firewall.management": (
        '+ sources.management[1]: "192.0.2.0/24"',
        "+ stdin: add element inet nuvla_swarm management { 192.0.2.0/24 }",
    ),
    "firewall.nuvla": (
        '*sources.nuvla[0]: *"198.51.100.0/24"',
        "+ stdin: add element inet nuvla_swarm nuvla { 198.51.100.0/24 }",
    ),
    "firewall.users": (
        'sources.users[0]: "0.0.0.0/0" => "203.0.113.0/24"',
        "+ stdin: add element inet nuvla_swarm users { 203.0.113.0/24 }",
    ),
    "firewall.consoles": (
        '+ consoles[2]: "203.0.113.0/24"',  # of firewall.users, behind the two of firewall.management
        '+ dataRaw.http.middlewares.nuvla-swarm-consoles.ipAllowList.sourceRange[2]: "203.0.113.0/24"',
    ),
    "firewall.ephemeral.first": (
        'ephemeral: "32768-60999" => "30000-*"',
        "+ stdin: export EPHEMERAL='30000 *'",
    ),
    "firewall.ephemeral.last": (
        'ephemeral: "32768-60999" => "*-61000"',
        "+ stdin: export EPHEMERAL='* 61000'",
    ),
    "firewall.swarm_port": (
        '- rows.swarm port 2377/tcp: "nuvla"',
        '- stdin: add rule inet nuvla_swarm nuvla tcp dport 2377 accept comment "swarm port"',
    ),
    "engine.source": ('source: "distribution" => "docker.com"', "+ stdin: export SOURCE=docker.com"),
    "engine.version": ('version: "20.10.24" => "20.10.25"', "+ stdin: export VERSION=20.10.25"),
    "engine.containerd_version": (
        '+ containerd_version: "2.2.0"',
        "+ stdin: export CONTAINERD_VERSION=2.2.0",
    ),
    "engine.log_max_size_mib": ('daemon.log-opts.max-size: "10m" => "20m"', '+ stdin: "max-size": "20m",'),
    "engine.log_max_files": ('daemon.log-opts.max-file: "3" => "4"', '+ stdin: "max-file": "4"'),
    "engine.address_pools": (
        'daemon.default-address-pools[0].base: "10.200.0.0/16" => "10.210.0.0/16"',
        '+ stdin: "base": "10.210.0.0/16",',
    ),
    "engine.address_pools[0].base": (
        'daemon.default-address-pools[0].base: "10.200.0.0/16" => "10.210.0.0/16"',
        '+ stdin: "base": "10.210.0.0/16",',
    ),
    "engine.address_pools[0].prefix": ("daemon.default-address-pools[0].size: 24 => 25", '+ stdin: "size": 25'),
    "engine.registry_mirrors": (
        '*daemon.registry-mirrors[0]: *"http://mirror:5000"',
        '+ stdin: *"http://mirror:5000"*',
    ),
    "engine.no_new_privileges": ("+ daemon.no-new-privileges: true", '+ stdin: "no-new-privileges": true,'),
    "engine.icc": ("- daemon.icc: false", '- stdin: "icc": false,'),
    "engine.certificate_generation": ("generation: 1 => 2", "publicKeyPem: * => [unknown]"),
    "engine.nuvla_certificate_generation": ("+ nuvla_generation: 2", "publicKeyPem: * => [unknown]"),
    "engine.operator_certificate_generation": ("+ operator_generation: 2", "publicKeyPem: * => [unknown]"),
    "engine.server_certificate_days": ("server_days: 730 => 731", "validityPeriodHours: 17520 => 17544"),
    "engine.client_certificate_days": ("client_days: 365 => 366", "validityPeriodHours: 8760 => 8784"),
    "swarm.public_network.name": ('name: "traefik-public" => "front"', 'name: "traefik-public" => "front"'),
    "swarm.public_network.attachable": ("attachable: false => true", "attachable: false => true"),
    "traefik.log_level": ('log_level: "INFO" => "DEBUG"', 'dataRaw.log.level: "INFO" => "DEBUG"'),
    "traefik.access_log": ("access_log: false => true", "+ dataRaw.accessLog: {}"),
    "traefik.memory_limit_mib": (
        "memory_limit_mib: 512 => 513",
        "taskSpec.resources.limits.memoryBytes: 536870912 => 537919488",
    ),
    "traefik.certificate_days": ("days: 365 => 366", "validityPeriodHours: 8760 => 8784"),
    "monitoring.enabled": (DELETED, DELETED),
    "monitoring.machine": (
        'machine: "manager-1" => "worker-1"',
        'taskSpec.placement.constraints[0]: "node.labels.nuvla-swarm.machine==manager-1" => *worker-1"',
    ),
    "monitoring.prometheus.scrape_interval_s": (
        "scrape_interval_s: 15 => 30",
        'dataRaw.global.scrape_interval: "15s" => "30s"',
    ),
    "monitoring.prometheus.retention_time": (
        'retention_time: "15d" => "30d"',
        'taskSpec.containerSpec.args[*]: "*retention.time=15d" => "*retention.time=30d"',
    ),
    "monitoring.prometheus.retention_size": (
        'retention_size: "5GB" => "6GB"',
        'taskSpec.containerSpec.args[*]: "*retention.size=5GB" => "*retention.size=6GB"',
    ),
    "monitoring.prometheus.memory_limit_mib": (
        "prometheus_memory_limit_mib: 1024 => 1025",
        "taskSpec.resources.limits.memoryBytes: 1073741824 => 1074790400",
    ),
    "monitoring.grafana.memory_limit_mib": (
        "grafana_memory_limit_mib: 512 => 513",
        "taskSpec.resources.limits.memoryBytes: 536870912 => 537919488",
    ),
    "monitoring.alertmanager.email_to": (
        '*email_to[0]: *"a@example.org"',
        '+ dataRaw.receivers[0].email_configs[0].to: "a@example.org"',
    ),
    "monitoring.alertmanager.memory_limit_mib": (
        "alertmanager_memory_limit_mib: 128 => 129",
        "taskSpec.resources.limits.memoryBytes: 134217728 => 135266304",
    ),
    "monitoring.exporters.memory_limit_mib": (
        "exporters_memory_limit_mib: 256 => 257",
        "taskSpec.resources.limits.memoryBytes: 268435456 => 269484032",
    ),
    "monitoring.smtp.host": (
        'smtp.host: "mail.example.org" => "mx.example.org"',
        'taskSpec.containerSpec.env.GF_SMTP_HOST: "mail.example.org:*" => "mx.example.org:*"',
    ),
    "monitoring.smtp.port": (
        "smtp.port: 587 => 25",
        'taskSpec.containerSpec.env.GF_SMTP_HOST: "*:587" => "*:25"',
    ),
    "monitoring.smtp.from_address": (
        'smtp.from_address: "swarm@example.org" => "nuvla@example.org"',
        'taskSpec.containerSpec.env.GF_SMTP_FROM_ADDRESS: "swarm@example.org" => "nuvla@example.org"',
    ),
    "monitoring.smtp.username": (
        '+ smtp.username: "you"',
        '+ taskSpec.containerSpec.env.GF_SMTP_USER: "you"',
    ),
    "nfs.enabled": (DELETED, DELETED),
    "nfs.machine": (
        'server: "manager-1" => "worker-1"',
        'update: "bash -s -- # * # manager-1-disk-*" => [unknown]',
    ),
    "nfs.server_kind": ('server_kind: "ganesha" => "kernel"', "+ stdin: export KIND=kernel"),
    "nfs.access": ('access: "ro" => "rw"', "+ stdin: export ACCESS=rw"),
    "s3.enabled": (DELETED, DELETED),
    "s3.port": ("port: 9000 => 9001", "endpointSpec.ports[*].publishedPort: 9000 => 9001"),
    "s3.memory_limit_mib": (
        "memory_limit_mib: 512 => 513",
        "taskSpec.resources.limits.memoryBytes: 536870912 => 537919488",
    ),
    "volumes.keep": ("keep_volumes: false => true", NOTHING),  # an option of the resource and none of its inputs
    "images.traefik": ('image: * => "traefik:v3.6.1"', "+ stdin: export IMAGE=traefik:v3.6.1"),
} | {
    change.setting: ('image: * => "another/image:1"', "+ stdin: export IMAGE=another/image:1")
    for change in ON_TARGETS
    if change.setting.startswith("images.") and change.setting != "images.traefik"
}

# Settings that no preview of an infrastructure which is up shows as a change: what it says instead.
REFUSED = {
    "machines.subnet": "10.78.0.0/16 given; the machines of the swarm know each other by their addresses; "
    "allowed: 10.82.0.0/16, or another stack",
    "swarm.entry": "manager-2 given, which is not in the swarm; allowed: manager-1",
    "swarm.address_pools": "10.211.0.0/16 given; the swarm keeps the ranges that it was made with; "
    "allowed: 10.224.0.0/12, or another stack",
    "swarm.subnet_prefix": "25 given; the swarm keeps the ranges that it was made with; allowed: 24, or another stack",
}
