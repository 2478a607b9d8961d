"""tests/pages/blocks.py finds the commands of a page, what they print, and what is said of them."""

from pathlib import Path

import pytest

from tests.pages.blocks import Block, blocks, is_incomplete, sessions
from tests.support.rows import rows

PAGE = """# Title

Text.

```console
$ make up STACK=prod
creates the stack prod
$ openssl s_client </dev/null |
    openssl x509
$ cat <<'END'
$ not a command
END
printed
```

<!-- not run: needs Nuvla -->

```console
# reboot
```

<!-- fails: a mistake
     of two lines -->
<!-- output not compared: dates -->
```console
$ make down
```

<!-- not run: too far away -->
Text between.

```yaml
a: b
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_session_has_commands_with_all_their_lines_and_their_output(page: Path) -> None:
    first = sessions(page)[0]
    assert [(one.text, one.line, one.output) for one in first.commands()] == [
        ("make up STACK=prod", 6, ("creates the stack prod",)),
        ("openssl s_client </dev/null |\n    openssl x509", 8, ()),
        ("cat <<'END'\n$ not a command\nEND", 10, ("printed",)),
    ]


def test_remarks_are_those_right_before_a_block(page: Path) -> None:
    assert [(block.language, block.remarks, block.is_run) for block in blocks(page)] == [
        ("console", {}, True),
        ("console", {"not run": "needs Nuvla"}, False),
        ("console", {"fails": "a mistake of two lines", "output not compared": "dates"}, True),
        ("yaml", {}, True),
    ]


def test_prompt_of_root_is_kept(page: Path) -> None:
    assert [command.prompt for block in sessions(page) for command in block.commands()] == ["$", "$", "$", "#", "$"]


def test_session_that_begins_with_output_is_refused(page: Path) -> None:
    block = Block(page, 7, "console", ("printed", "$ make up"))
    with pytest.raises(ValueError, match=r"page\.md:7: a session begins with `\$ `: 'printed'"):
        block.commands()


def test_block_without_an_end_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n```console\n$ make up\n")
    with pytest.raises(ValueError, match=r"page\.md:3: the block has no end"):
        list(blocks(page))


@rows(
    "text, expected",
    [
        ("make up", False),
        ("a \\", True),
        ("a |", True),
        ("a | b", False),
        ("echo 'one", True),
        ("echo 'one\ntwo'", False),
        ("cat <<E", True),
        ("cat <<E\nE", False),
        ("cat <<<word", False),
    ],
)
def test_shell_would_read_another_line(text: str, expected: bool) -> None:
    assert is_incomplete(text) is expected
