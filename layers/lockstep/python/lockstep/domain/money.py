"""Money in minor units of its currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as a whole number of `10 ** -fraction_digits` units of `currency`.

    The fraction digits travel with the amount because the shop states them (JPY 0, EUR 2, KWD 3), and a
    table of our own would age.
    """

    amount_minor: int
    currency: str
    fraction_digits: int = 2

    def decimal(self) -> Decimal:
        """The amount in major units, exact: 1999 EUR cents are `Decimal("19.99")`."""
        return Decimal(self.amount_minor).scaleb(-self.fraction_digits)

    def __add__(self, other: Money) -> Money:
        self._require_same_unit(other)
        return Money(self.amount_minor + other.amount_minor, self.currency, self.fraction_digits)

    def __sub__(self, other: Money) -> Money:
        self._require_same_unit(other)
        return Money(self.amount_minor - other.amount_minor, self.currency, self.fraction_digits)

    def _require_same_unit(self, other: Money) -> None:
        if (self.currency, self.fraction_digits) != (other.currency, other.fraction_digits):
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")

    def __str__(self) -> str:
        return f"{self.decimal()} {self.currency}"
