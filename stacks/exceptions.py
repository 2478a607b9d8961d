"""Exceptions from the rules: what of the setting is wrong, and the end of each refusing line."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pulumi

from components.rule import Rule

MOST_DAYS = 7  # that an exception may hold: nobody leaves one in the settings for good


def today() -> date:
    """Return the present day, of UTC, so that it is the same for all operators of a stack."""
    return datetime.now(UTC).date()


def mistakes(exceptions: Mapping[str, str], rules: Sequence[Rule[Any]], now: date) -> Iterator[str]:
    """Yield a line for each exception of an unknown rule, of a rule that has none, or of a wrong day."""
    known = {rule.id: rule for rule in rules}
    having = ", ".join(sorted(rule.id for rule in rules if rule.has_exception))
    latest = now + timedelta(MOST_DAYS)
    for name, day in exceptions.items():
        path = f"exceptions.{name}"
        if name not in known:
            yield f"{path}: {day} given, and these machines have no such rule; allowed: {having}"
        elif not known[name].has_exception:
            yield f"{path}: {day} given, and this rule has no exception; allowed: {having}"
        elif date.fromisoformat(day) < now:
            yield (
                f"{path}: {day} given, which is over; allowed: a day from {now} to {latest}; remove it: {removal(name)}"
            )
        elif date.fromisoformat(day) > latest:
            yield f"{path}: {day} given, which is more than {MOST_DAYS} days ahead; allowed: {now} to {latest}"


def removal(name: str) -> str:
    """Return the command that removes an exception."""
    return f"`pulumi config rm --stack {pulumi.get_stack()} --path nuvla-swarm:exceptions.{name}`"


def ending(rule: Rule[Any], now: date) -> str:
    """Return the end of a line that refuses: the rule, and the setting of its exception."""
    if not rule.has_exception:
        return f" (rule {rule.id}, which has no exception)"
    day = now + timedelta(1)
    return f" (rule {rule.id}; to allow it up to and including {day}, set exceptions.{rule.id}: {day})"
