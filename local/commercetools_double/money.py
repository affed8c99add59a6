"""Money as commercetools writes it: whole minor units, with the currency's own fraction digits."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from local.commercetools_double.bodies import Json, needed

_WITHOUT_MINOR_UNIT = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
_WITH_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def fraction_digits(currency: str) -> int:
    """How many digits the currency's minor unit has (ISO 4217)."""
    if currency in _WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency in _WITH_THREE_DIGITS else 2


def money(cent_amount: int, currency: str) -> Json:
    """A `CentPrecisionMoney` of `cent_amount` minor units."""
    return {
        "type": "centPrecision",
        "currencyCode": currency,
        "centAmount": cent_amount,
        "fractionDigits": fraction_digits(currency),
    }


def typed(draft: Mapping[str, Any]) -> Json:
    """The money of a draft with its type and fraction digits; high-precision money stays as it is."""
    if draft.get("type") == "highPrecision":
        digits = int(needed(draft, "fractionDigits", int))
        currency = str(needed(draft, "currencyCode", str))
        precise = int(needed(draft, "preciseAmount", int))
        shift = digits - fraction_digits(currency)
        cents = draft.get("centAmount", rounded(Decimal(precise).scaleb(-shift)))
        return {
            "type": "highPrecision",
            "currencyCode": currency,
            "centAmount": cents,
            "preciseAmount": precise,
            "fractionDigits": digits,
        }
    return money(needed(draft, "centAmount", int), needed(draft, "currencyCode", str))


def times(price: Mapping[str, Any], quantity: int) -> int:
    """Minor units of `quantity` pieces at `price`, rounded half to even for high-precision prices."""
    if price.get("type") == "highPrecision":
        shift = int(price["fractionDigits"]) - fraction_digits(str(price["currencyCode"]))
        return rounded(Decimal(int(price["preciseAmount"]) * quantity).scaleb(-shift))
    return int(price["centAmount"]) * quantity


def rounded(amount: Decimal) -> int:
    """Whole minor units, half to even."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def taxed(cent_amount: int, currency: str, rate: Mapping[str, Any]) -> Json:
    """A `TaxedItemPrice` of an amount under one tax rate (`amount` as a share, `includedInPrice`)."""
    share = Decimal(str(rate["amount"]))
    if rate["includedInPrice"]:
        gross, net = cent_amount, rounded(cent_amount / (1 + share))
    else:
        gross, net = rounded(cent_amount * (1 + share)), cent_amount
    return taxed_of(net, gross, currency, [(str(rate["name"]), float(share), gross - net)])


def taxed_of(net: int, gross: int, currency: str, portions: list[tuple[str, float, int]]) -> Json:
    """A `TaxedItemPrice` from its totals and portions (name, rate, minor units of tax)."""
    return {
        "totalNet": money(net, currency),
        "totalGross": money(gross, currency),
        "taxPortions": [
            {"name": name, "rate": rate, "amount": money(amount, currency)} for name, rate, amount in portions
        ],
        "totalTax": money(gross - net, currency),
    }


def tax_rate(draft: Mapping[str, Any] | None) -> Json | None:
    """A `TaxRate` from an external tax rate draft or a tax rate given whole."""
    if draft is None:
        return None
    rate = {"amount": 0.0, "includedInPrice": False, **draft}
    needed(rate, "name", str)
    needed(rate, "country", str)
    return rate
