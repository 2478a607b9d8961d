"""components/storage/nfs.py: the files of the NFS server, and its entries."""

import shlex
from configparser import ConfigParser

from components import assets
from tests.support.fake_pulumi import FakePulumi
from tests.support.nfs import ENTRIES, SERVER, nfs
from tests.support.pulumi_run import start


def test_server_exports_the_data_volume(fake_pulumi: FakePulumi) -> None:
    nfs()
    assert (
        parameters(fake_pulumi, SERVER).items()
        >= {
            "KIND": "kernel",
            "FOLDER": "/nfs-root",
            "DISK": "/data/nfs",
            "MOUNTD_PORT": "33333",
            "STATD_PORT": "662",
        }.items()
    )


def parameters(fake_pulumi: FakePulumi, name: str) -> dict[str, str]:
    """Return the parameters of a command's script, also those of several lines."""
    words = shlex.split(fake_pulumi.script(name).split("#!/usr/bin/env bash")[0])
    return dict(word.split("=", 1) for word in words if word != "export")


def test_ganesha_uses_the_ports_of_the_kernel_server(fake_pulumi: FakePulumi) -> None:
    nfs()
    config = parameters(fake_pulumi, SERVER)["GANESHA"]
    assert "  NFS_Port = 2049;\n" in config
    assert "  MNT_Port = 33333;\n" in config


def test_nfs_helpers_listen_on_fixed_ports(fake_pulumi: FakePulumi) -> None:
    """Left to itself, a helper takes a port of the range that is open to users."""
    nfs()
    config = ConfigParser()
    config.read_string(parameters(fake_pulumi, SERVER)["PORTS"])
    ports = {name: {key: int(port) for key, port in config[name].items()} for name in config.sections()}
    assert ports == {
        "mountd": {"port": 33333},
        "statd": {"port": 662, "outgoing-port": 663},
        "lockd": {"port": 4045, "udp-port": 4045},
    }
    lines = parameters(fake_pulumi, SERVER)["MODULES"].splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "options lockd nlm_tcpport=4045 nlm_udpport=4045",
        "options nfs callback_tcpport=4046",
    ]
    lines = parameters(fake_pulumi, SERVER)["SYSCTLS"].splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "-fs.nfs.nlm_tcpport = 4045",
        "-fs.nfs.nlm_udpport = 4045",
        "-fs.nfs.nfs_callback_tcpport = 4046",
    ]


def test_ganesha_admits_only_the_listed_clients(fake_pulumi: FakePulumi) -> None:
    """Both scripts call the function that puts the list in place of the mark."""
    config = assets.read("storage/files/ganesha.conf")
    assert "  Access_Type = None;\n" in config
    assert config.count("# clients\n") == 1
    assert "'/# clients/r /dev/stdin'" in assets.read("storage/scripts/nfs.sh")
    for script in ("nfs_server.sh", "nfs_entry.sh"):
        assert "put_together ganesha" in assets.read(f"storage/scripts/{script}")


def test_entry_names_the_private_address_of_one_machine() -> None:
    for access in ("ro", "rw"):
        fake_pulumi = start()
        nfs(access=access, server_kind="ganesha")
        common = {"KIND": "ganesha", "ACCESS": access, "FOLDER": "/nfs-root"}
        assert [fake_pulumi.parameters(name) for name in ENTRIES] == [
            common | {"MACHINE": "manager-1", "ADDRESS": "10.0.0.1"},
            common | {"MACHINE": "worker-1", "ADDRESS": "10.0.0.7"},
        ]
