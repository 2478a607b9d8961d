"""Instances of the stand-in of ``exoscale`` before there is a machine: what is refused, replaced and previewed."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.offline.clouds import MACHINE, ZONE, Cloud, cloud
from tests.offline.commands import refusal
from tests.offline.plugin import UNKNOWN, Made
from tests.support.rows import rows

pytestmark = pytest.mark.engine  # whose leftovers each cloud looks for

USER_DATA = "#cloud-config\nhostname: one\n"
STATE = Made(
    "i",
    MACHINE
    | {"name": "one", "userData": USER_DATA, "securityGroupIds": ["a", "b"], "sshKeys": ["k"], "__defaults": []},
    {"publicIpAddress": "192.0.2.1", "createdAt": "today", "ipv6Address": "", "macAddress": "m"},
)
REFUSED = "CreateInstance: http response: Not Found: "
GIVEN = {name: value for name, value in STATE.inputs.items() if name != "__defaults"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud that stays empty."""
    with cloud(Path(tmp_path_factory.mktemp("instances")), "10.130.32.0/20") as found:
        yield found
        assert found.leftovers() == []


@rows(
    "changes, text",
    [
        ({"type": "standard.enormous"}, "unable to retrieve instance type: Not Found"),
        ({"templateId": "00000000-0000-0000-0000-000000000000"}, f"{REFUSED}template '00000000-"),
        ({"zone": "ch-gva-9"}, 'find zone: "ch-gva-9" not found in ListZonesResponse: Not Found'),
        ({"sshKeys": ["nobody"]}, f"{REFUSED}SSH key 'nobody' not found"),
        ({"securityGroupIds": ["none"]}, f"{REFUSED}security group 'none' not found"),
        ({"antiAffinityGroupIds": ["none"]}, f"{REFUSED}anti-affinity group 'none' not found"),
    ],
)
def test_references_to_missing_cloud_objects_are_rejected_by_the_api(
    empty: Cloud, changes: dict[str, Any], text: str
) -> None:
    assert text in refusal(empty.instance.create, MACHINE | {"name": "one"} | changes)


