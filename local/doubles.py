"""`make doubles`: both doubles alone, each in a process of its own, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import threading

from local.processes import ChildProcesses


def main() -> None:
    """Start both, print where they listen, and wait."""
    parser = argparse.ArgumentParser(prog="python -m local.doubles", description=__doc__)
    parser.add_argument("--ct-port", default="0", help="port of the commercetools double; 0 takes a free one")
    parser.add_argument("--deposco-port", default="0", help="port of the Deposco double; 0 takes a free one")
    parser.add_argument("--aws-endpoint", help="URL of a local AWS, for subscriptions and extensions")
    given = parser.parse_args()
    stopped = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stopped.set())
    with ChildProcesses() as processes:
        aws = ["--aws-endpoint", given.aws_endpoint] if given.aws_endpoint else []
        commercetools = processes.start_server("local.commercetools_double", "--port", given.ct_port, *aws)
        deposco = processes.start_server("local.deposco_double", "--port", given.deposco_port)
        print(f"commercetools  {commercetools}  project demo, client demo-client, secret demo-secret", flush=True)
        print(
            f"Deposco        {deposco}  client demo-client, secret demo-secret, refresh token demo-refresh", flush=True
        )
        print("What each does, and how to make it fail: docs/doubles.md. Ctrl-C stops both.", flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
