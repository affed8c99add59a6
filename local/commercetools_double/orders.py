"""The endpoints of orders: import, from a cart, and placed whole by a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from local.commercetools_double.bodies import Json, dump, needed, read_object
from local.commercetools_double.carts import CART, order_of_cart
from local.commercetools_double.deliveries import DELIVERY_ACTIONS
from local.commercetools_double.endpoints import Api, ResourceEndpoints
from local.commercetools_double.errors import invalid_input
from local.commercetools_double.line_items import initial_states
from local.commercetools_double.order_actions import HEAD_ACTIONS
from local.commercetools_double.order_drafts import imported_order, order_frame
from local.commercetools_double.order_line_actions import LINE_ACTIONS
from local.commercetools_double.project import Change, Kind, Project, Told
from local.commercetools_double.stock import Stock
from local.commercetools_double.storage import Term
from local.double import Answer, Call, Route

_ORDER_FIELDS = (
    "orderNumber purchaseOrderNumber customerId customerEmail customerGroup anonymousId businessUnit store lineItems"
    " customLineItems totalPrice taxedPrice taxedShippingPrice discountOnTotalPrice priceRoundingMode taxMode"
    " taxRoundingMode taxCalculationMode inventoryMode billingAddress shippingAddress shippingMode shippingKey"
    " shippingInfo shippingRateInput shippingCustomFields shipping itemShippingAddresses discountCodes directDiscounts"
    " refusedGifts paymentInfo country locale origin cart quote recurringOrder orderState shipmentState paymentState"
    " state syncInfo returnInfo discountTypeCombination custom completedAt"
)
_MESSAGES_OF_NEW = ("OrderCreated", "OrderImported", "OrderCreatedFromRecurringOrder")


def _terms(body: Json) -> list[Term]:
    payments = body.get("paymentInfo", {}).get("payments", [])
    return [
        *(Term(name="paymentInfo.payments.id", value=payment["id"]) for payment in payments),
        *([Term(name="customerId", value=body["customerId"])] if body.get("customerId") else []),
    ]


ORDER = Kind(
    type_id="order",
    path="orders",
    fields=frozenset(_ORDER_FIELDS.split()),
    unique=("orderNumber",),
    terms=_terms,
    indexed=frozenset({"paymentInfo.payments.id", "customerId"}),
    identified_by=("orderNumber",),
    actions={**HEAD_ACTIONS, **DELIVERY_ACTIONS, **LINE_ACTIONS},
    manage="manage_orders",
)


class OrderEndpoints(ResourceEndpoints):
    """What orders have beyond every other kind."""

    def __init__(self, api: Api, stock: Stock) -> None:
        """New orders take their lines from `stock` as their inventory modes say."""
        super().__init__(
            api,
            ORDER,
            draft=_from_nothing,
            by="orderNumber",
            told_of_deleted=lambda body: [Told("OrderDeleted", {"order": body})],
        )
        self._stock = stock

    def routes(self) -> list[Route]:
        """The import before what every kind has, as its path would be taken for an id."""
        imported = self._api.route("POST", "orders/import", "orders.import", self.import_order, scopes=(ORDER.manage,))
        return [imported, *super().routes()]

    async def import_order(self, call: Call, client_id: str) -> Answer:
        """`POST /orders/import`: any order from elsewhere, told by `OrderImported` (CT-MSG-04)."""
        body = self._project.stamped(imported_order(self._project, read_object(call.body)), client_id)
        return Answer(status=201, body=dump(await self._place(body, "OrderImported")))

    async def create(self, call: Call, client_id: str) -> Answer:
        """`POST /orders`: an order of a cart, which becomes Ordered (CT-ORD-13)."""
        draft = read_object(call.body)
        cart = self._project.load(CART, self._project.referenced("cart", _cart_of(draft))["id"])
        self._project.check_version(cart, needed(draft, "version", int))
        body = self._project.stamped(order_of_cart(self._project, cart, draft), client_id)
        version = int(cart["version"])
        placed = await self._place(
            body, "OrderCreated", lambda: self._project.check_version(self._project.load(CART, cart["id"]), version)
        )
        ordered = Change(self._project, CART, {**cart, "cartState": "Ordered"})
        self._project.store_change(ordered, cart, steps=1, client_id=client_id)
        return self._expanded(call, dump(placed), 201)

    async def place(self, call: Call) -> Answer:
        """`POST /_admin/orders`: an order given whole, for what neither drafts nor carts can say.

        The body is `{"order": {...}, "message": "OrderCreated"}`; ids, instants and what every order has are filled in.
        """
        request = read_object(call.body)
        message = request.get("message", "OrderCreated")
        if message not in _MESSAGES_OF_NEW:
            raise ValueError(f"message is one of {', '.join(_MESSAGES_OF_NEW)}, not {message!r}")
        given = needed(request, "order", dict)
        body = self._project.stamped({**order_frame(), **given}, "shop")
        for line in (*body["lineItems"], *body["customLineItems"]):
            _complete(self._project, line)
        return Answer(status=201, body=dump(await self._place(body, message)))

    async def _place(self, body: Json, message: str, still_possible: Callable[[], None] = lambda: None) -> Json:
        """Store and tell a new order and take its lines from stock; `still_possible` may refuse it until then."""
        fields: Json = {"order": body}
        if message == "OrderCreatedFromRecurringOrder":
            fields["recurringOrderRef"] = body.setdefault(
                "recurringOrder", {"typeId": "recurring-order", "id": self._project.ids.new()}
            )
        taken: Counter[str] = Counter()

        def claim() -> None:
            still_possible()
            taken.update(self._stock.taken_by(body))

        placed = await self._project.create(ORDER, body, [Told(message, fields)], claim=claim)
        self._stock.take(taken)
        return placed


def _cart_of(draft: Json) -> Json:
    if draft.get("cart"):
        cart: Json = draft["cart"]
        return cart
    return {"id": needed(draft, "id", str)}


def _complete(project: Project, line: Json) -> None:
    """Fill in what every line has, where a scenario did not care to say it."""
    line.setdefault("id", project.ids.new())
    line.setdefault("state", initial_states(project, int(line["quantity"])))
    for name in ("discountedPricePerQuantity", "taxedPricePortions", "perMethodTaxRate"):
        line.setdefault(name, [])
    if "variant" in line:
        line.setdefault("priceMode", "Platform")
        line.setdefault("lineItemMode", "Standard")
        line.setdefault("productId", project.ids.new())
        line.setdefault("productType", project.reference("product-type", {"key": "main"}))
        line.setdefault("name", {"en": line["variant"].get("sku", "")})
        line["variant"] = {"id": 1, "prices": [], "images": [], "attributes": [], "assets": [], **line["variant"]}
    else:
        line.setdefault("priceMode", "Standard")


def _from_nothing(project: Project, draft: Json) -> Json:
    raise invalid_input(f"An order of {project.key} is made from a cart or imported, not drafted: {sorted(draft)}")