@rows(
    "changes, path",
    [
        ({"diskSize": 9}, "diskSize"),
        ({"type": "large"}, "type"),
        ({"state": "asleep"}, "state"),
        ({"sshKey": "a", "sshKeys": ["b"]}, "sshKey"),
        ({"ipv6": True}, "ipv6"),
        ({"private": True}, "private"),
        ({"userData": "#!/bin/sh\n"}, "userData"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_invalid_instance_inputs_are_rejected_by_check(empty: Cloud, changes: dict[str, Any], path: str) -> None:
    assert list(empty.instance.failures(MACHINE | changes)) == [path]


@rows(
    "text, reason",
    [
        ("#cloud-config\nswap: {}\n", "swap: not known; known are "),
        ("#cloud-config\nruncmd: [\n", "it is no YAML"),
        ("#cloud-config\n- a\n", "it must be a map"),
        ("#cloud-config\ndisable_root: false\n", "disable_root: only true is known"),
        ("#cloud-config\nssh_pwauth: true\n", "ssh_pwauth: only false is known"),
        ("#cloud-config\nssh_keys: {rsa_private: x}\n", "ssh_keys.rsa_private: the machine image serves ed25519"),
        ("#cloud-config\nusers: [{name: x, passwd: y}]\n", "users.passwd: not known"),
        ("#cloud-config\nusers: [{name: x, lock_passwd: false}]\n", "users.lock_passwd: only true is known"),
        ("#cloud-config\nwrite_files: [{content: x}]\n", "write_files: an entry has no path"),
        ("#cloud-config\nwrite_files: [{path: /x, owner: ubuntu}]\n", "/x: ubuntu is no user yet: set defer: true"),
        ("#cloud-config\nwrite_files: [{path: /x, encoding: gzip}]\n", "/x: encoding 'gzip'; known are"),
        ("#cloud-config\nwrite_files: [{path: /x, encoding: b64, content: '*'}]\n", "write_files: /x: "),
        ("#cloud-config\n" + "# padding\n" * 4000, "user data is larger than 32768 bytes"),
    ],
)
def test_unsupported_user_data_is_rejected(empty: Cloud, text: str, reason: str) -> None:
    assert reason in empty.instance.failures(MACHINE | {"userData": text})["userData"]


@rows(
    "changes, expected",
    [
        ({}, {}),
        ({"securityGroupIds": ["b", "a"]}, {}),  # a set
        ({"templateId": "other"}, {"templateId": "UPDATE_REPLACE"}),
        ({"zone": "de-fra-1"}, {"zone": "UPDATE_REPLACE"}),
        ({"sshKeys": ["other"]}, {"sshKeys[0]": "UPDATE_REPLACE"}),
        ({"antiAffinityGroupIds": ["x"]}, {"antiAffinityGroupIds": "ADD_REPLACE"}),
        ({"name": "two"}, {"name": "UPDATE"}),
        ({"type": "standard.large", "diskSize": 20}, {"type": "UPDATE", "diskSize": "UPDATE"}),
        ({"labels": {"a": "b"}}, {"labels": "ADD"}),
        ({"userData": "#cloud-config\n"}, {"userData": "UPDATE"}),
        ({"securityGroupIds": ["a"]}, {"securityGroupIds[1]": "DELETE"}),
        (
            {"elasticIpIds": ["x"], "blockStorageVolumeIds": ["y"]},
            {"elasticIpIds": "ADD", "blockStorageVolumeIds": "ADD"},
        ),
        ({"networkInterfaces": [{"networkId": "n"}]}, {"networkInterfaces": "ADD"}),
        ({"destroyProtected": True, "reverseDns": "x"}, {"destroyProtected": "ADD", "reverseDns": "ADD"}),
        ({"state": "stopped"}, {"state": "ADD"}),
    ],
)
def test_instance_diff_updates_or_replaces_as_released(
    empty: Cloud, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    assert empty.instance.diff(STATE, GIVEN | changes) == expected


def test_ninth_instance_of_an_anti_affinity_group_is_rejected(tmp_path: Path) -> None:
    with cloud(tmp_path, "10.130.112.0/20") as full:
        group = full.make("apart", name="apart")
        records = full.folder / "cloud" / "cloud.json"
        known = json.loads(records.read_text())
        eight = {f"i{number}": {"antiAffinityGroupIds": [group.id]} for number in range(8)}
        records.write_text(json.dumps(known | {"instance": eight}))
        ninth = MACHINE | {"name": "ninth", "antiAffinityGroupIds": [group.id]}
        assert f"Conflict: anti-affinity group {group.id} has 8 instances" in refusal(full.instance.create, ninth)
        records.write_text(json.dumps(known))


def test_named_instance_is_deleted_before_its_replacement(empty: Cloud) -> None:
    assert empty.instance.difference(STATE, GIVEN | {"templateId": "x"}).deleteBeforeReplace
    unnamed = {name: value for name, value in GIVEN.items() if name != "name"} | {"templateId": "x"}
    assert not empty.instance.difference(STATE, unnamed).deleteBeforeReplace


def test_omitted_groups_and_encoded_user_data_always_have_a_diff(empty: Cloud) -> None:
    inputs = {name: value for name, value in GIVEN.items() if name != "securityGroupIds"}
    inputs["userData"] = base64.b64encode(USER_DATA.encode()).decode()
    made = Made("i", inputs | {"__defaults": []}, {})
    assert empty.instance.diff(made, inputs) == {"securityGroupIds": "DELETE", "userData": "UPDATE"}


def test_instance_preview_shows_given_inputs(empty: Cloud) -> None:
    outputs = empty.instance.preview(GIVEN | {"networkInterfaces": [{"networkId": UNKNOWN}]})
    assert (outputs["publicIpAddress"], outputs["name"], outputs["zone"]) == (UNKNOWN, "one", ZONE)
    assert outputs["networkInterfaces"] == [{"networkId": UNKNOWN, "ipAddress": UNKNOWN, "macAddress": UNKNOWN}]


def test_instance_update_preview_keeps_the_address(empty: Cloud) -> None:
    outputs = empty.instance.update(STATE, GIVEN | {"labels": {"a": "b"}}, preview=True).outputs
    assert (outputs["publicIpAddress"], outputs["labels"]) == ("192.0.2.1", {"a": "b"})
