"""Blocks of code in the pages, and the commands in them.

A block that begins with ```console is a session: `$ ` begins a command of the reader, `# ` one of root on a machine.
All other lines are what the command prints. Blocks of all other languages hold no commands.

A comment of the page's source before a block says what tests do with it:

    <!-- not run: reason -->           no test runs the block; the reason is one of REASONS in test_pages_commands.py
    <!-- fails: what it shows -->      the last command of the block fails, on purpose
    <!-- output not compared: reason --> the commands run, and print something else than the page has
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SESSION = "console"
FENCE = re.compile(r"^( *)```([\w-]*)\s*$")
REMARK = re.compile(r"<!-- (not run|fails|output not compared): (.*?) -->", re.DOTALL)
CONTINUES = re.compile(r"(\\|\||&&)$")
HERE_DOCUMENT = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")


@dataclass(frozen=True)
class Command:
    """A command of a session, and the lines that the page shows as its output."""

    text: str  # as a shell reads it: with all of its lines, without the prompt
    line: int  # number of its first line in the page
    prompt: str  # "$" or "#"
    output: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A block of code in a page."""

    page: Path
    line: int  # number of the line after its fence
    language: str
    lines: tuple[str, ...]
    remarks: dict[str, str] = field(default_factory=dict)  # such as {"not run": "needs Nuvla"}

    @property
    def is_run(self) -> bool:
        """Whether tests run the commands."""
        return "not run" not in self.remarks

    def commands(self) -> list[Command]:
        """Return the commands of a session.

        Errors: `ValueError` if the session begins with something else than a prompt.
        """
        found: list[Command] = []
        if self.language != SESSION:
            return found
        rest = list(enumerate(self.lines, self.line))
        while rest:
            number, first = rest.pop(0)
            if not re.match(r"[$#] ", first):
                raise ValueError(f"{self.page.name}:{number}: a session begins with `$ `: {first!r}")
            lines = [first[2:]]
            while rest and is_incomplete("\n".join(lines)):
                lines.append(rest.pop(0)[1])
            output = []
            while rest and not re.match(r"[$#] ", rest[0][1]):
                output.append(rest.pop(0)[1])
            found.append(Command("\n".join(lines), number, first[0], tuple(output)))
        return found


def is_incomplete(text: str) -> bool:
    """Return whether a shell would read another line: after `|`, in quotes, in a here-document."""
    lines = text.splitlines()
    for word in HERE_DOCUMENT.findall(lines[0].replace("<<<", "")):
        return word not in lines[1:]
    if CONTINUES.search(lines[-1]):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of code of a page, with the remarks before each.

    Errors: `ValueError` if a block has no end.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    before: list[str] = []  # the comments between the text above and the block
    start, language, indent, inside, in_comment = 0, "", "", False, False
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if inside and line.strip() == "```":
            inside = False
            taken = tuple(one.removeprefix(indent) for one in lines[start - 1 : number - 1])
            yield Block(page, start, language, taken, _remarks("\n".join(before)))
            before = []
        elif inside or not line.strip():
            continue
        elif fence:
            start, language, indent, inside = number + 1, fence[2], fence[1], True
        elif in_comment or line.startswith("<!-- "):
            before.append(line)
            in_comment = not line.rstrip().endswith("-->")
        else:
            before = []
    if inside:
        raise ValueError(f"{page.name}:{start}: the block has no end")


def _remarks(text: str) -> dict[str, str]:
    return {kind: " ".join(reason.split()) for kind, reason in REMARK.findall(text)}


def sessions(page: Path) -> list[Block]:
    """Return the blocks of a page that hold commands."""
    return [block for block in blocks(page) if block.language == SESSION]
