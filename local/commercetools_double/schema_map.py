"""Which published schema each kind of call is held against, and which kinds have none, with the reason.

`not_covered` is the whole list of gaps: a test compares it with the double's routes, so a new kind of call is either
checked or named there.
"""

from __future__ import annotations

from collections.abc import Iterable

REQUESTS = {
    "orders.import": "OrderImportDraft",
    "orders.create": "OrderFromCartDraft",
    "orders.update": "OrderUpdate",
    "order-edits.create": "OrderEditDraft",
    "order-edits.apply": "OrderEditApply",
    "payments.create": "PaymentDraft",
    "payments.update": "PaymentUpdate",
    "inventory.create": "InventoryEntryDraft",
    "inventory.update": "InventoryEntryUpdate",
    "channels.create": "ChannelDraft",
    "states.create": "StateDraft",
    "types.create": "TypeDraft",
    "custom-objects.create": "CustomObjectDraft",
    "subscriptions.create": "SubscriptionDraft",
    "extensions.create": "ExtensionDraft",
}
ACTIONS = {"carts.update": "StagedOrderUpdateAction"}
"""No update of a cart is published in the file, but the staged actions of an order edit, which have the same names and
fields: each action is held against those."""
RESOURCES = {
    "orders": "Order",
    "order-edits": "OrderEdit",
    "payments": "Payment",
    "inventory": "InventoryEntry",
    "channels": "Channel",
    "states": "State",
    "types": "Type",
    "custom-objects": "CustomObject",
    "subscriptions": "Subscription",
    "extensions": "Extension",
    "carts": "Cart",
    "products": "Product",
    "product-types": "ProductType",
    "messages": "Message",
}
PAGES = {
    "orders": "OrderPagedQueryResponse",
    "inventory": "InventoryPagedQueryResponse",
    "channels": "ChannelPagedQueryResponse",
    "products": "ProductPagedQueryResponse",
    "messages": "MessagePagedQueryResponse",
}
ANY_PAGE = "OrderPagedQueryResponse"
"""The frame of a page is the same for every kind; its results are held against the schema of theirs."""
IMPORT_REQUESTS = {
    "import-containers.create": "ImportContainerDraft",
    "import.inventories": "InventoryImportRequest",
}
IMPORT_ANSWERS = {
    "import-containers.create": "ImportContainer",
    "import-containers.get": "ImportContainer",
    "import-containers.delete": "ImportContainer",
    "import-containers.summary": "ImportSummary",
    "import.inventories": "ImportResponse",
    "import-operations.get": "ImportOperation",
}
IMPORT_PAGES = {"import-operations.query": "ImportOperation"}

NO_REQUEST_SCHEMA = {
    "carts.create": "CartDraft",
    "products.create": "ProductDraft",
    "products.update": "ProductUpdate",
    "product-types.create": "ProductTypeDraft",
    "order-edits.update": "OrderEditUpdate",
    "channels.update": "ChannelUpdate",
    "states.update": "StateUpdate",
    "types.update": "TypeUpdate",
    "subscriptions.update": "SubscriptionUpdate",
    "extensions.update": "ExtensionUpdate",
    "graphql": "GraphQLRequest",
}
"""Bodies nobody can check: the schema by the name given is not in the pruned file. A test fails once it is."""
NO_ANSWER_SCHEMA = {"graphql": "GraphQLResponse"}
NO_BODY = "the answer has no body"
OAUTH = "OAuth's own form and answers stand in no schema, nor do the codes of its refusals"
NEVER_SUCCEEDS = "always refused; the refusal is checked as ErrorResponse"
_BODILESS = frozenset({"query", "get", "head", "delete", "summary", "health", "token", "unknown"})


def request_is_covered(kind: str) -> bool:
    """Whether a request body of this kind is held against a schema."""
    return kind in REQUESTS or kind in ACTIONS or kind in IMPORT_REQUESTS


def answer_is_covered(kind: str) -> bool:
    """Whether a successful answer of this kind is held against a schema."""
    group, _, what = kind.partition(".")
    if kind in IMPORT_ANSWERS or kind in IMPORT_PAGES:
        return True
    return group in RESOURCES and what != "head"


def not_covered(kinds: Iterable[str]) -> dict[str, str]:
    """What is not checked of the kinds of a double's routes, as "carts.create requests", and why.

    Raises `LookupError` for a kind that is neither checked nor known to be beyond checking.
    """
    gaps: dict[str, str] = {}
    for kind in kinds:
        what = kind.rpartition(".")[2]
        if what not in _BODILESS and not request_is_covered(kind):
            if kind not in NO_REQUEST_SCHEMA:
                raise LookupError(f"requests of {kind} are held against no schema, and nobody says why")
            gaps[f"{kind} requests"] = f"{NO_REQUEST_SCHEMA[kind]} is not in the pruned file"
        if answer_is_covered(kind):
            continue
        gaps[f"{kind} answers"] = _why_answers_are_not(kind)
    return gaps


def _why_answers_are_not(kind: str) -> str:
    if kind.endswith(".head"):
        return NO_BODY
    if kind in NO_ANSWER_SCHEMA:
        return f"{NO_ANSWER_SCHEMA[kind]} is not in the pruned file"
    reasons = {"oauth.token": OAUTH, "unknown": NEVER_SUCCEEDS}
    if kind not in reasons:
        raise LookupError(f"answers of {kind} are held against no schema, and nobody says why")
    return reasons[kind]
