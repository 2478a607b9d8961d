"""Rows of the settings of the data that outlive containers."""

from dataclasses import replace
from typing import Any

from components import catalog
from tests.settings.bases import EXISTING, EXOSCALE, HOST, TARGET
from tests.settings.rows import NEW, NO_LINE, Bad, Change, Row, Values, refused
from tests.settings.values import FOLDER, LINE, TEXT, section, switch, whole

TAKEN_OVER = "a volume that is taken over has to be there already: tests/e2e/test_host.py"


def needs(name: str) -> dict[str, Any]:
    """The settings that a volume needs which not every target has."""
    if name == "traefik":
        return {"domain": "example.org", "traefik.acme": {"email": "a@example.org"}}
    label = catalog.data()[name].label
    return {"kind": "host", "machines.pools.worker.labels": {"type": label}} if label else {}


def volume(name: str) -> list[Row]:
    """The settings of one volume."""
    path, folder, also = f"volumes.{name}", f"{name}-data-folder", needs(name)
    block, identity = f"{path}.block_storage", f"{path}.import_id"
    base, kind = (HOST, {"kind": "host"}) if "target" not in catalog.data()[name].kinds else (TARGET, {})
    heading = section(path)
    return [
        replace(heading, values=replace(heading.values, base=base)),
        Row(
            block,
            replace(switch(), base=EXOSCALE, also=kind),
            Change(True, "cluster", f"{name}-volume", f"{path}.block: false => true", NEW, also=also, base=EXOSCALE),
            formerly=[f"{path}.block"],
        ),
        Row(
            f"{path}.size_gib",
            replace(whole(10, 10000), base=EXOSCALE, also=kind | {block: True}),
            Change(
                30,
                "cluster",
                folder,
                f"{path}.size_gib: 20 => 30",
                "+ stdin: export SIZE_GIB=30",
                also=also | {block: True},
                base=EXOSCALE,
            ),
        ),
        Row(
            identity,
            Values(["nuvla-1"], [Bad("a\nb", LINE), Bad(1, TEXT)], base=base),
            Change(
                "kept-1",
                "cluster",
                f"{name}-volume",
                f'+ {path}.id: "kept-1"',
                '+ @importId: "kept-1"',
                also=also,
                not_previewed=TAKEN_OVER,
            ),
            formerly=[f"{path}.id"],
        ),
        Row(
            f"{path}.path",
            Values(["/srv/data", "/a"], refused(FOLDER, "srv", "/", "/a b"), base=EXISTING, also=kind),
            Change(
                f"/srv/{name}",
                f"{name}-data",
                folder,
                f'path: * => "/srv/{name}"',
                f"+ stdin: export FOLDER=/srv/{name}",
                also=also,
                base=EXISTING,
            ),
        ),
    ]


ROWS = [
    section("volumes"),
    Row(
        "volumes.retain_on_destroy",
        switch(),
        Change(
            True,
            "cluster",
            "nfs-volume",
            "keep_volumes: false => true",
            NO_LINE,
            mocked=("keep_volumes: false => true", "@retainOnDelete: false => true"),
        ),
        formerly=["volumes.keep"],
    ),
    *(row for name in catalog.data() for row in volume(name)),
]
