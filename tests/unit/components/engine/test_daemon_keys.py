"""components/engine/daemon_keys.py: keys of daemon.json that are the program's."""

from typing import Any

import pytest

from components.engine.daemon_json import daemon_json
from components.engine.daemon_keys import RESERVED, daemon_mistakes
from tests.support.builders import SETTINGS
from tests.support.rows import rows


def mistakes(daemon: dict[str, Any], **changed: Any) -> list[str]:
    return list(daemon_mistakes(SETTINGS.model_copy(update={"daemon": daemon, **changed})))


@pytest.mark.parametrize("version", ["20.10.24", "28.5.1"])
def test_every_key_that_the_program_writes_is_reserved_but_for_logs(version: str) -> None:
    settings = SETTINGS.model_copy(
        update={"version": version, "no_new_privileges": True, "icc": False, "registry_mirrors": ["http://mirror"]}
    )
    written = daemon_json(settings, serves_api=True)
    free = [key for key in written if not mistakes({key: written[key]}, version=version)]
    assert free == ["log-driver"]


@rows(
    "key, advice",
    [
        ("icc", "other keys, as engine.icc sets it"),
        ("registry-mirrors", "other keys, as engine.registry_mirrors sets it"),
        ("proxies", "other keys, as machines.proxy sets it"),
        ("live-restore", "other keys, as it excludes a swarm"),
        ("data-root", "other keys, as monitoring and data volumes need the engine's files in their default places"),
    ],
)
def test_reserved_key_is_refused_by_name_with_what_to_use_instead(key: str, advice: str) -> None:
    assert mistakes({key: True, "mtu": 1400}) == [f"engine.daemon.{key}: given; allowed: {advice}"]


@pytest.mark.parametrize("value", [True, False])
def test_feature_that_changes_the_store_of_images_is_refused_and_others_are_free(value: bool) -> None:
    assert mistakes({"features": {"containerd-snapshotter": value, "buildkit": True}}) == [
        "engine.daemon.features.containerd-snapshotter: given; allowed: other features, as the engine would no longer "
        "find its images and containers"
    ]
    assert mistakes({"features": {"buildkit": True}}) == []


def test_all_reserved_keys_are_told_at_once() -> None:
    assert len(mistakes(dict.fromkeys(RESERVED, True))) == len(RESERVED)


def test_experimental_features_are_free_where_metrics_do_not_need_them() -> None:
    (line,) = mistakes({"experimental": True}, version="20.10.24")
    assert line.startswith("engine.daemon.experimental: given; allowed: other keys, as Docker 20.10.24 ")
    assert mistakes({"experimental": True}, version="24.0.0") == []


def test_rotation_of_logs_is_a_setting_of_its_own() -> None:
    options = {"max-size": "1m", "max-file": "2", "tag": "{{.Name}}"}
    refused = [
        "engine.daemon.log-opts.max-size: given; allowed: other keys, as engine.log_max_size_mib sets it",
        "engine.daemon.log-opts.max-file: given; allowed: other keys, as engine.log_max_files sets it",
    ]
    assert mistakes({"log-opts": options}) == refused
    assert mistakes({"log-driver": "local", "log-opts": options}) == refused
    assert mistakes({"log-driver": "gelf", "log-opts": options}) == []
    assert mistakes({"log-opts": {"tag": "{{.Name}}"}}) == []
    assert mistakes({"log-opts": "x"}) == [
        'engine.daemon.log-opts: given; allowed: an object of keys and values, such as {"compress": "true"}'
    ]


def test_settings_of_rotation_are_refused_where_they_do_nothing() -> None:
    assert mistakes({"log-driver": "journald"}, log_max_files=4) == [
        "engine.log_max_files: 4 given; allowed: only with the log drivers json-file and local, and engine.daemon has "
        "another one"
    ]
    assert mistakes({"log-driver": "local"}, log_max_files=4) == []
