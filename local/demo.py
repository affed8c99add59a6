"""A trading day on this machine: places orders in the shop and shows, from everybody's books, what became of them."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.processes import REPOSITORY_ROOT
from local.scenarios.audit import calls, dead_letters, faults_struck, timeline
from local.scenarios.books import Fate, Verdict, counts
from local.scenarios.day import TradingDay
from local.scenarios.sam_environment import write_sam_environment
from local.scenarios.stage import Stage
from local.scenarios.trading_day import PlannedOrder, Story, plan

REPORT = REPOSITORY_ROOT / "out" / "demo" / "report.json"
SAM_ENVIRONMENT = REPOSITORY_ROOT / "out" / "local-environment.json"
SWEEP_SECONDS = 2.0
ROWS_SHOWN = 60
NUMBER_SHOWN = 12
FIGURES_SHOWN = (
    "orders_placed",
    "acknowledged",
    "held",
    "cancelled",
    "lost",
    "duplicated",
    "messages_repeated",
    "conflicts",
    "dead_letters",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the day; returns 0 when nothing was lost or doubled and the day came to an end."""
    options = _options(arguments)
    console = Console()
    started_at = time.monotonic()
    console.print(f"[bold]Lockstep[/bold]: a day of {options.orders} orders, seed {options.seed}")
    console.print("Starting both doubles and the embedded AWS, deploying template.yaml ...")
    with Stage(seed_number=options.seed, schedule_seconds={"ReconcileOrdersFunction": SWEEP_SECONDS}) as stage:
        console.print(f"  shop       {stage.commercetools_url}")
        console.print(f"  warehouse  {stage.deposco_url}")
        console.print(f"  AWS        {stage.cloud.endpoint_url}")
        planned = plan(options.orders, options.seed)
        opened_at = time.monotonic()
        verdicts, is_settled = _play(TradingDay(stage, planned), console)
        report = _report(stage, verdicts, is_settled=is_settled, seconds=time.monotonic() - opened_at)
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(json.dumps(report, indent=2) + "\n")
        _show(console, planned, verdicts, report)
        _show_a_timeline(console, stage, planned, verdicts)
        console.print(f"{time.monotonic() - started_at:.0f} s in all; the figures are in out/demo/report.json")
        if options.serve:
            write_sam_environment(stage, SAM_ENVIRONMENT)
            console.print("The stack keeps running at the addresses above until Ctrl-C.")
            console.print("out/local-environment.json lets `sam local invoke` run a function against it (see README).")
            wait_for_the_end()
    is_good = is_settled and not report["lost"] and not report["duplicated"]
    return 0 if is_good else 1


def wait_for_the_end() -> None:
    """Return at Ctrl-C or SIGTERM; either then stops the stack in order."""
    ended = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: ended.set())
    ended.wait()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--orders", type=_at_least_one, default=40, help="orders placed (40)")
    parser.add_argument("--seed", type=int, default=7, help="decides the day (7)")
    parser.add_argument("--serve", action="store_true", help="keep the stack running at the end")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one order makes a day")
    return number


def _play(day: TradingDay, console: Console) -> tuple[list[Verdict], bool]:
    """The verdicts at the end of the day, and whether it came to an end by itself."""
    columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {name: progress.add_task(name, total=len(day.planned)) for name in ("placed", "followed")}
        try:
            verdicts = day.play(lambda step, count: progress.update(tasks[step], completed=count))
        except TimeoutError as error:
            return error.args[1], False
        progress.update(tasks["followed"], completed=len(day.planned))
        return verdicts, True


def _report(stage: Stage, verdicts: list[Verdict], *, is_settled: bool, seconds: float) -> dict[str, Any]:
    """The day's figures, from the doubles' and the tables' own books."""
    shop_calls, warehouse_calls = calls(stage.commercetools_url), calls(stage.deposco_url)
    return counts(verdicts) | {
        "settled": is_settled,
        "deposco_calls": warehouse_calls["kinds"],
        "deposco_answers": warehouse_calls["statuses"],
        "commercetools_calls": shop_calls["kinds"],
        "commercetools_answers": shop_calls["statuses"],
        "messages_repeated": faults_struck(stage.commercetools_url, "repeat"),
        "conflicts": shop_calls["statuses"].get("409", 0),
        "too_many_requests": warehouse_calls["statuses"].get("429", 0),
        "dead_letters": dead_letters(stage),
        "duration_seconds": round(seconds, 1),
    }


def _show(console: Console, planned: Sequence[PlannedOrder], verdicts: list[Verdict], report: dict[str, Any]) -> None:
    story_of = {order.number: order.story.value for order in planned}
    table = Table(title="What became of the orders", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("order", "story", "fate", "why", "owner"):
        table.add_column(heading, overflow="fold")
    remarkable = [verdict for verdict in verdicts if story_of.get(verdict.number) != "ordinary" or _is_bad(verdict)]
    for verdict in remarkable[:ROWS_SHOWN]:
        why = " ".join((*verdict.codes, *verdict.notes)) or verdict.hold
        colour = {"acknowledged": "green", "lost": "red"}.get(verdict.fate.value, "yellow")
        table.add_row(
            verdict.number if len(verdict.number) <= NUMBER_SHOWN else f"{verdict.number[:NUMBER_SHOWN]}…",
            story_of.get(verdict.number, ""),
            f"[{colour}]{verdict.fate.value}[/{colour}]",
            why,
            " ".join(sorted(set(verdict.owners))),
        )
    console.print(table)
    console.print(f"{len(verdicts) - len(remarkable)} ordinary orders besides, all acknowledged")
    figures = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name in FIGURES_SHOWN:
        figures.add_row(name.replace("_", " "), str(report[name]))
    figures.add_row("parked", ", ".join(f"{code} {count}" for code, count in report["parked"].items()) or "0")
    console.print(figures)
    if not report["settled"]:
        console.print("[red]The day did not come to an end in time.[/red]")


def _show_a_timeline(console: Console, stage: Stage, planned: Sequence[PlannedOrder], verdicts: list[Verdict]) -> None:
    """What happened to one order, from the table that `project_orders` derives."""
    number = next((order.number for order in planned if order.story is Story.PAID_LATER), planned[0].number)
    order_id = next(verdict.order_id for verdict in verdicts if verdict.number == number)
    console.print(f"\nThe timeline of {number}:")
    for line in timeline(stage, order_id):
        console.print(f"  {line}", highlight=False)


def _is_bad(verdict: Verdict) -> bool:
    return verdict.fate is not Fate.ACKNOWLEDGED or verdict.surplus_copies > 0


if __name__ == "__main__":
    sys.exit(main())
