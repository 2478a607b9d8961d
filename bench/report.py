"""Tables of the measurements, as docs/performance.md has them."""

from collections.abc import Callable, Sequence
from statistics import median

from bench.changes import changes as measured_changes
from bench.kinds import life, previews
from bench.measure import BOOT_S, Bench, Life, Up, say
from bench.objects import SIZE
from bench.timeline import chain, chart

SIZES = (6,)  # numbers of machines
SLOW_SIZES = (3,)
PREVIEW_LIMITS = {3: "8 s", 25: "12 s"}  # number of machines on Exoscale -> limit of a preview
S3_ROUNDS = 5
LARGEST_PROGRAMS = 10  # in the table of memory
MIB = 1024  # KiB


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n## {title}\n")
    for row in (head, ["---", *["---:"] * (len(head) - 1)], *rows):
        print(f"| {' | '.join(row)} |")


def seconds(value: float) -> str:
    return f"{value:.1f} s"


def comparison(title: str, up: Up, script_s: float) -> list[str]:
    """Return a row that compares the program with the script."""
    ratio = up.healthy_s / script_s
    return [title, seconds(up.healthy_s), seconds(up.returns_s), seconds(script_s), f"{ratio:.2f}"]


COMPARISON_HEAD = ["machines", "program: all is well", "program: `up` returns", "script: all is well", "ratio"]


def median_up(ups: Sequence[Up]) -> Up:
    return Up(median(up.healthy_s for up in ups), median(up.returns_s for up in ups))


def lives(bench: Bench, runs: int) -> None:
    """Print the tables of the life of a target; runs of program and script alternate, to see the same load."""
    program: list[Life] = []
    script: list[float] = []
    for number in range(1, runs + 1):
        say(f"three machines, run {number} of {runs}")
        script.append(bench.script(3))
        program.append(bench.life())

    def row(title: str, limit: str, value: Callable[[Life], float]) -> list[str]:
        values = [value(life) for life in program]
        return [title, seconds(median(values)), f"{min(values):.1f} to {max(values):.1f}", limit]

    table(
        f"The program, three machines, median of {runs}",
        ["", "took", "range", "limit"],
        [
            row("`up` from nothing, until all is well", "50 s", lambda life: life.up.healthy_s),
            row("`up` from nothing, until it returns", "", lambda life: life.up.returns_s),
            row("second `up`", "6 s", lambda life: life.second_up_s),
            row("second `make up`: refreshes the machines too, shows the status", "", lambda life: life.make_up_s),
            row("preview without changes", "5 s", lambda life: life.preview_s),
            row("a line of `prometheus.yml` changed", "12 s", lambda life: life.line_changed_s),
            row("worker added, 2 to 3", "15 s", lambda life: life.worker_added_s),
            row("`destroy`", "20 s", lambda life: life.destroy_s),
        ],
    )
    title = f"Comparison with the shell script, median of {runs}"
    table(title, COMPARISON_HEAD, [comparison("3", median_up([life.up for life in program]), median(script))])


def sizes(bench: Bench) -> None:
    """Print the table of larger targets."""
    rows = []
    for machines in SIZES:
        say(f"{machines} machines")
        rows.append(comparison(str(machines), bench.program(machines), bench.script(machines)))
    table("More machines, one run each", COMPARISON_HEAD, rows)


def slow(bench: Bench) -> None:
    """Print the table of machines that boot slowly."""
    rows = []
    with bench.slow_image() as image:
        for machines in SLOW_SIZES:
            say(f"{machines} machines that boot for {BOOT_S} s")
            rows.append(comparison(str(machines), bench.program(machines, image), bench.script(machines, image)))
    table(f"Machines that take {BOOT_S} s to boot, one run each", COMPARISON_HEAD, rows)


def steps(bench: Bench) -> None:
    """Print the chart and the decisive chain of the steps of an update."""
    say("steps of an update")
    up, all_steps = bench.steps(3)
    print("\n## Where the time goes\n")
    print(f"All was well after {seconds(up.healthy_s)}. `#` decides how long it takes, `-` runs beside that.\n")
    print("\n".join(["```", *chart(all_steps), "```"]))
    links = chain(all_steps)
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
    head = ["step", "start", "queued", "took", "of which the provider's fixed wait"]
    table("The chain that decides", head, rows)
    fixed_s = sum(link.step.provider_wait_s for link in links)
    print(f"\nThe provider's fixed waits are {fixed_s:.0f} of {seconds(up.returns_s)}: {fixed_s / up.returns_s:.0%}.")


