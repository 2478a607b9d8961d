"""The pages of documentation: links that lead somewhere, and a way to each page."""

import re
from pathlib import Path

from tests.support.rows import rows

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted((CHECKOUT / "docs").glob("*.md"))
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


@rows("page", [CHECKOUT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "# It's one\n[a](page.md#its-one) [b](#its-one) [c](none.md) [d](#two) `x](y)` [e](https://e.org)\n"
    page.write_text(text, encoding="utf-8")
    assert broken(page) == ["none.md#", "#two"]


def test_every_page_is_linked_from_the_readme() -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    linked = {path for path, _ in LINK.findall(text) if path.startswith("docs/")}
    assert {f"docs/{page.name}" for page in PAGES} - linked == set()
