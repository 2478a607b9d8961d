"""What `make up` says after a repair: that nothing is left to do."""

from tests.e2e.harness import Result, Stack


def update_of(result: Result) -> Result:
    """Return what a successful `make up` printed of its last update, which follows the refresh of local machines."""
    assert result.code == 0, result.text
    return Result(result.code, result.text.rpartition("Updating (")[2])


def assert_settled(target: Stack, preferred: str, used: str) -> None:
    """Assert that the next `make up` changes nothing, or only returns to the preferred API manager, and says so."""
    second = target.make("up")
    if used != preferred:
        returns = f"this update works through {preferred}, the last one worked through {used}"
        assert returns in second.text, second.text
        touched = update_of(second).touched()
        assert not [name for name in touched if name.endswith(("-service", "-disk"))], second.text
        second = target.make("up")
    assert "swarm.api_manager" not in second.text, second.text
    assert update_of(second).touched() == set(), second.text
