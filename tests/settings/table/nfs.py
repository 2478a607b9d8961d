"""Rows of the settings of the files that machines share."""

from dataclasses import replace

from tests.settings.rows import GONE, Change, Row
from tests.settings.values import choice, machine, section, switch

SERVER = ("nfs", "nfs-server")

ROWS = [
    section("nfs"),
    Row(
        "nfs.enabled",
        replace(switch(), also={"s3.enabled": False}),
        Change(False, *SERVER, GONE, GONE, also={"s3.enabled": False}, together="off"),
    ),
    Row(
        "nfs.machine",
        machine(),
        Change(
            "worker-1",
            *SERVER,
            'server: "manager-1" => "worker-1"',
            'update: "bash -s -- # * # manager-1-disk-*" => [unknown]',
        ),
    ),
    Row(
        "nfs.server",
        choice("kernel", "ganesha"),
        Change(
            "ganesha",
            *SERVER,
            'server_kind: "ganesha" => "kernel"',
            "+ stdin: export KIND=kernel",
            otherwise="kernel",
            mocked=('server_kind: "kernel" => "ganesha"', "+ stdin: export KIND=ganesha"),
        ),
        formerly=["nfs.server"],
    ),
    Row(
        "nfs.access",
        choice("ro", "rw"),
        Change("rw", "nfs", "nfs-entry-worker-1", 'access: "ro" => "rw"', "+ stdin: export ACCESS=rw"),
    ),
]
