"""Command that records `make up` and `make status` in a new clone, and draws docs/pictures/first-up.svg of it.

python -m docs.recording          # records into docs/pictures/first-up.cast, on local machines, and draws
python -m docs.recording draw     # draws alone, from the recording that is there
"""

import signal
import sys
from pathlib import Path

from docs.recording import cast, drawing
from docs.recording.session import Session

PICTURES = Path(__file__).parents[1] / "pictures"
CAST, PICTURE = PICTURES / "first-up.cast", PICTURES / "first-up.svg"


def main(arguments: list[str]) -> None:
    """Record, unless told to draw alone; then draw."""
    if arguments not in ([], ["draw"]):
        sys.exit(f"{' '.join(arguments)!r} given; allowed: draw, or nothing to record first")
    if not arguments:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("recording: ended by a signal"))  # so that all is removed
        with Session() as session:
            cast.write(session.record(), CAST)
    PICTURE.write_text(drawing.draw(cast.read(CAST)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
