"""What a row of tests/settings/table/ consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from tests.settings.bases import TARGET, Base
from tests.support.configs import changed, secrets_for

NEW, GONE = "", "-"  # in the place of a line: the component or resource is a new one, or is deleted
NO_LINE = "nothing"  # in the place of a line: the change is an option of the resource and none of its inputs
SAME: Any = object()


def concrete(path: str) -> str:
    """A path with the names of the base configurations for what stands in angle brackets."""
    names = {"<pool>": "worker", "<host>": "1", "<machine>": "worker-1", "<registry>": "registry:5000"}
    for placeholder, name in names.items():
        path = path.replace(placeholder, name)
    return path


def with_all(document: Mapping[str, Any], also: Mapping[str, Any]) -> dict[str, Any]:
    """The document with other values of several settings."""
    result = dict(document)
    for path, value in also.items():
        result = changed(result, path, value)
    return result


@dataclass(frozen=True)
class Bad:
    """A value that is refused."""

    value: Any
    allowed: str  # what the line says is allowed
    at: str = ""  # where in the value the mistake is, such as `[1]` or `.disk`
    there: Any = SAME  # what the line says is given; the value itself if unset


def refused(allowed: str, *values: Any) -> list[Bad]:
    """Values that are refused for the same reason."""
    return [Bad(value, allowed) for value in values]


@dataclass(frozen=True)
class Values:
    """Values of a setting, up to its bounds and beyond them."""

    good: Sequence[Any]
    bad: Sequence[Bad]
    also: Mapping[str, Any] = field(default_factory=dict)  # settings that the good values need
    elsewhere: Sequence[str] = ()  # values that other bases have: test_settings_kinds.py tries them
    bounds: tuple[int, int] | None = None  # the bounds of the model, where another setting leaves less
    base: Base = TARGET

    def document(self) -> dict[str, Any]:
        """A configuration in which the values can be given."""
        return with_all(self.base.given, self.also)


@dataclass(frozen=True)
class Change:
    """Another value of a setting, and the lines of `pulumi preview --diff` that show it.

    A star in a line stands for any text, which the machine or another change of the same preview decides.
    """

    value: Any
    component: str  # the component whose own inputs show the change
    resource: str  # one of the resources that the change updates, creates or deletes
    on_component: str  # a line of the component, or NEW, GONE
    on_resource: str  # a line of the resource, or NEW, GONE, NO_LINE
    _: KW_ONLY
    also: Mapping[str, Any] = field(default_factory=dict)  # settings that the value needs, set before the change too
    secrets: Mapping[str, str] = field(default_factory=dict)
    base: Base = TARGET
    stands: bool = False  # whether only an infrastructure that was up can have the value
    # The same two lines with the mocked engine, where they differ: it knows no outputs that are unknown, and the real
    # preview has other changes beside this one. `@protect` is an option of the resource.
    mocked: tuple[str, str] | None = None
    # For the real preview, of a target that was up:
    together: str = "rest"  # settings of one word are changed in one preview: what hides another's lines has its own
    otherwise: Any = SAME  # the value where the stack has `value` before
    refused: str = ""  # the line that refuses the change, in the place of a preview
    not_previewed: str = ""  # the reason why the real preview cannot have the change
    setting: str = ""  # filled in by the row

    @property
    def path(self) -> str:
        """The path, as `pulumi config set --path` takes it."""
        return concrete(self.setting)

    def before(self) -> dict[str, Any]:
        """The configuration that is changed."""
        return with_all(self.base.before, self.also)

    def after(self) -> dict[str, Any]:
        """The configuration with the other value."""
        return changed(self.before(), self.path, self.value)

    def all_secrets(self) -> dict[str, str]:
        """The secrets that the configuration needs, with those of the change."""
        return secrets_for(self.base.before) | dict(self.secrets)


@dataclass(frozen=True)
class Row:
    """One setting."""

    path: str  # as docs/settings.md names it
    values: Values
    change: Change | str  # or the reason why the setting has no change that a preview could show
    required: bool = False
    formerly: Sequence[str] = ()  # former paths: a configuration with one is refused by a line with the path of today

    @property
    def changes(self) -> list[Change]:
        """The change with the path of the row; none for a row with a reason."""
        return [] if isinstance(self.change, str) else [replace(self.change, setting=self.path)]


def on(base: Base, *rows: Row) -> list[Row]:
    """Rows whose values and changes are those of another base."""
    return [
        replace(
            row,
            values=replace(row.values, base=base),
            change=row.change if isinstance(row.change, str) else replace(row.change, base=base),
        )
        for row in rows
    ]
