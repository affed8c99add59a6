"""Sales orders as V2 takes them: created or updated by number, edited, canceled and moved between statuses.

Each rule names its fact; what the warehouse itself does to an order stands in `warehouse`.
"""

from __future__ import annotations

from typing import Any

from local.deposco_double import statuses
from local.deposco_double.account import Account, reference_to
from local.deposco_double.kinds import COMPANY, FACILITY, SALES_ORDER
from local.deposco_double.order_lines import CallersLine, remaining
from local.deposco_double.refusal import RefusalError
from local.deposco_double.schema import check
from local.deposco_double.sourcing import Sourcing
from local.deposco_double.store import Body, Record

_MOST_LINES = 100
_BY_WAREHOUSE_ONLY = frozenset(
    {
        "self",
        "type",
        "orderStatus",
        "orderLines",
        "shipments",
        "customerOrderHeaders",
        "pickWave",
        "postReleaseState",
        "actualArrivalDate",
        "actualReleaseDate",
        "actualShipDate",
        "createdDate",
        "updatedDate",
        "createdBy",
        "updatedBy",
    }
)


class SalesOrders:
    """The sales orders of an account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._sourcing = Sourcing(account)

    def upsert(self, body: Any, *, from_customer_order: Body | None = None) -> Record:
        """Create or update by business unit and number (DEP-V2SO-02); nothing is stored when anything is refused.

        `from_customer_order` is the reference to the customer order that spawns it, if one does (DEP-V2CO-07).
        """
        refuse_violations("SalesOrder", body)
        unit = self._account.resolve(COMPANY, body["businessUnit"])
        rows = (body.get("orderLines") or {}).get("data") or []
        if len(rows) > _MOST_LINES:
            raise RefusalError(
                400,
                f"Order {body['number']} has {len(rows)} lines, which exceeds the limit of {_MOST_LINES} order lines.",
            )
        sent = self._account.conform("SalesOrder", body)
        sent["businessUnit"] = reference_to(unit)
        if sent.get("shipFromFacility") is not None:
            sent["shipFromFacility"] = reference_to(self._account.resolve(FACILITY, sent["shipFromFacility"]))
        lines = [CallersLine(self._account, unit.number, row) for row in rows]
        if repeated := _repeated([line.number for line in lines]):
            raise RefusalError(400, f"Order {body['number']} names line {repeated} more than once.")
        existing = self._account.store.find(SALES_ORDER.name, body["number"], unit.number)
        if existing is None:
            return self._create(sent, lines, from_customer_order)
        return self._update(existing, sent, lines)

    def _create(self, sent: Body, lines: list[CallersLine], from_customer_order: Body | None) -> Record:
        status = sent.get("orderStatus") or statuses.NEW
        if status not in statuses.FIRST:
            raise RefusalError(400, f"orderStatus: an order cannot be created in status {status}.")
        body = {key: value for key, value in sent.items() if key not in _BY_WAREHOUSE_ONLY and value is not None}
        body |= {"type": "Sales Order", "orderStatus": status}
        if from_customer_order:
            body["customerOrderHeaders"] = [from_customer_order]
        stored = [line.stored(body) for line in lines]
        body["orderLines"] = {"data": stored}
        return self.keep_new(body, stored)

    def keep_new(self, body: Body, lines: list[Body]) -> Record:
        """Source a new order's lines, keep it and let it claim its stock."""
        body.pop("_claims", None)
        self._sourcing.choose(body, lines)

        def complete(order: Record) -> None:
            for line in lines:
                line["orderHeader"] = reference_to(order)
            self._sourcing.claim(order)

        return self._account.create(SALES_ORDER, body, complete=complete)

    def _update(self, order: Record, sent: Body, lines: list[CallersLine]) -> Record:
        status = order.body["orderStatus"]
        if order.body.get("customerOrderHeaders"):
            raise RefusalError(400, f"Order {order.number} was generated from a customer order, update that order.")
        if sent.get("orderStatus") not in (None, status):
            raise RefusalError(400, f"orderStatus: the status of order {order.number} cannot be changed by an update.")
        header = {
            key: value for key, value in sent.items() if key not in _BY_WAREHOUSE_ONLY and order.body.get(key) != value
        }
        stored = {line["lineNumber"]: line for line in order.body["orderLines"]["data"]}
        added = [line for line in lines if line.number not in stored]
        changed = [line for line in lines if line.number in stored and line.differs_from(stored[line.number])]
        if not header and not added and not changed:
            return order
        growth_only = not header and not added and all(line.grows_only(stored[line.number]) for line in changed)
        if status not in statuses.EDITABLE and not (status in statuses.GROWABLE and growth_only):
            raise RefusalError(400, f"Order {order.number} cannot be updated in status {status}.")
        for line in changed:
            line.refuse_change(order, stored[line.number])
        fresh = [line.stored(order.body) for line in added]
        for line in changed:
            line.apply(stored[line.number])
        for key, value in header.items():
            if value is None:
                order.body.pop(key, None)
            else:
                order.body[key] = value
        for row in fresh:
            row["orderHeader"] = reference_to(order)
        order.body["orderLines"]["data"] += fresh
        self._sourcing.choose(order.body, fresh)
        self.save(order)
        return order

    def replace(self, body: Any) -> tuple[Record, bool]:
        """Create, or replace all that a caller can set: what is absent is cleared (DEP-V1ORD-03).

        Returns the order and whether it was created. Raises `RefusalError` 400 where an update would not be taken.
        """
        refuse_violations("SalesOrder", body)
        unit = self._account.resolve(COMPANY, body["businessUnit"])
        existing = self._account.store.find(SALES_ORDER.name, body["number"], unit.number)
        if existing is None:
            return self.upsert(body), True
        status = existing.body["orderStatus"]
        if status not in statuses.EDITABLE or existing.body.get("customerOrderHeaders"):
            raise RefusalError(400, f"Order {existing.number} cannot be updated in status {status}.")
        former = existing.body
        kept = {key: former[key] for key in former if key in _BY_WAREHOUSE_ONLY or key.startswith("_")}
        sent = self._account.conform("SalesOrder", body)
        lines = [CallersLine(self._account, unit.number, row) for row in (sent.get("orderLines") or {}).get("data", [])]
        existing.body = {key: value for key, value in sent.items() if key not in _BY_WAREHOUSE_ONLY} | kept
        existing.body["businessUnit"] = reference_to(unit)
        if sent.get("shipFromFacility") is not None:
            existing.body["shipFromFacility"] = reference_to(self._account.resolve(FACILITY, sent["shipFromFacility"]))
        own = {line["lineNumber"]: line["self"] for line in former["orderLines"]["data"]}
        rows = [line.stored(existing.body) for line in lines]
        for row in rows:
            row["self"] = own.get(row["lineNumber"], row["self"])
            row["orderHeader"] = reference_to(existing)
        existing.body["orderLines"] = {"data": rows}
        self._sourcing.choose(existing.body, rows)
        self.save(existing)
        return existing, False

    def change_line(self, order: Record, line: Body, body: Any) -> Body:
        """Update one line under the rules of the order endpoint (DEP-V2SO-29)."""
        refuse_violations("SalesOrderLine", body)
        if body["lineNumber"] != line["lineNumber"]:
            raise RefusalError(400, "lineNumber: the number of a line cannot be changed.")
        header = {key: order.body[key] for key in ("businessUnit", "number", "shipToContact", "shipToAddress")}
        updated = self.upsert({**header, "orderLines": {"data": [body]}})
        return next(row for row in updated.body["orderLines"]["data"] if row["self"]["id"] == line["self"]["id"])

    def move(self, order: Record, target: str) -> None:
        """Change the status as a caller may (DEP-V2SO-16)."""
        current = order.body["orderStatus"]
        self._refuse_generated(order)
        if target not in statuses.TRANSITIONS.get(current, frozenset()):
            raise RefusalError(400, f"Order {order.number} cannot change from status {current} to {target}.")
        if target == statuses.CANCELED:
            self.cancel_all(order)
        else:
            order.body["orderStatus"] = target
        self.save(order)

    def cancel(self, order: Record, body: Any) -> None:
        """Cancel the whole order (no body), lines, or part of a line (DEP-V2SO-11, DEP-V2SO-12, DEP-V2SO-13)."""
        self._refuse_generated(order)
        status = order.body["orderStatus"]
        if body is None:
            if status not in statuses.CANCELABLE and status != statuses.DRAFT:
                raise RefusalError(400, f"Order {order.number} cannot be canceled in status {status}.")
            self.cancel_all(order)
            self.save(order)
            return
        refuse_violations("Cancellation", body)
        if status not in statuses.CANCELABLE and status != statuses.PARTIALLY_RELEASED:
            raise RefusalError(400, f"Lines of order {order.number} cannot be canceled in status {status}.")
        wanted: list[tuple[Body, float]] = []
        for row in body["orderLines"]:
            line = self._line(order, row["orderLine"])
            most = remaining(line)
            if status == statuses.PARTIALLY_RELEASED:
                most -= line["_released"]
            quantity = row.get("canceledPackQuantity")
            quantity = most if quantity is None else float(quantity)
            if not 0 < quantity <= most:
                raise RefusalError(
                    400,
                    f"Line {line['lineNumber']} of order {order.number}: {quantity:g} cannot be canceled in status"
                    f" {status}, {most:g} can.",
                )
            wanted.append((line, quantity))
        for line, quantity in wanted:
            cancel_line(line, quantity)
        self.finish_if_nothing_is_left(order)
        self.save(order)

    def cancel_all(self, order: Record) -> None:
        """Cancel all that has not shipped."""
        for line in order.body["orderLines"]["data"]:
            cancel_line(line, remaining(line))
        self.finish_if_nothing_is_left(order)
        if not order.body["orderLines"]["data"]:
            order.body["orderStatus"] = statuses.CANCELED

    def finish_if_nothing_is_left(self, order: Record) -> None:
        """Ship Complete or Canceled once no line is owed anything (DEP-V2SO-30, DEP-V2SHIP-09)."""
        lines = order.body["orderLines"]["data"]
        if lines and not any(remaining(line) > 0 for line in lines):
            shipped = any(line["shippedPackQuantity"] for line in lines)
            order.body["orderStatus"] = statuses.SHIP_COMPLETE if shipped else statuses.CANCELED

    def save(self, order: Record) -> None:
        """Keep a changed order and what it claims of the stock."""
        self._sourcing.claim(order)
        self._account.save(order)

    def _line(self, order: Record, reference: Body) -> Body:
        key = reference.get("businessKey") or {}
        for line in order.body["orderLines"]["data"]:
            if reference.get("id") == line["self"]["id"] or key.get("lineNumber") == line["lineNumber"]:
                row: Body = line
                return row
        named = key.get("lineNumber", reference.get("id"))
        raise RefusalError(404, f"OrderLine {named} of order {order.number} was not found.")

    def _refuse_generated(self, order: Record) -> None:
        # Documented for updates only; taken to hold for cancellations and the status as well (DEP-V2SO-18).
        if order.body.get("customerOrderHeaders"):
            raise RefusalError(400, f"Order {order.number} was generated from a customer order.")


def cancel_line(line: Body, quantity: float) -> None:
    """Take `quantity` packs off what is owed on a line."""
    line["canceledPackQuantity"] += quantity
    left = remaining(line)
    line["_released"] = min(line["_released"], left)
    if left <= 0:
        line["orderLineStatus"] = "Complete" if line["shippedPackQuantity"] else statuses.CANCELED
        line["allocatedQuantity"] = line["unallocatedQuantity"] = 0.0
        line["isBackOrdered"] = "Not Back Ordered"


def refuse_violations(type_name: str, body: Any) -> None:
    """Raise 400 with every property that leaves the schema; unknown ones pass (DEP-V2ERR-02, -05, -06)."""
    found = [violation for violation in check(type_name, body) if violation.rule != "unknown"]
    if found:
        raise RefusalError(400, "; ".join(str(violation) for violation in found))


def _repeated(numbers: list[str]) -> str | None:
    seen: set[str] = set()
    for number in numbers:
        if number in seen:
            return number
        seen.add(number)
    return None
