"""Changes of settings that are made together: each is told by its own lines, so that one run shows many."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.program.runs import run
from tests.settings import mocked_preview
from tests.settings.loading import refusals
from tests.settings.preview import Shown, hidden
from tests.settings.rows import Change, with_all
from tests.support.configs import changed
from tests.support.fake_pulumi import FakePulumi

# The only changes that replace a service, with the network that it is on; docs/05-target-and-host.md names them.
PUBLIC = {"public-network-network", "traefik-service"}
REPLACES = {
    "swarm.public_network.name": PUBLIC,
    "swarm.public_network.attachable": PUBLIC,
    "swarm.backend_network": {"backend-network-network"},
}


@dataclass
class Group:
    """Changes of one base that go together, and the configurations before and after them."""

    changes: list[Change]
    before: dict[str, object]
    after: dict[str, object]

    def take(self, change: Change) -> None:
        """Adds a change, unless one run could not tell it from another, or the settings do not go together."""
        if any(_alike(change, one) for one in self.changes):
            return
        changes, before = [*self.changes, change], with_all(self.before, change.also)
        for one in changes:
            if with_all(before, one.also) != before or changed(before, one.path, one.value) == before:
                return
        after = with_all(before, {one.path: one.value for one in changes})
        if not refusals(before) and not refusals(after):
            self.changes, self.before, self.after = changes, before, after


@dataclass
class Changed:
    """Runs before and after some changes."""

    changes: list[Change]
    before: FakePulumi
    after: FakePulumi
    shown: list[str] = field(default_factory=list)  # settings whose lines there are
    hidden: dict[str, list[Shown]] = field(default_factory=dict)  # settings that are changed alone and not shown


def mocked_lines(change: Change) -> tuple[str, str]:
    """The lines of a change with the mocked engine, which knows each output."""
    component, resource = change.mocked or (change.on_component, change.on_resource)
    return component, resource.replace("[unknown]", "*")


def in_few_runs(changes: Sequence[Change]) -> list[Changed]:
    """All changes. One that another change hides is made in a later run, alone if need be."""
    waiting, alone, runs = list(changes), False, []
    while waiting:
        group = Group(waiting[:1], waiting[0].before(), waiting[0].after())
        for change in [] if alone else waiting[1:]:
            group.take(change)
        made = _run(group)
        seen = mocked_preview.shown(made.before, made.after)
        missing = {
            change.setting: found for change in group.changes if (found := hidden(change, seen, *mocked_lines(change)))
        }
        made.shown = [change.setting for change in group.changes if change.setting not in missing]
        if len(group.changes) == 1:
            made.hidden = missing
        waiting = [change for change in waiting if change.setting not in {*made.shown, *made.hidden}]
        alone = not made.shown
        runs.append(made)
    return runs


def _run(group: Group) -> Changed:
    secrets = group.changes[0].all_secrets()
    before = run(group.before, secrets=secrets).engine
    state = before.state_after() if group.changes[0].stands else None
    return Changed(group.changes, before, run(group.after, secrets=secrets, state=state).engine)


def _alike(one: Change, other: Change) -> bool:
    """Whether a run cannot have both changes, or not tell them apart."""
    if (one.base.name, one.stands, one.all_secrets()) != (other.base.name, other.stands, other.all_secrets()):
        return True
    if REPLACES.keys() & {one.setting, other.setting} or one.together != other.together:
        return True
    outer, inner = sorted((f"{change.path.replace('[', '.')}." for change in (one, other)), key=len)
    return inner.startswith(outer) or bool(_places(one) & _places(other))


def _places(change: Change) -> set[tuple[str, str]]:
    component, resource = mocked_lines(change)
    return {(change.component, component), (change.resource, resource)}
