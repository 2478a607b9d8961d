"""The pages of documentation: links that lead somewhere, and a way to each page."""

import re
from pathlib import Path

from tests.support.rows import rows

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted((CHECKOUT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


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


def linked(page: Path) -> set[Path]:
    """Return the pages that a page links to."""
    found = {path for path, _ in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))) if path.endswith(".md")}
    return {target for path in found if (target := (page.parent / path).resolve()).exists()}


@rows("page", [CHECKOUT / "README.md", *PAGES], ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_of_every_page_resolve(page: Path) -> None:
    assert broken(page) == []


def test_broken_links_are_detected(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "# It's one\n[a](page.md#its-one) [b](#its-one) [c](none.md) [d](#two) `x](y)` [e](https://e.org)\n"
    page.write_text(text, encoding="utf-8")
    assert broken(page) == ["none.md#", "#two"]


def test_every_page_is_linked_from_the_readme() -> None:
    top = {page for page in PAGES if page.parent.name == "docs"}
    assert top - linked(CHECKOUT / "README.md") == set(), "add a link to README.md"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set(), {CHECKOUT / "README.md"}
    while new:
        reached |= new
        new = {page for known in new for page in linked(known)} - reached
    assert set(PAGES) - reached == set(), "add a link to README.md, or to a page that is reached from there"
