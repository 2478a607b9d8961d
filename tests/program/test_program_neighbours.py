"""Of all changes of single settings, and of the examples, the rules refuse only those that are meant to be refused."""

from typing import Any

import pytest
import yaml

from components import catalog
from tests.program.runs import run
from tests.program.test_program_exoscale import EXAMPLES, example
from tests.settings.loading import parse
from tests.settings.table import CHANGES
from tests.support.checkout import CHECKOUT
from tests.support.configs import NAMESPACE, changed, secrets_for
from tests.support.rules import rules_against

BLOCK = [f"volumes.{name}.block_storage" for name in catalog.data()]
IMPORTS = [f"volumes.{name}.import_id" for name in catalog.data()]
# Rules, by the setting that is changed.
BOTH_WAYS = {
    "machines.pools.<pool>.hosts": {"host-name"},
    "machines.subnet": {"machine-network"},
    "machines.private_network": {"machine-network"},
    "machines.zone": {"manager-system"},
    "machines.template": {"manager-system"},
    "machines.template.id": {"manager-system"},
    "swarm.address_pools": {"swarm-ranges"},
    "swarm.subnet_prefix": {"swarm-ranges"},
}
OF_KEYS = {  # the state has the current generation alone
    "engine.former_certificate_generation": {"former-keys"},
    "s3.former_key_generation": {"former-keys"},
    "machines.ssh.key_generation": {"new-login-key"},
    "machines.ssh.former_key_generation": {"new-login-key"},
}
FORTH = BOTH_WAYS | OF_KEYS | {key: {"volume"} for key in IMPORTS} | {key: {"data-left-behind"} for key in BLOCK}
BACK = (
    BOTH_WAYS
    | {
        "engine.source": {"engine-major"},
        "machines.pools": {"manager-majority"},
        "machines.pools.<pool>.role": {"manager-majority"},
        "machines.pools.<pool>.disk_gib": {"disk-size"},
        "machines.elastic_ip": {"elastic-ip"},
        "machines.ssh.key_generation": {"new-login-key"},
    }
    | {key: {"volume"} for key in BLOCK}
)

OF_EXAMPLES = {  # which have protection, block storage, and an engine of docker.com
    "engine.version": {"engine-major"},
    "machines.pools": {"protection"},
    "machines.pools.<pool>.zone": {"protection"},
    "machines.pools.<pool>.template": {"protection"},
    "machines.pools.<pool>.template.id": {"protection"},
    "machines.zone": {"volume-move", "manager-system", "protection"},
    "machines.template": {"manager-system", "protection"},
    "machines.template.id": {"manager-system", "protection"},
    "machines.ssh.public_key": {"login-key"},
}


@pytest.mark.slow
def test_rules_refuse_no_other_change_of_a_setting_and_no_way_back() -> None:
    forth: dict[str, set[str]] = {}
    back: dict[str, set[str]] = {}
    for change in CHANGES:
        before, after, secrets = change.before(), change.after(), change.all_secrets()
        state = run(before, secrets=secrets).engine.state_after()
        later = run(after, secrets=secrets, state=state if change.stands else None).engine.state_after()
        assert rules_against(before, state) | rules_against(after, later) == set(), change.setting
        forth[change.setting] = rules_against(after, state)
        back[change.setting] = rules_against(before, later)
    assert {setting: ids for setting, ids in forth.items() if ids} == FORTH
    assert {setting: ids for setting, ids in back.items() if ids} == BACK


def stack(name: str) -> dict[str, Any]:
    """The settings of an example, or of the stack of local machines."""
    if name in EXAMPLES:
        return example(name)
    config = yaml.safe_load((CHECKOUT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))["config"]
    return {key.removeprefix(f"{NAMESPACE}:"): value for key, value in config.items() if key.startswith(NAMESPACE)}


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["dev", *EXAMPLES])
def test_rules_refuse_no_other_change_of_an_example(name: str) -> None:
    document, meant = stack(name), FORTH | OF_EXAMPLES
    state = run(document, secrets=secrets_for(document)).engine.state_after()
    assert rules_against(document, state) == set()
    for change in CHANGES:
        neighbour = changed(document, change.path, change.value)
        if parse(neighbour)[0] is not None:
            assert rules_against(neighbour, state) <= meant.get(change.setting, set()), change.setting


# Inputs of which another value is another instance.
# Source: exoscale/terraform-provider-exoscale, pkg/resources/instance/resource.go.
REPLACING = ("antiAffinityGroupIds", "deployTargetId", "sshKeys", "templateId", "zone")


@pytest.mark.slow
def test_no_accepted_change_replaces_the_part_of_a_manager_that_has_the_swarm() -> None:
    """The disk of a local machine is a volume of its own, and that of an instance goes with the instance."""
    for change in CHANGES:
        before, after, secrets = change.before(), change.after(), change.all_secrets()
        provider = before["machines"]["provider"]
        if provider == "existing" or change.setting in FORTH or change.stands:
            continue
        first = run(before, secrets=secrets).engine
        second = run(after, secrets=secrets, state=first.state_after()).engine
        part = {"local": "manager-1-disk", "exoscale": "manager-1"}[provider]
        part = part if part in first.types else part.replace("manager", "frontend")
        one, other = (
            {key: value for key, value in engine.inputs(part).items() if provider == "local" or key in REPLACING}
            | {"trigger": str(engine.options[part].replacement_trigger)}
            for engine in (first, second)
        )
        assert one == other, change.setting
