"""Dashboards and provisioning, against what Grafana's own types and its reader of provisioning know."""

from typing import Any

import pytest
import yaml

from components import catalog
from tests.files.monitored import FILES
from tests.support.checkout import CHECKOUT
from tests.support.grafana_types import faults, is_unit
from tests.support.rows import rows

EXAMPLES = {path.name: path.read_text(encoding="utf-8") for path in CHECKOUT.glob("examples/*/dashboards/*.json")}
TEXTS = catalog.dashboard_texts() | EXAMPLES
# Source: Grafana documentation, "Provision Grafana"; its source, pkg/services/provisioning/datasources/types.go.
# Grafana ignores any other key without a word.
DATASOURCE_KEYS = set(
    "access basicAuth basicAuthUser correlations database editable isDefault jsonData name orgId orgName "
    "secureJsonData type uid url user version withCredentials".split()
)
PROVIDER_KEYS = set(
    "allowUiUpdates disableDeletion editable folder folderUid name options orgId orgName type "
    "updateIntervalSeconds".split()
)
# Source: Grafana documentation, "Prometheus data source" and "Alertmanager data source", their provisioning.
JSON_DATA_KEYS = {"prometheus": {"httpMethod", "timeInterval"}, "alertmanager": {"implementation"}}


def provisioned(name: str) -> Any:
    return yaml.safe_load((FILES / "grafana" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TEXTS)
def test_values_of_a_dashboard_have_the_types_of_grafanas_schema(name: str) -> None:
    assert faults(TEXTS[name]) == []


@pytest.mark.parametrize("name", catalog.dashboard_texts())
def test_units_are_those_of_grafana(name: str) -> None:
    wrong = [line for line in TEXTS[name].splitlines() if '"unit": "' in line and not is_unit(line.split('"')[3])]
    assert wrong == []


@rows(
    "right, wrong, fault",
    [
        ('"lineInterpolation": "linear"', '"lineInterpolation": "curly"', "'curly' is no LineInterpolation"),
        ('"mode": "absolute"', '"mode": "relative"', "'relative' is no ThresholdsMode"),
        ('"lineWidth": 1', '"lineWidth": "1"', "'1' is no"),
        ('"showLegend": true', '"showLegend": "yes"', "'yes' is no bool"),
        ('"graphTooltip": 1', '"graphTooltip": 7', "7 is no DashboardCursorSync"),
    ],
)
def test_wrong_words_and_types_are_found(right: str, wrong: str, fault: str) -> None:
    texts = [text for text in TEXTS.values() if right in text]
    assert texts, f"no dashboard has {right}: choose another value for this test"
    (first, *_) = faults(texts[0].replace(right, wrong))
    assert fault in first


@rows("unit, known", [("bytes", True), ("percentunit", True), ("suffix: cores", True), ("byte", False), ("", False)])
def test_unknown_unit_is_found(unit: str, known: bool) -> None:
    assert is_unit(unit) == known


def test_provisioned_data_sources_have_keys_that_grafana_reads() -> None:
    document = provisioned("datasources/prometheus.yaml")
    assert set(document) == {"apiVersion", "datasources"}
    for source in document["datasources"]:
        assert set(source) <= DATASOURCE_KEYS, source["name"]
        assert set(source["jsonData"]) <= JSON_DATA_KEYS[source["type"]], source["name"]


@pytest.mark.parametrize("name", ["provider.yaml", "own_provider.yaml"])
def test_provisioned_providers_have_keys_that_grafana_reads(name: str) -> None:
    document = provisioned(name)
    assert set(document) == {"apiVersion", "providers"}
    for provider in document["providers"]:
        assert set(provider) <= PROVIDER_KEYS
        assert set(provider["options"]) <= {"path", "foldersFromFilesStructure"}
