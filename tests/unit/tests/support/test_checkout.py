"""tests/support/checkout.py: copies of what other tests run from at the same time."""

from pathlib import Path

from tests.support.checkout import CHECKOUT, copy_part


def test_compiled_modules_are_copied_and_those_that_are_being_written_are_not(tmp_path: Path) -> None:
    cache = tmp_path / "of/__pycache__"
    cache.mkdir(parents=True)
    for name in ("a.cpython-311.pyc", "b.cpython-311.pyc.140234567"):
        (cache / name).touch()
    copy_part(tmp_path / "of", tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy/__pycache__").iterdir()] == ["a.cpython-311.pyc"]


def test_file_is_copied_below_folders_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    copy_part(tmp_path / "file", tmp_path / "some/where/file")
    assert (tmp_path / "some/where/file").read_text() == "text"


def test_folders_are_copied_by_this_module_alone() -> None:
    own = {CHECKOUT / "tests/support/checkout.py", Path(__file__)}
    files = set((CHECKOUT / "tests").rglob("*.py")) - own
    assert [str(file) for file in files if "copytree" in file.read_text()] == [], "copy by tests/support/checkout.py"
