"""The rules of changes, which compare the settings with the prior state before an update touches anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from components.errors import count, refusal
from components.machines.cluster import stack_id
from components.machines.prior_state import PriorState
from components.machines.registry import provider_of
from components.machines.ssh_settings import OTHER_KEYS, key_of
from components.rule import Rule
from stacks import (
    api_manager,
    exceptions,
    transitions_data,
    transitions_engines,
    transitions_keys,
    transitions_managers,
    transitions_networks,
)
from stacks.config.blame import without_blame
from stacks.config.settings import Settings
from stacks.plan import plan


def checked(settings: Settings, prior: PriorState) -> PriorState:
    """Return the prior state without members whose machine was reinstalled; log warnings.

    Errors: `pulumi.RunError`, if an update to these settings would lose a living swarm, data, a machine or access, and
    no exception allows it; or if an exception is wrong.
    """
    now, rules = exceptions.today(), rules_for(settings)
    wrong = list(exceptions.mistakes(settings.exceptions, rules, now))
    if wrong:
        raise refusal(f"the configuration of this stack has {count(len(wrong), 'mistake')}", wrong)
    current = without_reinstalled(settings, prior)
    found = refused(settings, current)
    lines = [
        line + exceptions.ending(rule, now)
        for rule in rules
        for line in found.get(rule.id, ())
        if rule.id not in settings.exceptions
    ]
    if lines:
        raise refusal(
            f"the existing infrastructure cannot take these settings, for {count(len(lines), 'reason')}", lines
        )
    told = [*_of_exceptions(settings, found), *transitions_networks.replaced_networks(settings, current)]
    for line in [*told, *api_manager.announcements(settings, current)]:
        pulumi.log.warn(line)
    return current


def rules_for(settings: Settings) -> Sequence[Rule[Any]]:
    """Return the rules of all providers, and those of the provider of these machines."""
    return (*RULES, *provider_of(settings.machines).rules)


def refused(settings: Settings, prior: PriorState) -> dict[str, list[str]]:
    """Return the lines of the rules that refuse something, by their ids, with a state from `without_reinstalled`."""
    own = [(rule.id, rule.check(settings, prior)) for rule in RULES]
    stack_plan = plan(settings, prior)
    own += [
        (rule.id, rule.check(settings.machines, stack_plan, prior)) for rule in provider_of(settings.machines).rules
    ]
    given = settings.model_dump(mode="json", exclude_unset=True)
    found = {name: without_blame(lines, given) for name, lines in own}
    return {name: lines for name, lines in found.items() if lines}


def without_reinstalled(settings: Settings, prior: PriorState) -> PriorState:
    """Return the prior state, with machines that were reinstalled among `reinstalled` instead of `members`."""
    provider = provider_of(settings.machines)
    same = {name: provider.is_same_machine(settings.machines, prior, name) for name in prior.members}
    return replace(
        prior,
        members={name: member for name, member in prior.members.items() if same[name]},
        reinstalled={name: member for name, member in prior.members.items() if not same[name]},
    )


def _of_exceptions(settings: Settings, found: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a warning for each change that an exception allows, and for each exception that allows nothing."""
    for name, day in settings.exceptions.items():
        for line in found.get(name, ()):
            yield f"exceptions.{name}: {day} allows this: {line}"
        if name not in found:
            yield f"exceptions.{name}: {day} allows nothing now; remove it: {exceptions.removal(name)}"


def _provider_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the machines come from another provider."""
    provider = settings.machines.provider
    if prior.machines and prior.provider not in (None, provider):
        yield (
            f"machines.provider: {provider} given; the machines are {prior.provider} ones; allowed: {prior.provider}, "
            "or another stack"
        )


def _kind_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the infrastructure becomes one of the other kind, whose services and data are others."""
    if prior.machines and prior.kind not in (None, settings.kind):
        yield (
            f"kind: {settings.kind} given; the infrastructure is a {prior.kind}, and its services would go; "
            f"allowed: {prior.kind}, or another stack"
        )


def _stack_keeps_its_name(_settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the stack was renamed: machines have its name, and another one replaces or estranges them."""
    if prior.machines and prior.stack not in (None, stack_id()):
        yield (
            f"machines: of the stack {stack_id()} now, but made by {prior.stack}, whose name they have; allowed: that "
            f"name, `pulumi stack rename {(prior.stack or '').rpartition('/')[2]}`, or another stack"
        )


def _lost_machines_are_known(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each lost machine that the state does not have."""
    for name in settings.machines.lost:
        if name not in prior.machines:
            allowed = sorted(prior.machines & set(settings.machines.names("manager", "worker")))
            yield (
                f"machines.lost: {name} given, which does not exist; "
                f"allowed: {', '.join(allowed) or 'none'}; leave {name} out, and the program creates it"
            )


def _authorized_keys_are_of_others(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each authorized key that is the generated key of the stack."""
    own = key_of(prior.login_key or "")
    for index, line in enumerate(settings.machines.ssh.authorized_keys):
        if key_of(line) == own:
            yield f"machines.ssh.authorized_keys[{index}]: {line} given, which is the stack's own key; {OTHER_KEYS}"


RULES = (
    Rule(id="provider", refuses="another `machines.provider`", check=_provider_stays),
    Rule(
        id="stack-name",
        refuses="another name for the stack (`pulumi stack rename`), by which its machines would be replaced",
        check=_stack_keeps_its_name,
    ),
    Rule(id="kind", refuses="another `kind`: the services and data of the two are others", check=_kind_stays),
    *transitions_managers.RULES,
    *transitions_engines.RULES,
    *transitions_networks.RULES,
    *transitions_data.RULES,
    Rule(
        id="lost-machine",
        refuses="a name in `machines.lost` of a machine that does not exist",
        check=_lost_machines_are_known,
    ),
    Rule(
        id="own-key",
        refuses="the stack's own key in `machines.ssh.authorized_keys`",
        check=_authorized_keys_are_of_others,
    ),
    *transitions_keys.RULES,
)
