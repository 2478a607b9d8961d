"""tests/support/ports.py: a port of a test is its own; no test frees a port and hopes that it stays free."""

import ast
import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import CHECKOUT
from tests.support.ports import reserved_port

OPENS = {"socket", "create_server"}


def test_reserved_port_refuses_until_somebody_listens_on_it() -> None:
    with reserved_port() as port, socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            pass


def test_reserved_port_is_nobody_elses() -> None:
    with reserved_port() as port, socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with reserved_port() as another:
            assert another != port


def freed(file: Path) -> Iterator[int]:
    """Yield the lines at which a module takes the port of a socket that is closed when the port is used."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        for block in (node for node in ast.walk(function) if isinstance(node, ast.With)):
            sockets = {
                item.optional_vars.id
                for item in block.items
                if isinstance(item.context_expr, ast.Call)
                and ast.unparse(item.context_expr.func).rpartition(".")[2] in OPENS
                and isinstance(item.optional_vars, ast.Name)
            }
            asked = [f"{name}.getsockname()" for name in sockets]
            for node in ast.walk(block):
                if not any(text in ast.unparse(node) for text in asked):
                    continue
                if isinstance(node, ast.Return):
                    yield node.lineno
                elif isinstance(node, ast.Assign | ast.AnnAssign):
                    yield from used_after(function, block, node)


def used_after(function: ast.AST, block: ast.With, taken: ast.Assign | ast.AnnAssign) -> Iterator[int]:
    """Yield the lines at which a name of the port leaves its block, or is used behind that."""
    stored = [node for node in ast.walk(taken) if isinstance(getattr(node, "ctx", None), ast.Store)]
    names = {node.id for node in stored if isinstance(node, ast.Name)}
    if any(isinstance(node, ast.Attribute) for node in stored):
        yield taken.lineno
    for node in ast.walk(block):
        if isinstance(node, ast.Return) and names & {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}:
            yield node.lineno
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in names and node.lineno > (block.end_lineno or 0):
            yield node.lineno


def test_no_module_uses_the_port_of_a_socket_that_it_has_closed() -> None:
    files = (CHECKOUT / "tests").rglob("*.py")
    found = [f"{file.relative_to(CHECKOUT)}:{line}" for file in files for line in freed(file)]
    assert found == [], "take the port from tests/support/ports.py"


CLOSED = """
def {name}(self):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        {taken}
    {used}
"""


@pytest.mark.parametrize(
    ("taken", "used", "lines"),
    [
        ("return free.getsockname()[1]", "pass", [5]),
        ("port = free.getsockname()[1]", "run(port)", [6]),
        ("port: int = free.getsockname()[1]; return port", "pass", [5]),
        ("self.port = free.getsockname()[1]", "pass", [5]),
        ("yield free.getsockname()[1]", "pass", []),
        ("port = free.getsockname()[1]; run(port)", "pass", []),
    ],
)
def test_port_of_a_closed_socket_is_found(tmp_path: Path, taken: str, used: str, lines: list[int]) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(CLOSED.format(name="it", taken=taken, used=used))
    assert list(freed(file)) == lines
