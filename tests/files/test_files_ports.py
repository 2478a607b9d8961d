"""docs/firewall.md and docs/05-target-and-host.md: their tables of ports say what components/ports.py says."""

import re
from pathlib import Path

import pytest

from components import catalog, ports
from components.ports import MachinePort, TrafficSource
from tests.support.rows import rows

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS = {"`s3.port`": str(ports.S3.number)}  # a default stands for its setting
Opened = dict[tuple[str, int], set[TrafficSource]]  # by protocol and number


def table(page: str) -> list[list[str]]:
    """Return the cells of the rows of a page's table of ports, without the row of applications."""
    text = (DOCS / page).read_text(encoding="utf-8")
    lines = re.search(r"^\| ports \| service \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert lines, f"docs/{page} has no table that begins with | ports | service |"
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1].splitlines()]
    return [row for row in cells if not row[0].startswith("`firewall.ephemeral`")]


def numbers(cell: str) -> set[tuple[str, int]]:
    """Return protocols and numbers of a cell such as `80/tcp, 7946/tcp+udp` or `111, 2049, each tcp+udp`."""
    for setting, number in SETTINGS.items():
        cell = cell.replace(setting, number)
    if each := re.fullmatch(r"([\d, ]+), each ([a-z+]+)", cell):
        cell = ", ".join(f"{number}/{each[2]}" for number in each[1].split(", "))
    found = set()
    for part in cell.split(", "):
        number, _, protocols = part.partition("/")
        found |= {(protocol, int(number)) for protocol in protocols.split("+")}
    return found


def sources(cell: str) -> set[TrafficSource]:
    named = {TrafficSource(name) for name in re.findall(r"`(\w+)`", cell)}
    return named | ({TrafficSource.CLUSTER} if "the machines" in cell else set())


def of_page(page: str, column: int) -> Opened:
    opened: Opened = {}
    for row in table(page):
        for port in numbers(row[0]) if sources(row[column]) else ():
            opened.setdefault(port, set()).update(sources(row[column]))
    return opened


def of_table(kind: str) -> Opened:
    opened: Opened = {}
    for port in catalog.port_table():
        allowed = {"target": port.on_target, "host": port.on_host}[kind]
        for protocol in port.protocols if allowed else ():
            opened.setdefault((protocol, port.number), set()).update(allowed)
    return opened


@rows(
    "page, column, kind",
    [("firewall.md", 2, "target"), ("05-target-and-host.md", 2, "target"), ("05-target-and-host.md", 3, "host")],
)
def test_table_of_ports_of_a_page_is_that_of_the_program(page: str, column: int, kind: str) -> None:
    page_says, program_says = of_page(page, column), of_table(kind)
    wrong = {
        port: f"write {program_says.get(port, 'no row')}, not {page_says.get(port, 'no row')}"
        for port in page_says.keys() | program_says.keys()
        if page_says.get(port) != program_says.get(port)
    }
    assert wrong == {}, f"mend the table of ports of a {kind} in docs/{page}"


def test_new_port_of_a_folder_is_missed_on_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    port = MachinePort(number=3100, row="logs", listener="logs", on_target=(TrafficSource.CLUSTER,))
    known = catalog.port_table()
    monkeypatch.setattr(catalog, "port_table", lambda: [*known, port])
    assert of_table("target").keys() - of_page("firewall.md", 2).keys() == {("tcp", 3100)}
