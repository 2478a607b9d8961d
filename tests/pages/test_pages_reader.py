"""tests/pages/reader.py runs the commands of a page as a reader would."""

from pathlib import Path

import pytest

from tests.pages.reader import new_environment, read_page
from tests.pages.walks import Walk

PAGE = """# A page

```console
$ export COLOUR=blue
$ read -rsp 'word: ' WORD
$ echo "$COLOUR $WORD"
green secret
$ cat <<'END'
$ not run
END
```

<!-- fails: there is no such file -->

```console
$ ls /nowhere
```

<!-- not run: needs Exoscale -->

```console
$ exit 3
```

```console
$ cd /tmp && [ -t 0 ] && [ -z "${LEFT_OVER:-}" ] && pwd
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_reader_runs_the_commands_in_one_new_shell_at_a_terminal(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEFT_OVER", "of another shell")
    folder = tmp_path / "clone"
    folder.mkdir()
    walk = Walk("here", before=("mkdir before",), edits=("^export",), answers={"^read": "secret"})
    ran = list(read_page(page, folder, new_environment({}), walk, edits=["COLOUR=green"]))
    assert [(one.command.text.splitlines()[0], one.code) for one in ran] == [
        ("export COLOUR=blue", 0),
        ("read -rsp 'word: ' WORD", 0),
        ('echo "$COLOUR $WORD"', 0),
        ("cat <<'END'", 0),
        ("ls /nowhere", 2),
        ('cd /tmp && [ -t 0 ] && [ -z "${LEFT_OVER:-}" ] && pwd', 0),
    ]
    assert [one.text for one in ran][2:4] == ["green secret\n", "$ not run\n"]
    assert (folder / "before").is_dir()


def test_failure_before_the_page_is_an_error(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    folder.mkdir()
    with pytest.raises(AssertionError, match=r"ls /nothing\n.*No such file"):
        next(read_page(page, folder, new_environment({}), Walk("here", before=("ls /nothing",))))
