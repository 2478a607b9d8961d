"""Measures the speed of the program and of a script that does the same; prints the tables of docs/performance.md."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from statistics import median
from types import FrameType

from bench.kinds import life, previews
from bench.machine import Quiet, description
from bench.measure import BOOT_S, Bench, Life, Up, say
from bench.objects import SIZE
from bench.timeline import chain, chart

SIZES = (6,)
SLOW_SIZES = (3,)
PREVIEWED = {3: "8 s", 25: "12 s"}  # machines on Exoscale
ROUNDS = 5  # of S3
SHOWN = 10  # programs by their memory
MIB = 1024  # KiB


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"\n## {title}\n")
    for row in (head, ["---", *["---:"] * (len(head) - 1)], *rows):
        print(f"| {' | '.join(row)} |")


def seconds(value: float) -> str:
    return f"{value:.1f} s"


def compared(what: str, up: Up, script_s: float) -> list[str]:
    ratio = up.healthy_s / script_s
    return [what, seconds(up.healthy_s), seconds(up.returns_s), seconds(script_s), f"{ratio:.2f}"]


COMPARED = ["machines", "program: all is well", "program: `up` returns", "script: all is well", "ratio"]


def middle(ups: Sequence[Up]) -> Up:
    return Up(median(up.healthy_s for up in ups), median(up.returns_s for up in ups))


def lives(bench: Bench, runs: int) -> None:
    """Tables 1 and 2, whose runs alternate, so that both see the same machine."""
    made: list[Life] = []
    script: list[float] = []
    for number in range(1, runs + 1):
        say(f"three machines, run {number} of {runs}")
        script.append(bench.script(3))
        made.append(bench.life())

    def row(what: str, limit: str, value: Callable[[Life], float]) -> list[str]:
        values = [value(life) for life in made]
        return [what, seconds(median(values)), f"{min(values):.1f} to {max(values):.1f}", limit]

    table(
        f"The program, three machines, median of {runs}",
        ["", "took", "range", "limit"],
        [
            row("`up` from nothing, until all is well", "60 s", lambda life: life.up.healthy_s),
            row("`up` from nothing, until it returns", "", lambda life: life.up.returns_s),
            row("second `up`", "8 s", lambda life: life.second_up_s),
            row("second `make up`: refreshes the machines too, shows the status", "", lambda life: life.make_up_s),
            row("preview without changes", "6 s", lambda life: life.preview_s),
            row("a line of `prometheus.yml` changed", "12 s", lambda life: life.line_changed_s),
            row("worker added, 2 to 3", "15 s", lambda life: life.worker_added_s),
            row("`destroy`", "20 s", lambda life: life.destroy_s),
        ],
    )
    title = f"The yardstick: a shell script, one step after the other, median of {runs}"
    table(title, COMPARED, [compared("3", middle([life.up for life in made]), median(script))])


def sizes(bench: Bench) -> None:
    rows = []
    for machines in SIZES:
        say(f"{machines} machines")
        rows.append(compared(str(machines), bench.program(machines), bench.script(machines)))
    table("More machines, one run each", COMPARED, rows)


def slow(bench: Bench) -> None:
    rows = []
    with bench.slow_image() as image:
        for machines in SLOW_SIZES:
            say(f"{machines} machines that boot for {BOOT_S} s")
            rows.append(compared(str(machines), bench.program(machines, image), bench.script(machines, image)))
    table(f"Machines that take {BOOT_S} s to boot, one run each", COMPARED, rows)


def steps(bench: Bench) -> None:
    say("steps of an update")
    up, made = bench.steps(3)
    print("\n## Where the time goes\n")
    print(f"All was well after {seconds(up.healthy_s)}. `#` decides how long it takes, `-` runs beside that.\n")
    print("\n".join(["```", *chart(made), "```"]))
    links = chain(made)
    rows = [
        [
            link.step.name,
            seconds(link.step.start_s),
            seconds(link.waited_s),
            seconds(link.took_s),
            seconds(link.step.provider_wait_s) if link.step.provider_wait_s else "",
        ]
        for link in links
    ]
    head = ["step", "start", "waited for its turn", "took", "of it the provider's fixed wait"]
    table("The chain that decides", head, rows)
    fixed_s = sum(link.step.provider_wait_s for link in links)
    print(f"\nThe provider's fixed waits are {fixed_s:.0f} of {seconds(up.returns_s)}: {fixed_s / up.returns_s:.0%}.")


def memory(bench: Bench) -> None:
    say("memory of three machines")
    used = bench.memory(3)
    rows = [[name, f"{kib / MIB:.0f} MiB"] for name, kib in used.most_common(SHOWN)]
    rest = used.total() - sum(kib for _, kib in used.most_common(SHOWN))
    rows += [
        ["everything else", f"{rest / MIB:.0f} MiB"],
        ["**together**; the limit is 3072 MiB", f"{used.total() / MIB:.0f} MiB"],
    ]
    table("Memory of three machines", ["program", "uses"], rows)


def objects(bench: Bench) -> None:
    say(f"an object of {SIZE // 2**20} MiB over S3")
    made = bench.objects(ROUNDS)
    copy_s = median(transfer.copy_s for transfer in made)
    rows = []
    for what, values in (
        ("plain copy", [transfer.copy_s for transfer in made]),
        ("put", [transfer.put_s for transfer in made]),
        ("get", [transfer.get_s for transfer in made]),
    ):
        middle_s = median(values)
        rate = f"{SIZE / 2**20 / middle_s:.0f} MiB/s"
        rows.append(
            [what, seconds(middle_s), f"{min(values):.1f} to {max(values):.1f}", rate, f"{middle_s / copy_s:.2f}"]
        )
    title = f"S3 through Traefik: an object of {SIZE // 2**20} MiB, median of {ROUNDS}"
    table(title, ["", "took", "range", "rate", "ratio"], rows)


def kinds(bench: Bench) -> None:
    rows = []
    for provider in ("local", "exoscale"):
        for kind in ("target", "host"):
            made = life(bench.quiet, kind, provider)
            values = (made.up_s, made.second_up_s, made.preview_s, made.destroy_s)
            rows.append([f"{kind} on {provider}", *map(seconds, values)])
    head = ["three machines", "`up`", "second `up`", "preview", "`destroy`"]
    table("Both kinds, one run each; Exoscale is the stand-in", head, rows)


def exoscale(bench: Bench) -> None:
    rows = []
    for machines, limit in PREVIEWED.items():
        made = previews(bench.quiet, machines)
        first, unchanged = f"{made.first_calls} calls", f"{made.unchanged_calls} calls"
        rows.append([str(machines), seconds(made.first_s), first, seconds(made.unchanged_s), unchanged, limit])
    head = ["machines", "first preview", "of Exoscale's API", "unchanged", "of Exoscale's API", "limit"]
    table("Previews of a target on Exoscale, one run each", head, rows)


PARTS: dict[str, Callable[[Bench], None]] = {
    "sizes": sizes,
    "slow": slow,
    "steps": steps,
    "memory": memory,
    "s3": objects,
    "kinds": kinds,
    "exoscale": exoscale,
}


def stop(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # `timeout` sends two, of which the second would end the removal
    sys.exit("bench: ended by a signal")  # so that what was made is removed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"any of life, {', '.join(PARTS)}; all by default")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is shown")
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait before each for a quiet computer")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    quiet = Quiet(given.patience)
    bench = Bench(quiet)
    print(f"{description(bench.settings)}")
    wanted = given.parts or ["life", *PARTS]
    if "life" in wanted:
        lives(bench, given.runs)
    for name, part in PARTS.items():
        if name in wanted:
            part(bench)
    print(f"\n{quiet}.")


if __name__ == "__main__":
    main()
