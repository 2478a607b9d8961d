"""Command that measures the program beside a baseline script, and prints the tables of docs/performance.md."""

import argparse
import signal
import sys
from types import FrameType

from bench.machine import Quiet, description
from bench.measure import Bench
from bench.report import PARTS, lives
from tests.support.interrupts import hear_interrupts


def stop(_signal: int, _frame: FrameType | None) -> None:
    """Exit so that the bench removes the infrastructure."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # `timeout` sends two signals; the second would interrupt the removal
    sys.exit("bench: ended by a signal")


def main() -> None:
    """Measure the parts that the command line names, and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"any of life, {', '.join(PARTS)}; all by default")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is shown")
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait before each for a quiet computer")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    hear_interrupts()
    quiet = Quiet(arguments.patience)
    bench = Bench(quiet)
    print(f"{description(bench.settings)}")
    parts = arguments.parts or ["life", *PARTS]
    if "life" in parts:
        lives(bench, arguments.runs)
    for name, part in PARTS.items():
        if name in parts:
            part(bench)
    print(f"\n{quiet}.")


if __name__ == "__main__":
    main()
