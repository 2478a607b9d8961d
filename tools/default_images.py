"""Command that prints the default image of each setting `images.<key>`, one `<key>=<image>` a line, or of one KEY."""

import sys

from stacks.config.images import ImagesSettings


def lines(key: str = "") -> list[str]:
    """Return the lines in the order of the settings; with a key, its image alone, or nothing if no setting has it."""
    images = dict(ImagesSettings())
    if key:
        return [str(images[key])] if key in images else []
    return [f"{name}={image}" for name, image in images.items()]


if __name__ == "__main__":
    print(*lines(*sys.argv[1:2]), sep="\n")
