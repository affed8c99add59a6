"""`python -m local.commercetools_double`: serve one commercetools project until stopped."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from local.commercetools_double.double import CommercetoolsDouble
from local.commercetools_double.project import Settings
from local.commercetools_double.schema_watch import SchemaWatch
from local.commercetools_double.sqs_transport import SqsTransport
from local.double_server import serve_until_stopped


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and serve."""
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m local.commercetools_double", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--project", default="demo", help="project key")
    parser.add_argument("--aws-endpoint", help="URL of the local AWS, for SQS and Lambda destinations")
    parser.add_argument("--seed", type=int, help="makes ids and stock lags repeat")
    parser.add_argument("--deduction-lag-seconds", type=float, default=defaults.deduction_lag_seconds)
    parser.add_argument("--token-seconds", type=int, default=defaults.token_seconds)
    parser.add_argument("--sync-info-appends", action="store_true", help="keep several sync infos per channel")
    parser.add_argument("--development-project", action="store_true", help="keep undelivered notifications 1 h only")
    parser.add_argument(
        "--check-schema",
        type=Path,
        metavar="FOLDER",
        default=os.environ.get("LOCKSTEP_CHECK_SCHEMA") or None,
        help="check every body against the official schema in FOLDER (default: LOCKSTEP_CHECK_SCHEMA, else no check)",
    )
    given = parser.parse_args(arguments)
    double = CommercetoolsDouble(
        project_key=given.project,
        transport=SqsTransport(given.aws_endpoint),
        settings=Settings(
            deduction_lag_seconds=given.deduction_lag_seconds,
            token_seconds=given.token_seconds,
            sync_info_appends=given.sync_info_appends,
            production=not given.development_project,
        ),
        seed=given.seed,
        aws_endpoint_url=given.aws_endpoint,
        watch=SchemaWatch.load(given.check_schema) if given.check_schema else None,
    )
    serve_until_stopped(double, port=given.port)


if __name__ == "__main__":
    main()
