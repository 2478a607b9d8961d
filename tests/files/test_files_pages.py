"""The pages of documentation: links that lead somewhere, a way to each page, and paths and commands that exist."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.checkout import CHECKOUT, tracked
from tests.support.rows import rows

PAGES = sorted((CHECKOUT / "docs").rglob("*.md"))
EVERY_PAGE = [CHECKOUT / path for path in tracked("*.md")]
GOALS = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
FOLDERS = sorted({path.split("/")[0] for path in tracked() if "/" in path})
PATH = re.compile(
    rf"(?<![\w./:~$}}>-])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*|requirements[\w-]*\.(?:in|txt))([<*{{$]?)"
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
ABSOLUTE = re.compile(r"\]\((https?:[^)\s]*)\)|<(https?:[^>\s]*)>")
OWN = re.compile(r"https://github\.com/[\w.-]+/nuvla-swarm/(?:blob|tree)/[^/]+/([^#]*)(?:#(.*))?")  # of any owner
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
PROGRAM = ("components", "stacks", "tools", "examples", "Makefile", "__main__.py")
POINTER = re.compile(r"\bdocs/([\w/-]+\.md)(?:#([a-z0-9-]+))?")  # in messages and comments


def anchors(page: Path) -> set[str]:
    """What can stand behind `#`, as GitHub makes it from headings."""
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """Links of a page that lead nowhere."""
    found = []
    for path, anchor in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(f"{path}#{anchor}")
    return found


def malformed(page: Path) -> list[str]:
    """Absolute links of a page that are not by https, or lead into this repository to what is not there."""
    found = []
    for link in ("".join(groups) for groups in ABSOLUTE.findall(CODE.sub("", page.read_text(encoding="utf-8")))):
        address = urlsplit(link)
        own = OWN.fullmatch(link)
        target = CHECKOUT / own[1] if own else None
        is_there = target is None or (target.exists() and (not own or not own[2] or own[2] in anchors(target)))
        if address.scheme != "https" or not re.fullmatch(r"([\w-]+\.)+[a-z]{2,}", address.netloc) or not is_there:
            found.append(link)
    return found


def linked(page: Path) -> set[Path]:
    """Return the pages that a page links to."""
    found = {path for path, _ in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))) if path.endswith(".md")}
    return {target for path in found if (target := (page.parent / path).resolve()).exists()}


def named_paths(page: Path) -> list[str]:
    """Return the paths of the checkout in the code of a page; a placeholder ends a path at the folder before it."""
    found = []
    for code in CODE.findall(page.read_text(encoding="utf-8")):
        for path, placeholder in PATH.findall(code):
            found.append(path.rpartition("/")[0] if placeholder else path.rstrip("."))
    return found


@rows("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_of_every_page_resolve(page: Path) -> None:
    assert broken(page) == []


def test_broken_links_are_detected(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "# It's one\n[a](page.md#its-one) [b](#its-one) [c](none.md) [d](#two) `x](y)` [e](https://e.org)\n"
    page.write_text(text, encoding="utf-8")
    assert broken(page) == ["none.md#", "#two"]


@rows("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_absolute_links_have_a_form_that_can_work(page: Path) -> None:
    assert malformed(page) == []


def test_malformed_absolute_links_are_detected(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    own = "https://github.com/some/nuvla-swarm/blob/main"
    page.write_text(
        f"[a](https://example.org/x#y) <https://example.org> [b](http://example.org) [c](https://localhost/x)\n"
        f"[d]({own}/README.md#two-commands) [e]({own}/NONE.md) [f]({own}/README.md#none) `[g](http://x)`\n"
    )
    wrong = ["http://example.org", "https://localhost/x", f"{own}/NONE.md", f"{own}/README.md#none"]
    assert malformed(page) == wrong


@rows("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_page_names_paths_and_goals_of_make_that_exist(page: Path) -> None:
    was = page.name == "CHANGELOG.md"  # which names files that were removed
    missing = [path for path in named_paths(page) if not was and not (CHECKOUT / path).exists()]
    assert missing == [], f"mend the paths in {page.relative_to(CHECKOUT)}"
    # `make fmt lint unit` names three goals.
    runs = re.findall(r"`make ([a-z -]+)", page.read_text(encoding="utf-8"))
    assert {goal for words in runs for goal in words.split()} - GOALS == set()


def pointers(text: str) -> set[tuple[str, str]]:
    """Return the pages, and the anchors in them, that messages and comments of the program name."""
    return set(POINTER.findall(text))


def test_program_names_pages_and_anchors_that_exist() -> None:
    named = {
        (path, page, anchor)
        for path in tracked(*PROGRAM)
        if path.endswith((".py", ".sh", ".yml", ".yaml", ".lua", ".md", "Makefile"))
        for page, anchor in pointers((CHECKOUT / path).read_text(encoding="utf-8"))
    }
    missing = {
        (path, page, anchor)
        for path, page, anchor in named
        if not (CHECKOUT / "docs" / page).is_file() or (anchor and anchor not in anchors(CHECKOUT / "docs" / page))
    }
    assert missing == set(), "mend what these files say"


def test_pages_that_a_program_names_are_seen() -> None:
    assert pointers("see docs/a.md#b-1, docs/c/d.md.") == {("a.md", "b-1"), ("c/d.md", "")}


def test_paths_of_a_page_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`tools/setup.sh` `components/<x>/settings.py` tools/none `docs/a*.md` `a/b` `/x/docs/y` `requirements.in`\n"
        '```console\n$ make unit ARGS="tests/unit -n 0"\n```\n'
    )
    assert named_paths(page) == ["tools/setup.sh", "components", "docs", "requirements.in", "tests/unit"]


def test_every_page_is_linked_from_the_readme() -> None:
    top = {page for page in PAGES if page.parent.name == "docs"}
    assert top - linked(CHECKOUT / "README.md") == set(), "add a link to README.md"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set(), {CHECKOUT / "README.md"}
    while new:
        reached |= new
        new = {page for known in new for page in linked(known)} - reached
    assert set(PAGES) - reached == set(), "add a link to README.md, or to a page that is reached from there"
