from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.commercetools_double.bodies import Json
from local.commercetools_double.double import CommercetoolsDouble
from local.double_server import serving_in_thread
from tests.integration.commercetools_double.shop import Queue, Shop


class Extension:
    """An HTTP extension that answers as told and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self.status = 200
        self.body: Any = {}
        self.release: threading.Event | None = None


@pytest.fixture
def extension() -> Extension:
    return Extension()


@pytest.fixture
def url(extension: Extension) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            extension.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if extension.release is not None:
                extension.release.wait(10)
            body = extension.body if isinstance(extension.body, bytes) else json.dumps(extension.body).encode()
            self.send_response(extension.status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def install(shop: Shop, url: str, *, actions: tuple[str, ...] = ("Update",), **fields: Any) -> None:
    trigger = {"resourceTypeId": "order", "actions": list(actions), **fields.pop("trigger", {})}
    shop.post("extensions", {"destination": {"type": "HTTP", "url": url}, "triggers": [trigger], **fields})


CONFIRM = {"action": "changeOrderState", "orderState": "Confirmed"}


def test_an_extension_sees_the_order_as_it_would_be_and_as_it_was(shop: Shop, url: str, extension: Extension) -> None:
    order = shop.imported()
    install(shop, url, additionalContext={"includeOldResource": True})
    shop.update("orders", order, CONFIRM)
    (asked,) = extension.asked
    assert (asked["action"], asked["resource"]["obj"]["orderState"]) == ("Update", "Confirmed")
    assert asked["oldResource"]["obj"]["orderState"] == "Open"


def test_an_extension_adds_actions(shop: Shop, url: str, extension: Extension) -> None:
    extension.body = {"actions": [{"action": "changePaymentState", "paymentState": "Paid"}]}
    install(shop, url, actions=("Create",))
    assert shop.imported()["paymentState"] == "Paid"


def test_an_extension_refuses_and_nothing_is_done(shop: Shop, url: str, extension: Extension) -> None:
    order = shop.imported()
    install(shop, url)
    extension.status = 400
    extension.body = {"errors": [{"code": "InvalidInput", "message": "The warehouse has started on this order."}]}
    error = shop.update_refused("orders", order, CONFIRM)
    assert error["message"] == "The warehouse has started on this order."
    assert shop.get(f"orders/{order['id']}") == order


def test_a_condition_decides_whether_it_is_asked(shop: Shop, url: str, extension: Extension) -> None:
    order = shop.imported()
    install(shop, url, trigger={"condition": 'orderState = "Complete"'})
    shop.update("orders", order, CONFIRM)
    assert extension.asked == []


@pytest.mark.parametrize(("status", "body"), [(500, {}), (200, b"not json"), (400, {})])
def test_a_bad_answer_fails_the_request(shop: Shop, url: str, extension: Extension, status: int, body: Any) -> None:
    order = shop.imported()
    install(shop, url)
    extension.status, extension.body = status, body
    assert shop.update_refused("orders", order, CONFIRM)["code"] == "ExtensionBadResponse"


def test_no_answer_in_time_fails_the_request(shop: Shop, url: str, extension: Extension) -> None:
    order = shop.imported()
    install(shop, url, timeoutInMs=50)
    extension.release = threading.Event()
    assert shop.update_refused("orders", order, CONFIRM)["code"] == "ExtensionNoResponse"
    extension.release.set()


def test_an_order_changed_while_an_extension_was_asked_is_not_overwritten(
    shop: Shop, url: str, extension: Extension
) -> None:
    order = shop.imported()
    install(shop, url, trigger={"condition": 'orderState = "Confirmed"'}, timeoutInMs=5000)
    extension.release = threading.Event()
    answers: list[int] = []
    request = {"version": 1, "actions": [CONFIRM]}
    slow = threading.Thread(
        target=lambda: answers.append(shop.call("POST", f"orders/{order['id']}", request).status_code)
    )
    slow.start()
    while not extension.asked:
        asyncio.run(asyncio.sleep(0))
    shop.update("orders", order, {"action": "changePaymentState", "paymentState": "Paid"})
    extension.release.set()
    slow.join()
    assert answers == [409]


def test_the_preview_of_an_edit_asks_extensions_too(shop: Shop, url: str, extension: Extension) -> None:
    order = shop.imported()
    install(shop, url)
    extension.status = 400
    extension.body = {"errors": [{"code": "InvalidInput", "message": "locked"}]}
    edit = {"resource": {"typeId": "order", "id": order["id"]}, "stagedActions": [CONFIRM], "dryRun": True}
    assert shop.post("orders/edits", edit)["result"]["type"] == "PreviewFailure"


def test_a_lambda_function_is_asked_through_the_local_aws(url: str, extension: Extension) -> None:
    extension.body = {"responseType": "FailedValidation", "errors": [{"code": "InvalidInput", "message": "locked"}]}
    double = CommercetoolsDouble(transport=Queue(), aws_endpoint_url=url)
    with serving_in_thread(double) as address:
        shop = Shop(address, double, Queue())
        order = shop.imported()
        arn = "arn:aws:lambda:us-east-1:000000000000:function:guard"
        destination = {"type": "AWSLambda", "arn": arn, "accessKey": "a", "accessSecret": "s"}
        trigger = {"resourceTypeId": "order", "actions": ["Update"]}
        shop.post("extensions", {"destination": destination, "triggers": [trigger], "timeoutInMs": 10_000})
        assert shop.update_refused("orders", order, CONFIRM)["message"] == "locked"


def test_too_long_a_timeout_is_refused(shop: Shop, url: str) -> None:
    trigger = {"resourceTypeId": "order", "actions": ["Update"]}
    draft = {"destination": {"type": "HTTP", "url": url}, "triggers": [trigger], "timeoutInMs": 10_001}
    assert shop.refused("extensions", draft)["code"] == "InvalidInput"
