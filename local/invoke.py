"""Run one function once, behind the whole local stack: ``make invoke FUNCTION=push_orders EVENT=events/...json``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from local.aws.batch_response import failed_items
from local.aws.sam_template import SamTemplate
from local.processes import REPOSITORY_ROOT
from local.scenarios.sample import EVENTS, prepare
from local.scenarios.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.aws.lambda_host import InvocationResult


def main(arguments: Sequence[str] | None = None) -> int:
    """Invoke the function and show what came of it; returns 0 when it succeeded and reported no failed record."""
    sources = SamTemplate(REPOSITORY_ROOT / "template.yaml").function_sources()
    functions = {source.code_directory.name: logical_id for logical_id, source in sources.items()}
    options = _options(arguments, sorted(functions))
    try:
        event = json.loads(options.event.read_text(encoding="utf-8"))
    except OSError as error:
        print(f"The event cannot be read: {error}. Samples are in {EVENTS.name}/{options.function}/.", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"{options.event} is not JSON: {error}.", file=sys.stderr)
        return 2
    console = Console()
    console.print("Starting both doubles and the embedded AWS, deploying template.yaml ...")
    with Stage(built=options.built) as stage:
        prepare(stage, options.function)
        result = stage.cloud.invoke(functions[options.function], event)
    _show(console, result)
    failed = _failed_records(event, result)
    if failed:
        console.print(f"[red]{len(failed)} record(s) reported as failed[/]: {escape(', '.join(sorted(failed)))}")
    return 0 if result.ok and not failed else 1


def _options(arguments: Sequence[str] | None, functions: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description=__doc__)
    parser.add_argument("--function", required=True, choices=functions, help="the function's folder")
    parser.add_argument("--event", required=True, type=Path, help="a file with the event, as JSON")
    parser.add_argument("--built", action="store_true", help="run .aws-sam/build instead of the source")
    return parser.parse_args(arguments)


def _failed_records(event: Any, result: InvocationResult) -> frozenset[str]:
    """The records that Lambda would deliver again; none for an event that is not a batch."""
    if not result.ok or not isinstance(event, dict) or "Records" not in event:
        return frozenset()
    records = event["Records"]
    return failed_items(
        result.payload,
        [record.get("messageId") or record["dynamodb"]["SequenceNumber"] for record in records],
    )


def _show(console: Console, result: InvocationResult) -> None:
    console.rule("log", align="left")
    for line in result.log_lines:
        console.print(_readable(line), soft_wrap=True)
    console.rule("answer", align="left")
    if result.ok:
        console.print_json(data=result.payload)
    else:
        console.print(f"[red]{escape(result.error)}[/]")
    console.rule(align="left")
    start = "cold start" if result.cold_start else "warm start"
    verdict = "[green]succeeded[/]" if result.ok else "[red]failed[/]"
    console.print(f"{escape(result.function)} {verdict} in {result.duration_seconds:.2f} s ({start})")


def _readable(line: str) -> str:
    """A log line as a person reads it: a structured one by level and message first, any other as it stands."""
    try:
        entry = json.loads(line)
    except ValueError:
        return escape(line)
    if not isinstance(entry, dict):
        return escape(line)
    if "_aws" in entry:
        names = [metric["Name"] for directive in entry["_aws"]["CloudWatchMetrics"] for metric in directive["Metrics"]]
        values = " ".join(f"{name}={_last(entry.get(name))}" for name in names)
        return f"[cyan]METRICS[/] {escape(values)}"
    if "level" not in entry or "message" not in entry:
        return escape(line)
    level, message = entry.pop("level"), entry.pop("message")
    rest = " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in entry.items())
    return f"[bold]{escape(str(level))}[/] {escape(str(message))} [dim]{escape(rest)}[/]"


def _last(values: Any) -> Any:
    return values[-1] if isinstance(values, list) and values else values


if __name__ == "__main__":
    sys.exit(main())
