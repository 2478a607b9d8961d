"""Command that checks images against their contracts: `python -m tools.images_check ["KEY[=IMAGE]..."]...`.

It pulls the default image of each KEY of `images.*`, or another IMAGE, and prints a line for each: that it fits, or
what it lacks. It exits with 1 if any lacks something, and otherwise with 2 if any could not be checked.
"""

import sys
from collections.abc import Iterator, Sequence

from stacks.config.images import ImagesSettings
from tools.console import fail, say
from tools.images_check import engine
from tools.images_check.contract import contracts
from tools.images_check.program import starts_of
from tools.images_check.trial import Trial, missing_commands

FITS, LACKS, UNKNOWN = 0, 1, 2


def wanted(words: Sequence[str]) -> dict[str, str]:
    """Return the image of each key that is asked for; without any, of all keys.

    Errors: SystemExit for a key that no setting has.
    """
    defaults = {key: str(image) for key, image in ImagesSettings()}
    named = dict(word.partition("=")[::2] for word in " ".join(words).split()) or dict.fromkeys(defaults, "")
    unknown = [key for key in named if key not in defaults]
    if unknown:
        fail(f"{', '.join(unknown)} given; allowed: {', '.join(defaults)}, each also as KEY=IMAGE")
    return {key: image or defaults[key] for key, image in named.items()}


def checked(key: str, image: str) -> tuple[int, list[str]]:
    """Return the exit code of an image, and the lines that say why."""
    if failure := engine.fetch(image):
        return UNKNOWN, [f"not checked, as it cannot be pulled: {failure}"]
    contract = contracts()[key]
    if missing := missing_commands(image, contract):
        return LACKS, [f"lacks the command {name}" for name in missing]
    trials = [Trial(image=image, contract=contract, start=start) for start in starts_of(key)]
    problems = list(dict.fromkeys(problem for trial in trials for problem in trial.problems()))
    if problems:
        return LACKS, [f"lacks: {problem}" for problem in problems]
    notes = dict.fromkeys(note for trial in trials for note in trial.notes)
    return FITS, ["fits", *(f"fits, and says: {note}" for note in notes)]


def lines(images: dict[str, str], codes: list[int]) -> Iterator[str]:
    """Yield a line for each image, and further ones for what it lacks; add its exit code to the codes."""
    for key, image in images.items():
        code, texts = checked(key, image)
        codes.append(code)
        yield from (f"{key:<23} {image:<50} {text}" for text in texts)


def main(words: Sequence[str]) -> int:
    """Print the lines; return the exit code."""
    images = wanted(words)
    if failure := engine.no_engine():
        say(f"error: no Docker engine answers ({failure}): start one, or set DOCKER_HOST")
        return UNKNOWN
    codes: list[int] = []
    for line in lines(images, codes):
        print(line, flush=True)
    return LACKS if LACKS in codes else max(codes, default=FITS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
