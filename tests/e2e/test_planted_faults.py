"""Faults planted into a copy of the program: the suites on machines with kernels of their own find each of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e import expected_ports
from tests.e2e.harness import Result, Stack
from tests.e2e.machines import ARE_GUESTS
from tests.e2e.port_probes import Prober, probe_ports
from tests.e2e.test_firewall import test_users_reach_ephemeral_ports_of_the_ingress_mesh_and_no_lower_ones as ask_mesh
from tests.e2e.test_storage import (  # noqa: F401 - fixtures among them
    NFS_VERSIONS,
    assert_belongs_to_nobody,
    make_client,
    s3,
)
from tests.e2e.test_storage import test_read_only_nfs_export_refuses_writes as write_read_only
from tests.kernel.start_order import assert_rules_come_before_the_network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not ARE_GUESTS, reason="other machines have another NFS server, no IPVS and no start of their own"
    ),
]

Changes = Mapping[str, Sequence[tuple[str, str]]]  # file -> right text, wrong text
WRONG: Changes = {
    "components/storage/scripts/nfs_entry.sh": [("($ACCESS,", "(rw,"), ("all_squash,", "no_root_squash,")],
    "components/firewall/scripts/firewall.sh": [("Before=network-pre.target", "After=network.target")],
    "components/firewall/rules.py": [
        ("if port.on_target and (", 'if port.on_target and port.row != "swarm data path" and ('),
        ("in _without_mountd(ephemeral)", "in ()"),
    ],
}
# Engine 28 has no such setting any more, engine 27 had.
REMOVED: Changes = {
    "components/engine/daemon_json.py": [
        ('"metrics-addr":', '"api-cors-header": "https://example.org",\n"metrics-addr":')
    ],
}


@contextmanager
def planted(target: Stack, changes: Changes) -> Iterator[Result]:
    """Change files of the target's copy of the program, and run `up`; at the end restore both."""
    right = {path: (target.folder / path).read_text() for path in changes}
    try:
        for path, replacements in changes.items():
            text = right[path]
            for old, new in replacements:
                assert text.count(old) == 1, f"{path}: {old}"
                text = text.replace(old, new)
            (target.folder / path).write_text(text)
        yield target.up()
    finally:
        for path, text in right.items():
            (target.folder / path).write_text(text)
        restored = target.up()
        assert restored.code == 0, restored.text


@pytest.fixture(scope="module")
def faulty(full_target: Stack) -> Iterator[Stack]:
    """Yield the full target with faults that do not keep it from coming up."""
    with planted(full_target, WRONG) as result:
        assert result.code == 0, result.text
        yield full_target


@pytest.mark.parametrize("version", NFS_VERSIONS)
def test_files_that_are_exported_for_writing_are_found(faulty: Stack, s3: Any, version: int) -> None:  # noqa: F811
    with pytest.raises(AssertionError, match="copied"):
        write_read_only(faulty, s3, version)


def test_files_that_root_of_another_machine_owns_are_found(faulty: Stack, s3: Any) -> None:  # noqa: F811
    with pytest.raises(AssertionError):
        write_read_only(faulty, s3, 4)
    with pytest.raises(AssertionError, match="root:root"):
        assert_belongs_to_nobody(faulty, "refused")


def test_ports_without_a_row_are_found(faulty: Stack, prober: Prober) -> None:
    states = probe_ports(faulty, "worker-1", prober)
    wrong = {
        (source, port)
        for source, ports in states.items()
        for port, state in expected_ports.expected_answers(source)
        if ports[port] != state
    }
    assert (expected_ports.CLUSTER, "4789/udp swarm data path") in wrong
    assert {port for source, port in wrong if source == expected_ports.USERS} == {
        f"{port}/tcp ephemeral"
        for port in expected_ports.PROBED_PORTS
        if expected_ports.port_rule(port) == expected_ports.EPHEMERAL
    }


def test_ingress_mesh_without_its_ports_is_found(faulty: Stack, prober: Prober) -> None:
    with pytest.raises(AssertionError, match="closed"):
        ask_mesh(faulty, prober)


def test_rules_that_come_after_the_network_are_found(faulty: Stack) -> None:
    faulty.restart("worker-1")
    with pytest.raises(AssertionError):
        assert_rules_come_before_the_network(faulty, "worker-1")


def test_setting_that_the_engine_has_no_more_is_found(full_target: Stack) -> None:
    with planted(full_target, REMOVED) as result:
        assert result.code != 0
        assert "dockerd refuses the new settings" in result.text, result.text
        assert "api-cors-header" in result.text, result.text