def memory(bench: Bench) -> None:
    """Print the table of the memory that machines use."""
    say("memory of three machines")
    used = bench.memory(3)
    rows = [[name, f"{kib / MIB:.0f} MiB"] for name, kib in used.most_common(LARGEST_PROGRAMS)]
    rest = used.total() - sum(kib for _, kib in used.most_common(LARGEST_PROGRAMS))
    rows += [
        ["everything else", f"{rest / MIB:.0f} MiB"],
        ["**together**; the limit is 3072 MiB", f"{used.total() / MIB:.0f} MiB"],
    ]
    table("Memory of three machines", ["program", "uses"], rows)


def objects(bench: Bench) -> None:
    """Print the table of transfers over S3."""
    say(f"an object of {SIZE // 2**20} MiB over S3")
    transfers = bench.objects(S3_ROUNDS)
    copy_s = median(transfer.copy_s for transfer in transfers)
    rows = []
    for title, values in (
        ("plain copy", [transfer.copy_s for transfer in transfers]),
        ("put", [transfer.put_s for transfer in transfers]),
        ("get", [transfer.get_s for transfer in transfers]),
    ):
        median_s = median(values)
        rate = f"{SIZE / 2**20 / median_s:.0f} MiB/s"
        rows.append(
            [title, seconds(median_s), f"{min(values):.1f} to {max(values):.1f}", rate, f"{median_s / copy_s:.2f}"]
        )
    heading = f"S3 through Traefik: an object of {SIZE // 2**20} MiB, median of {S3_ROUNDS}"
    table(heading, ["", "took", "range", "rate", "ratio"], rows)


def kinds(bench: Bench) -> None:
    """Print the table of targets and hosts on local machines and on the stand-in of Exoscale."""
    rows = []
    for provider in ("local", "exoscale"):
        for kind in ("target", "host"):
            measured = life(bench.quiet, kind, provider)
            values = (measured.up_s, measured.second_up_s, measured.preview_s, measured.destroy_s)
            rows.append([f"{kind} on {provider}", *map(seconds, values)])
    head = ["three machines", "`up`", "second `up`", "preview", "`destroy`"]
    table("Both kinds, one run each; Exoscale is the stand-in", head, rows)


def exoscale(bench: Bench) -> None:
    """Print the table of previews on Exoscale."""
    rows = []
    for machines, limit in PREVIEW_LIMITS.items():
        measured = previews(bench.quiet, machines)
        first, unchanged = f"{measured.first_calls} calls", f"{measured.unchanged_calls} calls"
        values = [seconds(one) for one in (measured.first_s, measured.up_s, measured.unchanged_s)]
        rows.append([str(machines), values[0], first, values[1], values[2], unchanged, limit])
    head = ["machines", "first preview", "of Exoscale's API", "`up`", "unchanged", "of Exoscale's API", "limit"]
    table("Previews of a target on Exoscale, one run each", head, rows)


def changes(bench: Bench) -> None:
    """Print the table of what clients notice of another setting of all engines."""
    say("another setting of the engines, under a client")
    rows = []
    for way, one in measured_changes(bench.quiet).items():
        counts = [f"{len(told.wrong)} of {told.right + len(told.wrong)}" for told in one.answers.values()]
        pause_s = max(told.longest_pause_s for told in one.answers.values())
        rows.append([way, seconds(one.took_s), *counts, seconds(pause_s)])
    head = ["another setting of the engines", "took", "wrong answers of one replica", "of two", "longest pause"]
    table("What clients notice, who ask every 50 ms", head, rows)


PARTS: dict[str, Callable[[Bench], None]] = {
    "sizes": sizes,
    "slow": slow,
    "steps": steps,
    "memory": memory,
    "s3": objects,
    "kinds": kinds,
    "exoscale": exoscale,
    "changes": changes,
}
