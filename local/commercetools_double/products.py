"""Products: enough of them to sell, to publish and to tell of (CT-PRD-01 to CT-PRD-04)."""

from __future__ import annotations

import copy
from typing import Any

from local.commercetools_double.bodies import Json, needed, optional, set_or_remove, without_nones
from local.commercetools_double.errors import invalid_input, invalid_operation
from local.commercetools_double.money import typed
from local.commercetools_double.project import Action, Change, Kind, Project, Told
from local.commercetools_double.storage import Term


def variants_of(data: Json) -> list[Json]:
    """All variants of a product's data, the master first."""
    return [data["masterVariant"], *data["variants"]]


def _terms(body: Json) -> list[Term]:
    master = body["masterData"]
    skus = {
        variant["sku"] for data in ("current", "staged") for variant in variants_of(master[data]) if variant.get("sku")
    }
    return [Term(name="sku", value=sku, unique=True) for sku in sorted(skus)]


def product_from(project: Project, draft: Json) -> Json:
    """The product of a `ProductDraft`; published at once with `publish: true`."""
    masters = optional(draft, "masterVariant", dict) or {}
    data: Json = {
        "name": needed(draft, "name", dict),
        "slug": needed(draft, "slug", dict),
        "categories": [project.reference("category", category) for category in draft.get("categories", [])],
        "categoryOrderHints": {},
        "masterVariant": _variant(project, masters, 1),
        "variants": [_variant(project, variant, number) for number, variant in enumerate(draft.get("variants", []), 2)],
        "searchKeywords": {},
        "attributes": [],
        **without_nones({"description": draft.get("description")}),
    }
    published = bool(draft.get("publish", False))
    return without_nones(
        {
            "key": optional(draft, "key", str),
            "productType": project.reference("product-type", needed(draft, "productType", dict)),
            "masterData": {
                "published": published,
                "hasStagedChanges": False,
                "current": data,
                "staged": copy.deepcopy(data),
            },
            "taxCategory": project.reference("tax-category", draft["taxCategory"]) if "taxCategory" in draft else None,
        }
    )


def told_of_new(body: Json) -> list[Told]:
    """The messages of a new product."""
    told = [Told("ProductCreated", {"productProjection": projection(body, "staged")})]
    if body["masterData"]["published"]:
        told.append(_published(body))
    return told


def told_of_deleted(body: Json) -> list[Told]:
    """The message of a product that is gone."""
    return [
        Told("ProductDeleted", {"removedImageUrls": [], "currentProjection": projection(body, "current")}),
    ]


def projection(body: Json, which: str) -> Json:
    """A product as a `ProductProjection` of its current or staged data."""
    data = body["masterData"][which]
    return {
        **{name: body[name] for name in ("id", "version", "createdAt", "lastModifiedAt", "productType")},
        **{name: body[name] for name in ("key", "taxCategory") if name in body},
        **data,
        "published": body["masterData"]["published"],
        "hasStagedChanges": body["masterData"]["hasStagedChanges"],
    }


def find_variant(
    project: Project, *, sku: str | None, product_id: str | None, variant_id: int | None
) -> tuple[Json, Json] | None:
    """The projection and variant sold under a SKU, or as a variant of a product; None when there is none."""
    if product_id is None:
        found = project.storage.ids_of("product", "sku", sku) if sku else []
        if not found:
            return None
        product_id = found[0]
    body = project.storage.load("product", product_id)
    if body is None:
        return None
    data = projection(body, "current")
    for variant in variants_of(data):
        if (variant.get("sku") == sku) if sku else (variant["id"] == variant_id):
            return data, variant
    return None


def _variant(project: Project, draft: Json, number: int) -> Json:
    return without_nones(
        {
            "id": number,
            "sku": optional(draft, "sku", str),
            "key": optional(draft, "key", str),
            "prices": [_price(project, price) for price in draft.get("prices", [])],
            "images": draft.get("images", []),
            "attributes": draft.get("attributes", []),
            "assets": [],
        }
    )


def _price(project: Project, draft: Json) -> Json:
    return {"id": project.ids.new(), **draft, "value": typed(needed(draft, "value", dict))}


def _edited(change: Change, action: Json) -> list[Json]:
    """The data an action changes: staged, and current too unless it is staged only."""
    master = change.body["masterData"]
    staged_only = bool(action.get("staged", True))
    if staged_only:
        master["hasStagedChanges"] = True
    return [master["staged"]] if staged_only else [master["staged"], master["current"]]


