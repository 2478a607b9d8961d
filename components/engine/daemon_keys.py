"""Keys of daemon.json that `engine.daemon` must not have, each with the reason or the setting to use instead."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.engine.settings import EngineSettings

_API = "the program serves Docker's API on 2376, with certificates of its own"
_BROKEN = "containers would lose their network or their published ports"
_SWARM = "it excludes a swarm"
_FOLDERS = "monitoring and data volumes need the engine's files in their default places"
_PROXY = "machines.proxy sets it"
_OTHER_STORE = "the engine would no longer find its images and containers"
# Source: Docker documentation, "dockerd", "Daemon configuration file".
RESERVED: Mapping[str, str] = {
    **dict.fromkeys(("hosts", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey"), _API),
    "metrics-addr": "Prometheus reads the engine's metrics on 9323",
    "default-address-pools": "engine.address_pools sets it",
    "registry-mirrors": "engine.registry_mirrors sets it",
    "no-new-privileges": "engine.no_new_privileges sets it",
    "icc": "engine.icc sets it",
    **dict.fromkeys(("proxies", "http-proxy", "https-proxy", "no-proxy"), _PROXY),
    **dict.fromkeys(("iptables", "ip-forward", "ip-masq", "bridge"), _BROKEN),
    **dict.fromkeys(("live-restore", "cluster-store", "cluster-advertise", "firewall-backend"), _SWARM),
    "swarm-default-advertise-addr": "the program chooses the address that each machine advertises",
    **dict.fromkeys(("data-root", "graph", "exec-root", "pidfile", "containerd"), _FOLDERS),
    "userns-remap": "services could not read the folders of the machine that they mount",
    "storage-driver": _OTHER_STORE,
}
OTHER_STORE = "containerd-snapshotter"  # of the key `features`; the store of engines before 29 is another one
# Log drivers that rotate their files by the settings of the program, and the options of these settings.
ROTATING_DRIVERS = ("json-file", "local")
ROTATION = {"max-size": "log_max_size_mib", "max-file": "log_max_files"}
LAST_EXPERIMENTAL_MAJOR = 23  # Docker releases up to this one serve metrics only with `experimental`


def rotates_logs(daemon: Mapping[str, Any]) -> bool:
    """Return whether the engine's log driver rotates logs by the settings of the program."""
    return daemon.get("log-driver", "json-file") in ROTATING_DRIVERS


def daemon_mistakes(settings: EngineSettings) -> Iterator[str]:
    """Yield a line for each reserved key in `engine.daemon`; `settings` are resolved."""
    daemon = settings.daemon
    for key in daemon:
        reason = RESERVED.get(key)
        if key == "experimental" and settings.major <= LAST_EXPERIMENTAL_MAJOR:
            reason = f"Docker {settings.version} serves metrics only with it, so the program sets it"
        if reason:
            yield f"engine.daemon.{key}: given; allowed: other keys, as {reason}"
    features = daemon.get("features", {})
    if isinstance(features, Mapping) and OTHER_STORE in features:
        yield f"engine.daemon.features.{OTHER_STORE}: given; allowed: other features, as {_OTHER_STORE}"
    options = daemon.get("log-opts", {})
    if not isinstance(options, Mapping):
        yield 'engine.daemon.log-opts: given; allowed: an object of keys and values, such as {"compress": "true"}'
    elif rotates_logs(daemon):
        for option, setting in ROTATION.items():
            if option in options:
                yield f"engine.daemon.log-opts.{option}: given; allowed: other keys, as engine.{setting} sets it"
    if not rotates_logs(daemon):
        for setting in ROTATION.values():
            value = getattr(settings, setting)
            if value != EngineSettings.model_fields[setting].default:
                yield (
                    f"engine.{setting}: {value} given; allowed: only with the log drivers "
                    f"{' and '.join(ROTATING_DRIVERS)}, and engine.daemon has another one"
                )
