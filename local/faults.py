"""The one language in which both doubles are told to fail.

A plan is a seed and a list of rules, as sent to `POST /_admin/faults`::

    {"seed": 7, "rules": [
        {"name": "one in twenty updates happens unheard", "match": {"kind": "orders.update"},
         "when": {"probability": 0.05}, "do": "status_after_effect", "status": 500},
        {"match": {"kind": "*"}, "when": {"between_seconds": [60, 180]}, "do": "down"},
        {"match": {"kind": "subscription.deliver"}, "when": {"every": 7}, "do": "repeat", "times": 2}]}

A rule looks only at what it matches (`match.kind` is a pattern such as `orders.*`, `match.path` a part of the path) and
counts those calls from 1. It fires when every condition in `when` holds, at most `limit` times. Chance is drawn from a
generator of the rule's own, so the same seed and the same calls repeat the same day.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class FaultError(ValueError):
    """A plan that cannot be read; the message names the rule and the field."""


class Do(StrEnum):
    """What a rule does to a call, or to a message on its way out."""

    STATUS = "status"
    """Answer `status` (with `body` and `headers`, if given) and do nothing."""
    STATUS_AFTER_EFFECT = "status_after_effect"
    """Do what was asked, then answer `status`: the failure that happened."""
    CUT_BEFORE = "cut_before"
    """Close the connection without doing anything."""
    CUT_AFTER = "cut_after"
    """Do what was asked, then close the connection without an answer."""
    DELAY = "delay"
    """Wait `seconds` (a number, or a `[least, most]` pair drawn evenly), then go on."""
    EXPIRE_TOKEN = "expire_token"
    """Forget every access token given out so far; this call is answered as one with an expired token."""
    STALE_READ = "stale_read"
    """Answer a read as of `seconds` ago."""
    EMPTY_200 = "empty_200"
    """Answer 200 with a blank body; with `effect: true` the request is carried out first."""
    DOWN = "down"
    """Close every matching connection at once, as a host that is not there."""
    LOSE = "lose"
    """Never deliver the message."""
    REPEAT = "repeat"
    """Deliver the message `times` times more."""
    REORDER = "reorder"
    """Hold the message back until the next one has been delivered."""


_OF_DELIVERIES = frozenset({Do.LOSE, Do.REPEAT, Do.REORDER})
_OF_BOTH = frozenset({Do.DELAY})
DELIVERIES = ("subscription.deliver", "webhook.deliver")
"""The kinds under which messages on their way out are looked at; every other kind is a call."""
_CONDITIONS = frozenset({"nth", "every", "probability", "first", "between_seconds"})
_RULE_FIELDS = frozenset(
    {"name", "match", "when", "limit", "do", "status", "body", "headers", "seconds", "times", "effect"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One rule, read and checked."""

    name: str
    do: Do
    kind: str = "*"
    path: str = ""
    nth: frozenset[int] = frozenset()
    every: int | None = None
    probability: float | None = None
    first: int | None = None
    between_seconds: tuple[float, float] | None = None
    limit: int | None = None
    status: int = 503
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: tuple[float, float] = (0.0, 0.0)
    times: int = 1
    effect: bool = False

    @classmethod
    def read(cls, raw: Mapping[str, Any], position: int) -> FaultRule:
        """Read a rule as sent by a person; raises `FaultError` for whatever it does not know."""
        name = str(raw.get("name", f"rule {position + 1}"))
        try:
            return cls._read(name, raw)
        except FaultError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FaultError(f"fault rule {name!r} cannot be read: {error!r}") from error

    @classmethod
    def _read(cls, name: str, raw: Mapping[str, Any]) -> FaultRule:
        _refuse_unknown(name, "field", raw, _RULE_FIELDS)
        match: Mapping[str, Any] = raw.get("match") or {}
        when: Mapping[str, Any] = raw.get("when") or {}
        _refuse_unknown(name, "match", match, frozenset({"kind", "path"}))
        _refuse_unknown(name, "condition", when, _CONDITIONS)
        do = Do(raw["do"])
        if do in (Do.DELAY, Do.STALE_READ) and "seconds" not in raw:
            raise FaultError(f"fault rule {name!r}: {do} needs seconds")
        kind = str(match.get("kind", "*"))
        if do in _OF_DELIVERIES and not any(fnmatchcase(delivery, kind) for delivery in DELIVERIES):
            raise FaultError(f"fault rule {name!r}: {do} is for deliveries ({', '.join(DELIVERIES)}), not for {kind}")
        if kind in DELIVERIES and do not in _OF_DELIVERIES | _OF_BOTH:
            raise FaultError(f"fault rule {name!r}: {do} is for calls, not for {kind}")
        if not 0 <= float(when.get("probability", 0)) <= 1:
            raise FaultError(f"fault rule {name!r}: probability lies between 0 and 1, not at {when['probability']}")
        between = when.get("between_seconds")
        every = _positive(name, when, "every")
        return cls(
            name=name,
            do=do,
            kind=kind,
            path=str(match.get("path", "")),
            nth=frozenset(int(n) for n in when.get("nth", ())),
            every=every,
            probability=float(when["probability"]) if "probability" in when else None,
            first=_positive(name, when, "first"),
            between_seconds=(float(between[0]), float(between[1])) if between else None,
            limit=_positive(name, raw, "limit"),
            status=int(raw.get("status", 503)),
            body=raw.get("body"),
            headers={str(key): str(value) for key, value in (raw.get("headers") or {}).items()},
            seconds=_span(raw.get("seconds", 0)),
            times=int(raw.get("times", 1)),
            effect=bool(raw.get("effect", False)),
        )

    def matches(self, kind: str, path: str) -> bool:
        """Whether this rule looks at this kind and path at all; one for calls never looks at a delivery."""
        if self.do not in _OF_BOTH and (self.do in _OF_DELIVERIES) != (kind in DELIVERIES):
            return False
        return fnmatchcase(kind, self.kind) and self.path in path

    def holds(self, ordinal: int, elapsed_seconds: float, draw: float) -> bool:
        """Whether the rule's conditions hold for its `ordinal`-th matching call (counted from 1)."""
        if self.nth and ordinal not in self.nth:
            return False
        if self.every is not None and ordinal % self.every:
            return False
        if self.first is not None and ordinal > self.first:
            return False
        if self.probability is not None and draw >= self.probability:
            return False
        if self.between_seconds is not None:
            start, end = self.between_seconds
            return start <= elapsed_seconds < end
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What befalls one call or message: a delay (always first), then at most one rule of another sort."""

    delay_seconds: float = 0.0
    rule: FaultRule | None = None

    @property
    def do(self) -> Do | None:
        """The action of the deciding rule; None when the call goes through."""
        return self.rule.do if self.rule else None


NO_FAULT = Decision()


class FaultPlan:
    """The rules in force since `started_at`, with how often each has looked and fired."""

    def __init__(
        self, rules: Sequence[Mapping[str, Any]] = (), *, seed: int = 0, started_at: datetime | None = None
    ) -> None:
        """Read `rules` as sent by a person. `started_at` (aware) is what `between_seconds` counts from."""
        self.seed = seed
        self.rules = tuple(FaultRule.read(raw, position) for position, raw in enumerate(rules))
        self._started_at = started_at
        self._seen = [0] * len(self.rules)
        self._fired = [0] * len(self.rules)
        self._chance = [random.Random(f"{seed}:{position}") for position in range(len(self.rules))]

    @classmethod
    def read(cls, raw: Mapping[str, Any], started_at: datetime) -> FaultPlan:
        """Read the body of `POST /_admin/faults`; raises `FaultError`."""
        rules = raw.get("rules", [])
        if not isinstance(rules, list):
            raise FaultError("rules must be a list")
        return cls(rules, seed=int(raw.get("seed", 0)), started_at=started_at)

    def decide(self, kind: str, path: str, now: datetime) -> Decision:
        """Decide the fate of one call: delays of all firing rules add up, the first other rule that fires decides.

        A rule behind one that has decided still counts the call, so that adding a rule does not shift another's days.
        """
        if not self.rules:
            return NO_FAULT
        started_at = self._started_at or now
        elapsed_seconds = (now - started_at).total_seconds()
        delay_seconds = 0.0
        deciding: FaultRule | None = None
        for position, rule in enumerate(self.rules):
            if not rule.matches(kind, path):
                continue
            self._seen[position] += 1
            draw = self._chance[position].random()
            if rule.limit is not None and self._fired[position] >= rule.limit:
                continue
            if not rule.holds(self._seen[position], elapsed_seconds, draw):
                continue
            if rule.do is Do.DELAY:
                delay_seconds += self._chance[position].uniform(*rule.seconds)
            elif deciding is None:
                deciding = rule
            else:
                continue
            self._fired[position] += 1
        return Decision(delay_seconds=delay_seconds, rule=deciding)

    def report(self) -> list[dict[str, Any]]:
        """How often each rule has looked at a call and fired, in the rules' order."""
        return [
            {"name": rule.name, "do": rule.do.value, "seen": seen, "fired": fired}
            for rule, seen, fired in zip(self.rules, self._seen, self._fired, strict=True)
        ]


def _refuse_unknown(name: str, what: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise FaultError(
            f"fault rule {name!r}: unknown {what} {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )


def _positive(name: str, given: Mapping[str, Any], key: str) -> int | None:
    if key not in given:
        return None
    number = int(given[key])
    if number < 1:
        raise FaultError(f"fault rule {name!r}: {key} must be at least 1, not {number}")
    return number


def _span(seconds: Any) -> tuple[float, float]:
    if isinstance(seconds, (int, float)):
        return float(seconds), float(seconds)
    least, most = seconds
    return float(least), float(most)
