"""Rules, scrape jobs and dashboards of a stack's own, as files of the checkout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from components.assets import COMPONENTS

CHECKOUT = COMPONENTS.parent
SUFFIXES = {"rules": (".yaml", ".yml"), "scrape": (".yaml", ".yml"), "dashboards": (".json",)}  # by folder
LARGEST_BYTES = 500 * 1024  # of a config of a swarm, in the oldest engine that the program installs
NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


@dataclass(frozen=True)
class OwnFiles:
    """The texts of the files, by name, with the line ends of Linux. No two names differ in their suffix alone."""

    rules: Mapping[str, str] = field(default_factory=dict)
    scrape: Mapping[str, str] = field(default_factory=dict)
    dashboards: Mapping[str, str] = field(default_factory=dict)

    def shown(self) -> list[str]:
        """Return the kind and name of each file, as a preview shows them."""
        kinds = {"rules": self.rules, "scrape": self.scrape, "dashboards": self.dashboards}
        return [f"{kind}/{name}" for kind, texts in kinds.items() for name in texts]


def by_stem(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts by the names of their files without suffix."""
    return {Path(name).stem: text for name, text in texts.items()}


class UnusableFileError(Exception):
    """A file that cannot be one of a service's; the text is the reason."""


def read(folder: str | None, checkout: Path = CHECKOUT) -> tuple[OwnFiles, list[str]]:
    """Return the files in a folder of the checkout, and a line for each that cannot be read.

    The lines name files relative to the checkout.
    """
    if folder is None:
        return OwnFiles(), []
    problems: list[str] = []
    found: dict[str, dict[str, str]] = {kind: {} for kind in SUFFIXES}
    root = checkout / folder
    if not root.is_dir() or not root.resolve().is_relative_to(checkout.resolve()):
        return OwnFiles(), [f"{folder}: is no folder of this checkout; allowed: one with {_listed(SUFFIXES)} in it"]
    for entry in _entries(root):
        if entry.name not in SUFFIXES or entry.is_symlink() or not entry.is_dir():
            problems.append(
                f"{folder}/{entry.name}: is not used; allowed: folders named {_listed(SUFFIXES)}, README.md"
            )
            continue
        for file in _entries(entry):
            try:
                if file.stem in {Path(name).stem for name in found[entry.name]}:
                    raise UnusableFileError("has the name of another file but for its suffix; allowed: another name")
                found[entry.name][file.name] = _read(file, SUFFIXES[entry.name])
            except (UnusableFileError, OSError) as reason:
                problems.append(f"{folder}/{entry.name}/{file.name}: {reason}")
    if not problems and not any(found.values()):
        problems.append(f"{folder}: has no files; allowed: a folder with files in {_listed(SUFFIXES)}")
    return OwnFiles(**found), problems


def _entries(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder, but for hidden files and the page that explains it."""
    yield from sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.name != "README.md")


def _read(file: Path, suffixes: tuple[str, ...]) -> str:
    """Return the text of a file."""
    if file.is_symlink():
        raise UnusableFileError("is a symbolic link; allowed: the file itself")
    if not file.is_file():
        raise UnusableFileError("is no file; allowed: files directly in this folder")
    if file.suffix not in suffixes:
        raise UnusableFileError(f"has another suffix; allowed: {' or '.join(suffixes)}")
    if not set(file.name) <= NAME_CHARACTERS:
        raise UnusableFileError("has a name with other characters; allowed: letters, digits, `-`, `_` and `.`")
    content = file.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise UnusableFileError(
            f"has {len(content)} bytes; allowed: {LARGEST_BYTES}, as a swarm stores no larger one: split it"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFileError(f"is no UTF-8 at byte {error.start}; allowed: text in UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _listed(names: Mapping[str, object]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"
