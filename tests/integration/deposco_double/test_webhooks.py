"""Webhooks: hints, signed or not, and what can happen to them on the way."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.integration.deposco_double.caller import Caller


class Receiver:
    """Keeps what is posted to it; answers with `status`."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, Any], str | None, bytes]] = []
        self.status = 200
        self.arrived = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((json.loads(body), self.headers.get("X-Deposco-Signature"), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                receiver.arrived.set()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def events(self) -> list[str]:
        return [body["event"] for body, _, _ in self.received]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def listen(caller: Caller, receiver: Receiver, *events: str, **further: Any) -> None:
    caller.admin("webhooks", {"callbackUrl": receiver.url, "events": list(events), **further})


def fault(caller: Caller, **rule: Any) -> None:
    caller.admin("faults", {"rules": [{"match": {"kind": "webhook.deliver"}, **rule}]})


def test_a_shipment_is_told_as_soon_as_it_leaves(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "shipment.shipped")
    caller.place("A-1")
    caller.warehouse("ship", order="A-1")
    caller.admin("settle", {})
    ((body, signature, _),) = receiver.received
    assert body["order"]["number"] == "A-1"
    assert body["shipment"]["status"] == "Shipped"
    assert signature is None


def test_an_orders_status_is_told_once_for_each_change(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status")
    caller.place("A-1")
    caller.place("A-1", shipVia="AIR")
    caller.warehouse("status", order="A-1", status="Hold")
    caller.admin("settle", {})
    assert [body["order"]["status"] for body, _, _ in receiver.received] == ["New", "Hold"]


def test_a_signature_is_made_with_the_secret_over_the_raw_body(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status", secretKey="s3cret")
    caller.place("A-1")
    caller.admin("settle", {})
    ((_, signature, raw),) = receiver.received
    assert signature == hmac.new(b"s3cret", raw, hashlib.sha256).hexdigest()


def test_a_hint_can_be_lost(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status")
    fault(caller, do="lose")
    caller.place("A-1")
    caller.admin("settle", {})
    assert receiver.received == []


def test_a_hint_can_be_repeated(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status")
    fault(caller, do="repeat", times=2)
    caller.place("A-1")
    caller.admin("settle", {})
    assert len({body["eventId"] for body, _, _ in receiver.received}) == 1
    assert len(receiver.received) == 3


def test_a_hint_can_be_late_by_the_doubles_clock(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status")
    fault(caller, do="delay", seconds=60)
    caller.place("A-1")
    caller.admin("settle", {})
    assert receiver.received == []
    caller.pass_time(60)
    caller.admin("settle", {})
    assert len(receiver.received) == 1


def test_hints_can_overtake_each_other(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status")
    fault(caller, do="reorder", when={"nth": [1]})
    caller.place("A-1")
    caller.place("A-2")
    caller.admin("settle", {})
    assert [body["order"]["number"] for body, _, _ in receiver.received] == ["A-2", "A-1"]


def test_a_hint_that_nothing_overtakes_goes_after_a_while(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status")
    fault(caller, do="reorder")
    caller.place("A-1")
    caller.pass_time(29)
    held_back = caller.session.get(f"{caller.url}/_admin/webhooks", timeout=10).json()["delivered"]
    caller.pass_time(1)
    assert receiver.arrived.wait(timeout=10)
    assert (held_back, [body["order"]["number"] for body, _, _ in receiver.received]) == (0, ["A-1"])


def test_a_refused_hint_is_tried_again(caller: Caller, receiver: Receiver) -> None:
    listen(caller, receiver, "order.status")
    receiver.status = 503
    caller.place("A-1")
    caller.admin("settle", {})
    receiver.status = 200
    caller.pass_time(60)
    caller.admin("settle", {})
    assert receiver.events() == ["order.status", "order.status"]


def test_an_event_nobody_knows_cannot_be_registered(caller: Caller) -> None:
    body = {"callbackUrl": "http://127.0.0.1:1/", "events": {"event": ["order.exploded"]}}
    assert caller.v1("POST", "webhooks", json=body).status_code == 400
