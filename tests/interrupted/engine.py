"""Scenarios of scripts that install and set engines."""

import json
from typing import Final

from tests.interrupted.scenarios import PACKAGES, Run, Scenario

CONFIGURE: Final = "engine/scripts/configure.sh"
INSTALL: Final = "engine/scripts/install.sh"
BARE: Final = ("ca-certificates", "iptables")


def settings(number: int, *, serves_api: bool = True) -> dict[str, str]:
    """Values of configure.sh: the engine's settings with a number in them, and certificates of that number."""
    hosts = ["fd://", "tcp://0.0.0.0:2376"] if serves_api else ["fd://"]
    daemon: dict[str, object] = {"hosts": hosts, "log-opts": {"max-file": str(number)}}
    if serves_api:
        files = {f"tls{name}": f"/etc/docker/tls/{name.removesuffix('cert') or 'cert'}.pem" for name in ("cert", "key")}
        daemon |= {"tlsverify": True, "tlscacert": "/etc/docker/tls/ca.pem"} | files
    texts = {"TLS_CA": f"CA {number}", "TLS_CERT": f"CERT {number}", "TLS_KEY": f"KEY {number}"}
    return {"DAEMON_JSON": json.dumps(daemon)} | (texts if serves_api else dict.fromkeys(texts, ""))


def packages_of(source: str, version: str) -> dict[str, str]:
    """Values of install.sh."""
    containerd = "1.7.29" if source == "docker.com" else ""
    return {"SOURCE": source, "VERSION": version, "CONTAINERD_VERSION": containerd}


DISTRIBUTION: Final = Run(path=INSTALL, values=packages_of("distribution", "20.10.24"))
ENGINE: Final = [
    Scenario(
        path=CONFIGURE,
        name="other settings and certificates",
        values=settings(2),
        given=[Run(path=CONFIGURE, values=settings(1))],
        sound="engine.sh",
        unlike=[1],
    ),
    Scenario(
        path=CONFIGURE,
        name="other certificates than those of an earlier version",
        values=settings(2),
        given=["old_certificates.sh"],
        sound="engine.sh",
        unlike=[1],
    ),
    Scenario(path=CONFIGURE, name="an engine of the host's own", values=settings(1), given=["host.sh"], unlike=[1]),
    Scenario(
        path=CONFIGURE,
        name="no API any more",
        values=settings(2, serves_api=False),
        given=[Run(path=CONFIGURE, values=settings(1))],
        unlike=[1],
    ),
    *(
        Scenario(path=INSTALL, name=name, packages=packages, values=values, given=given, reboots=False)
        for name, packages, values, given in (
            ("lists that somebody else reads", BARE, packages_of("distribution", "20.10.24"), ("locked.sh",)),
            ("packages that are interrupted", PACKAGES, packages_of("distribution", "20.10.24"), ("unpacked.sh",)),
            ("another source", BARE, packages_of("docker.com", "28.5.1"), (DISTRIBUTION,)),
        )
    ),
]
