"""`python -m local.deposco_double`: the Deposco double alone, until stopped."""

from __future__ import annotations

import argparse

from local.deposco_double.double import DeposcoDouble
from local.deposco_double.settings import AccountSettings
from local.double_server import serve_until_stopped


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m local.deposco_double", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--rate", type=float, default=4.0, help="calls a second before 429; 0 takes all")
    parser.add_argument("--seed", type=int, default=0, help="decides every draw of chance")
    arguments = parser.parse_args()
    double = DeposcoDouble(AccountSettings(rate_per_second=arguments.rate), seed=arguments.seed)
    serve_until_stopped(double, port=arguments.port)


if __name__ == "__main__":
    main()
