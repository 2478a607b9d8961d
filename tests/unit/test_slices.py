"""tests/slices.py: each slow suite is in one slice, and which one depends on the seed alone."""

import pytest

from tests.slices import chosen

FILES = [f"test_{letter}.py" for letter in "abcdefgh"]


@pytest.mark.parametrize("seed", ["", "a commit", "another"])
@pytest.mark.parametrize("count", [1, 3, 8])
def test_the_slices_have_every_file_once(seed: str, count: int) -> None:
    slices = [chosen(FILES, f"{number}/{count}", seed) for number in range(1, count + 1)]
    assert sorted(file for one in slices for file in one) == FILES


def test_the_same_seed_deals_the_same_and_another_one_otherwise() -> None:
    assert chosen(FILES, "1/3", "a") == chosen(list(reversed(FILES)), "1/3", "a")
    assert len({frozenset(chosen(FILES, "1/3", str(seed))) for seed in range(9)}) > 1


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "1/0", "a/b"])
def test_what_is_no_slice_is_refused(part: str) -> None:
    with pytest.raises(pytest.UsageError, match="allowed: <number>/<count>"):
        chosen(FILES, part, "")
