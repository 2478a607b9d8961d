"""components/dashboards/base.py: what all dashboards have in common."""

import json

from components.dashboards.base import base_dashboard, variable
from components.dashboards.encoding import encode
from tests.support.dashboards import PARTS, encoded


def test_dashboard_links_to_all_that_have_the_tag_of_the_program() -> None:
    dashboard = encoded()
    assert dashboard["tags"] == ["nuvla-swarm", "a"]
    (link,) = dashboard["links"]
    assert (link["type"], link["tags"], link["keepTime"], link["includeVars"]) == (
        "dashboards",
        ["nuvla-swarm"],
        True,
        True,
    )
    assert "placement" not in link, "Grafana would put the link into a menu"


def test_variables_of_a_dashboard_follow_the_choice_of_machines() -> None:
    service = variable("service", "Service", "label_values(up, service)")
    made = json.loads(encode(base_dashboard("uid", "Title", "Text.", [], [], variables=[service])))
    assert [each["name"] for each in made["templating"]["list"]] == ["node", "service"]


def test_panels_follow_each_other_and_rows_begin_new_lines() -> None:
    placed = [
        (each["title"], each["id"], each["gridPos"]["x"], each["gridPos"]["y"]) for each in encoded(*PARTS)["panels"]
    ]
    assert placed == [("One", 1, 0, 0), ("More", 2, 0, 4), ("Two", 3, 0, 5)]