def _published(body: Json) -> Told:
    return Told(
        "ProductPublished",
        {"removedImageUrls": [], "productProjection": projection(body, "current"), "scope": "All"},
    )


def _publish(change: Change, action: Json) -> None:
    master = change.body["masterData"]
    master["current"] = copy.deepcopy(master["staged"])
    master["hasStagedChanges"] = False
    master["published"] = True
    told = _published(change.body)
    change.tell(told.type, **{**told.fields, "scope": action.get("scope", "All")})


def _unpublish(change: Change, _: Json) -> None:
    change.body["masterData"]["published"] = False
    change.tell("ProductUnpublished")


def _add_variant(change: Change, action: Json) -> None:
    number = 1 + max(variant["id"] for variant in variants_of(change.body["masterData"]["staged"]))
    variant = _variant(change.project, action, number)
    if variant.get("sku") and any(term.value == variant["sku"] for term in _terms(change.body)):
        raise invalid_input(f"The SKU '{variant['sku']}' is already used by this product.")
    for data in _edited(change, action):
        data["variants"].append(copy.deepcopy(variant))
    change.tell("ProductVariantAdded", variant=variant, staged=bool(action.get("staged", True)))


def _remove_variant(change: Change, action: Json) -> None:
    removed = None
    for data in _edited(change, action):
        for variant in list(data["variants"]):
            if variant["id"] == action.get("id") or (action.get("sku") and variant.get("sku") == action["sku"]):
                data["variants"].remove(variant)
                removed = variant
    if removed is None:
        raise invalid_operation("The variant was not found, or is the master variant.")
    change.tell("ProductVariantDeleted", variant=removed, removedImageUrls=[], staged=bool(action.get("staged", True)))


def _chosen(data: Json, action: Json) -> Json:
    for variant in variants_of(data):
        if variant["id"] == action.get("variantId") or (action.get("sku") and variant.get("sku") == action["sku"]):
            return variant
    raise invalid_operation("The variant was not found.")


def _set_sku(change: Change, action: Json) -> None:
    for data in _edited(change, action):
        set_or_remove(_chosen(data, {"variantId": action.get("variantId")}), "sku", action.get("sku"))


def _set_prices(change: Change, action: Json) -> None:
    prices = [_price(change.project, price) for price in needed(action, "prices", list)]
    for data in _edited(change, action):
        _chosen(data, action)["prices"] = copy.deepcopy(prices)


def _set_attribute(change: Change, action: Json) -> None:
    name, value = needed(action, "name", str), action.get("value")
    for data in _edited(change, action):
        variant = _chosen(data, action)
        variant["attributes"] = [attribute for attribute in variant["attributes"] if attribute["name"] != name]
        if value is not None:
            variant["attributes"].append({"name": name, "value": value})


def _change_name(change: Change, action: Json) -> None:
    for data in _edited(change, action):
        data["name"] = needed(action, "name", dict)


def _set_key(change: Change, action: Json) -> None:
    set_or_remove(change.body, "key", optional(action, "key", str))


_ACTIONS: dict[str, Action] = {
    "publish": _publish,
    "unpublish": _unpublish,
    "addVariant": _add_variant,
    "removeVariant": _remove_variant,
    "setSku": _set_sku,
    "setPrices": _set_prices,
    "setAttribute": _set_attribute,
    "changeName": _change_name,
    "setKey": _set_key,
}

PRODUCT = Kind(
    type_id="product",
    path="products",
    fields=frozenset({"productType", "masterData", "taxCategory", "state", "priceMode"}),
    terms=_terms,
    actions=_ACTIONS,
    manage="manage_products",
    view=("view_products", "view_published_products"),
)
PRODUCT_TYPE = Kind(
    type_id="product-type",
    path="product-types",
    fields=frozenset({"name", "description", "attributes"}),
    manage="manage_products",
    view=("view_products",),
)


def product_type_from(_: Project, draft: Json) -> Json:
    """The product type of a draft."""
    return without_nones(
        {
            "key": optional(draft, "key", str),
            "name": needed(draft, "name", str),
            "description": needed(draft, "description", str),
            "attributes": _attribute_definitions(draft.get("attributes", [])),
        }
    )


def _attribute_definitions(drafts: list[Any]) -> list[Json]:
    defaults = {"isRequired": False, "attributeConstraint": "None", "inputHint": "SingleLine", "isSearchable": True}
    return [{**defaults, "level": "Variant", **draft} for draft in drafts]
