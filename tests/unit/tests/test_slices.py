"""tests/slices.py: the slices of one seed have each file of the slow suites once."""

import pytest

from tests.slices import select_slice

FILES = [f"test_{letter}.py" for letter in "abcdefgh"]


def test_slices_of_one_seed_have_each_file_once() -> None:
    wrong = {}
    for seed in ("", "a commit", "another"):
        for count in (1, 3, 8):
            slices = [select_slice(FILES, f"{number}/{count}", seed) for number in range(1, count + 1)]
            if (found := sorted(file for part in slices for file in part)) != FILES:
                wrong[seed, count] = found
    assert wrong == {}


def test_the_seed_alone_decides_which_files_a_slice_has() -> None:
    assert select_slice(FILES, "1/3", "a") == select_slice(list(reversed(FILES)), "1/3", "a")
    assert len({frozenset(select_slice(FILES, "1/3", str(seed))) for seed in range(9)}) > 1


def test_malformed_slice_is_refused() -> None:
    for part in ("0/3", "4/3", "1", "1/0", "a/b"):
        with pytest.raises(pytest.UsageError, match=f"'{part}' given; allowed: <number>/<count>"):
            select_slice(FILES, part, "")
