"""A client of the double that knows nothing but HTTP, and the drafts its tests send."""

from __future__ import annotations

import json
from typing import Any

import requests

from local.commercetools_double.bodies import Json
from local.commercetools_double.double import CommercetoolsDouble
from local.commercetools_double.notifications import DestinationError

DESTINATION = {
    "type": "SQS",
    "queueUrl": "http://127.0.0.1/000000000000/notifications",
    "region": "us-east-1",
    "authenticationMode": "IAM",
}


class Queue:
    """A destination in memory: takes notifications, or fails as told."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.error: DestinationError | None = None

    def send(self, destination: Json, bodies: list[str]) -> None:
        if self.error is not None:
            raise self.error
        self.bodies += [json.loads(body) for body in bodies]

    def messages(self) -> list[Json]:
        return [body for body in self.bodies if body.get("notificationType") == "Message"]


class Shop:
    """One client with its token."""

    def __init__(self, url: str, double: CommercetoolsDouble, queue: Queue) -> None:
        self.url = url
        self.double = double
        self.queue = queue
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {self.token()}"

    def token(self, **form: str) -> str:
        answer = requests.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "client_credentials", **form},
            auth=("demo-client", "demo-secret"),
            timeout=5,
        )
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, body: Any = None, **parameters: Any) -> requests.Response:
        return self.http.request(method, f"{self.url}/demo/{path}", json=body, params=parameters, timeout=10)

    def get(self, path: str, **parameters: Any) -> Json:
        return self._body(self.call("GET", path, **parameters))

    def post(self, path: str, body: Json, **parameters: Any) -> Json:
        return self._body(self.call("POST", path, body, **parameters))

    def refused(self, path: str, body: Json) -> Json:
        """The first error of a call that must be refused."""
        answer = self.call("POST", path, body)
        assert answer.status_code >= 400, answer.text
        error: Json = answer.json()["errors"][0]
        return error

    def update(self, path: str, resource: Json, *actions: Json) -> Json:
        return self.post(f"{path}/{resource['id']}", {"version": resource["version"], "actions": list(actions)})

    def update_refused(self, path: str, resource: Json, *actions: Json) -> Json:
        return self.refused(f"{path}/{resource['id']}", {"version": resource["version"], "actions": list(actions)})

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_admin/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def subscribe(self, **wanted: Any) -> Json:
        wanted = wanted or {"messages": [{"resourceTypeId": "order"}]}
        return self.post("subscriptions", {"destination": DESTINATION, **wanted})

    def settled(self) -> list[Json]:
        """The messages that arrived, once nothing is on its way any more."""
        self.admin("POST", "settle")
        return self.queue.messages()

    def types(self) -> list[str]:
        return [message["type"] for message in self.settled()]

    def channel(self, key: str, *roles: str) -> Json:
        return self.post("channels", {"key": key, "roles": list(roles) or ["InventorySupply"]})

    def imported(self, number: str = "WEB-1", **fields: Any) -> Json:
        return self.post("orders/import", {**order_import(number), **fields})

    def entry(self, sku: str = "SKU-1", quantity: int = 10, **fields: Any) -> Json:
        return self.post("inventory", {"sku": sku, "quantityOnStock": quantity, **fields})

    @staticmethod
    def _body(answer: requests.Response) -> Json:
        assert answer.ok, answer.text
        body: Json = answer.json()
        return body


def usd(cents: int) -> Json:
    return {"currencyCode": "USD", "centAmount": cents}


ADDRESS = {"country": "US", "firstName": "Ada", "lastName": "Byron", "streetName": "Peachtree", "city": "Atlanta"}
TAX = {"name": "GA", "amount": 0.08, "includedInPrice": False, "country": "US"}


def line_import(sku: str = "SKU-1", quantity: int = 2, **fields: Any) -> Json:
    return {
        "name": {"en": "Shirt"},
        "variant": {"sku": sku},
        "quantity": quantity,
        "price": {"value": usd(1000)},
        **fields,
    }


def order_import(number: str) -> Json:
    return {
        "orderNumber": number,
        "customerEmail": "ada@example.com",
        "totalPrice": usd(2500),
        "taxedPrice": {
            "totalNet": usd(2500),
            "totalGross": usd(2700),
            "taxPortions": [{"name": "GA", "rate": 0.08, "amount": usd(200)}],
        },
        "shippingAddress": ADDRESS,
        "shippingInfo": {
            "shippingMethodName": "Ground",
            "price": usd(500),
            "shippingRate": {"price": usd(500), "tiers": []},
            "taxRate": TAX,
        },
        "lineItems": [line_import(taxRate=TAX)],
    }
