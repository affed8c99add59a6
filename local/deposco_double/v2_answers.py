"""How V2 shows what is stored: references with addresses, nested collections cut short, nothing of the double's own."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from multidict import MultiMapping

from local.deposco_double.account import Account
from local.deposco_double.kinds import KINDS, Kind
from local.deposco_double.refusal import RefusalError
from local.deposco_double.store import Body, Record, Selection, View
from local.double import Answer, Call

BASE_PATH = "/latest"
_NESTED_ROWS = 10
_ROW_BOUNDS = {"createdAfter": "createdDate", "updatedAfter": "updatedDate"}
_FLAT = frozenset({"self", "shipToAddress", "shipToContact", "pack"})
"""Members with nothing to link or to cut: shown as they are kept."""
_COLLECTIONS = frozenset({"orderLines", "coLines", "shipmentLines", "shippedContainers"})
_REFERRED = {
    "businessUnit": "Company",
    "item": "Item",
    "subComponent": "Item",
    "shipFromFacility": "Facility",
    "facility": "Facility",
    "orderHeader": "SalesOrder",
    "shipment": "OutboundShipment",
    "coHeader": "CustomerOrder",
    "customerOrderHeaders": "CustomerOrder",
    "fulfillmentOrders": "SalesOrder",
    "orderHeaders": "SalesOrder",
    "shipments": "OutboundShipment",
}


def address(call: Call) -> str:
    """The base address under which the caller reached the double."""
    return f"http://{call.headers.get('Host', '127.0.0.1')}{BASE_PATH}"


def shown(kind: Kind, body: Body, base: str) -> Body:
    """An entity as an answer shows it: nested collections cut at ten rows (DEP-V2SO-19, DEP-V2SHIP-12)."""
    visible: Body = _shown(body, base)
    visible["self"] = {**visible["self"], "href": f"{base}{kind.path}/{visible['self']['id']}"}
    return visible


def shown_row(row: Body, base: str, path: str) -> Body:
    """A line or pack as its own resource at `path`."""
    visible: Body = _shown(row, base)
    visible["self"] = {**visible["self"], "href": f"{base}{path}/{visible['self']['id']}"}
    return visible


def _shown(value: Any, base: str) -> Any:
    if isinstance(value, list):
        return [_shown(member, base) for member in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, member in value.items():
        if key[:1] == "_":
            continue
        if not isinstance(member, (dict, list)):
            result[key] = member
        elif isinstance(member, dict) and "data" in member:
            result[key] = _nested_page(key, member["data"], base)
        elif key in _REFERRED and member:
            result[key] = _linked(member, base, KINDS[_REFERRED[key]].path)
        else:
            result[key] = member if key in _FLAT else _shown(member, base)
    return result


def _linked(references: Any, base: str, path: str) -> Any:
    if isinstance(references, list):
        return [_linked(reference, base, path) for reference in references]
    return {**references, "href": f"{base}{path}/{references.get('id')}"}


def _nested_page(key: str, rows: list[Body], base: str) -> Body:
    """Newest first like every list; the cut ones without any link to the rest (DEP-V2SO-19)."""
    if key not in _COLLECTIONS:
        rows_shown: list[Any] = rows
        complete, pages = True, 1 if rows else 0
    else:
        rows_shown = rows[::-1][:_NESTED_ROWS]
        complete, pages = len(rows) <= _NESTED_ROWS, -(-len(rows) // _NESTED_ROWS)
    referred = KINDS[_REFERRED[key]].path if key in _REFERRED else None
    data = _linked(rows_shown, base, referred) if referred else _shown(rows_shown, base)
    return {"data": data, "links": [], "complete": complete, "pages": pages}


class Lists:
    """List answers: newest id first, with an opaque cursor (DEP-V2LIST-01, -02, -03)."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def page(self, kind: Kind, call: Call, view: View) -> Answer:
        """One page of a list as the query asks for it."""
        search = call.query.get("searchId")
        cursor = _read_cursor(search) if search else self._first(kind, call.query, view)
        size, edge, backwards = cursor["size"], cursor["id"], cursor["direction"] == "prev"
        found = self._account.store.select(
            kind.name,
            Selection(**cursor["selection"]),
            view,
            below=None if backwards else edge,
            above=edge if backwards else None,
            limit=size + 1,
        )
        beyond = len(found) > size
        records = found[-size:] if backwards else found[:size]
        base = address(call)
        links = []
        if records and (beyond if backwards else edge is not None):
            turned = {**cursor, "id": records[0].id, "direction": "prev"}
            links.append(_link(base, kind.path, "prev", _write_cursor(turned)))
        more = bool(records) and (backwards or beyond)
        if more:
            ahead = {**cursor, "id": records[-1].id, "direction": "next"}
            links.append(_link(base, kind.path, "next", _write_cursor(ahead)))
        return Answer.of_json(
            {
                "data": [shown(kind, record.body, base) for record in records],
                "links": links,
                "complete": not more,
                "pages": cursor["pages"],
            }
        )

    def _first(self, kind: Kind, query: MultiMapping[str], view: View) -> Body:
        selection = selection_of(kind, query)
        size = self._page_size(query, kind.page_size)
        rows = self._account.store.count(kind.name, selection, view)
        return {
            "selection": asdict(selection),
            "size": size,
            "id": None,
            "direction": "next",
            "pages": -(-rows // size),
        }

    def _page_size(self, query: MultiMapping[str], default: int) -> int:
        asked = query.get("pageSize", "")
        return min(int(asked), self._account.settings.largest_page) if asked.isdecimal() and int(asked) else default

    def rows(self, rows: list[Body], call: Call, path: str, filters: Mapping[str, str]) -> Answer:
        """One page of the lines of an entity; `filters` maps query parameters to members of a line."""
        search = call.query.get("searchId")
        if search:
            cursor = _read_cursor(search)
        else:
            asked = {name: call.query[name] for name in (*filters, *_ROW_BOUNDS) if call.query.get(name)}
            cursor = {"asked": asked, "size": self._page_size(call.query, 25), "id": None}
        chosen = [row for row in reversed(rows) if _row_matches(row, cursor["asked"], filters)]
        size, edge = cursor["size"], cursor["id"]
        skip = sum(edge is not None and row["self"]["id"] >= edge for row in chosen)
        page = chosen[skip : skip + size]
        more = skip + size < len(chosen)
        base = address(call)
        links = []
        if skip:
            before = {**cursor, "id": chosen[skip - size - 1]["self"]["id"] if skip > size else None}
            links.append(_link(base, path, "prev", _write_cursor(before)))
        if more:
            links.append(_link(base, path, "next", _write_cursor({**cursor, "id": page[-1]["self"]["id"]})))
        data = [shown_row(row, base, path) for row in page]
        pages = -(-len(chosen) // size)
        return Answer.of_json({"data": data, "links": links, "complete": not more, "pages": pages})


def selection_of(kind: Kind, query: MultiMapping[str]) -> Selection:
    """What a list's query selects; parameters it does not know are ignored (DEP-V2LIST-04)."""
    columns: dict[str, str] = {}
    facets: dict[str, str] = {}
    for parameter, target in kind.parameters.items():
        value = query.get(parameter)
        if value:
            (columns if target in ("unit", "number", "status") else facets)[target] = value
    bounds = {
        "created_after": _instant(query, "createdAfter"),
        "updated_after": _instant(query, "updatedAfter"),
        "shipped_after": _instant(query, "shippedAfter") if kind.name == "OutboundShipment" else None,
    }
    if kind.name == "InventoryAdjustment":
        bounds["updated_after"] = None
    return Selection(
        unit=columns.get("unit"),
        number=columns.get("number"),
        status=columns.get("status"),
        facets=facets,
        **bounds,
    )


def entity_answer(kind: Kind, record: Record, call: Call) -> Answer:
    """One whole entity."""
    return Answer.of_json(shown(kind, record.body, address(call)))


def _row_matches(row: Body, asked: Mapping[str, str], filters: Mapping[str, str]) -> bool:
    for parameter, member in filters.items():
        if parameter in asked and str(row.get(member)) != asked[parameter]:
            return False
    for parameter, member in _ROW_BOUNDS.items():
        bound = _instant(asked, parameter)
        if bound is not None and datetime.fromisoformat(row[member]).timestamp() < int(bound) + 1:
            return False
    return True


def _instant(query: Mapping[str, str], parameter: str) -> float | None:
    text = query.get(parameter)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusalError(400, f"{parameter}: {text} is not a date-time") from error
    if instant.tzinfo is None:
        raise RefusalError(400, f"{parameter}: {text} has no offset")
    return instant.timestamp()


def _link(base: str, path: str, rel: str, cursor: str) -> Body:
    return {"rel": rel, "href": f"{base}{path}?searchId={cursor}"}


def _write_cursor(cursor: Body) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> Body:
    try:
        cursor: Body = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if "size" not in cursor:
            raise ValueError(text)
    except (ValueError, binascii.Error) as error:
        raise RefusalError(400, "searchId cannot be read.") from error
    return cursor
