"""Reads the predicate language of `where` and of extension conditions (CT-QRY-04).

Grammar::

    expression  = conjunction { "or" conjunction }
    conjunction = factor { "and" factor }
    factor      = "not" "(" expression ")" | "(" expression ")" | "true" | "false" | test
    test        = field "(" expression ")"
                | field ( "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" ) value
                | field [ "not" ] "in" values
                | field "contains" ( "all" | "any" ) values
                | field "is" [ "not" ] ( "defined" | "empty" )
    values      = ":name" | "(" value { "," value } ")"
    value       = text | number | "true" | "false" | ":name"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from local.commercetools_double.bodies import as_stamp
from local.commercetools_double.predicates import (
    Both,
    Compared,
    Constant,
    Contains,
    Defined,
    Either,
    Empty,
    FromVariable,
    Inside,
    Negated,
    Node,
    OneOf,
    Scalar,
)


class PredicateError(ValueError):
    """A predicate that cannot be read; the message says where."""


_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))|(?P<variable>:[A-Za-z_][\w-]*)"""
    r"""|(?P<quoted>`[^`]+`)|(?P<word>[A-Za-z_][\w-]*)|(?P<sign><>|<=|>=|!=|[=<>(),]))"""
)
_ORDER_SIGNS = frozenset({"=", "<", "<=", ">", ">="})


def parse(text: str, variables: Mapping[str, Sequence[str]] | None = None) -> Node:
    """Read a predicate, putting in the values of its variables; raises `PredicateError`."""
    return _Parser(text, variables or {}).read()


class _Parser:
    def __init__(self, text: str, variables: Mapping[str, Sequence[str]]) -> None:
        self._text = text
        self._variables = variables
        self._tokens = list(_tokens(text))
        self._position = 0

    def read(self) -> Node:
        node = self._expression()
        if self._position < len(self._tokens):
            raise self._unexpected("the end")
        return node

    def _expression(self) -> Node:
        parts = [self._conjunction()]
        while self._taken("word", "or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _conjunction(self) -> Node:
        parts = [self._factor()]
        while self._taken("word", "and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _factor(self) -> Node:
        if self._taken("sign", "("):
            return self._closed()
        kind, token = self._next("a field")
        if kind == "quoted":
            return self._test(token[1:-1])
        if kind != "word":
            raise self._unexpected("a field", back=1)
        if token == "not" and self._taken("sign", "("):
            return Negated(self._closed())
        if token in ("true", "false"):
            return Constant(token == "true")
        return self._test(token)

    def _closed(self) -> Node:
        inner = self._expression()
        self._expect("sign", ")")
        return inner

    def _test(self, field: str) -> Node:
        kind, token = self._next("an operator")
        if (kind, token) == ("sign", "("):
            return Inside(field, self._closed())
        if kind == "sign" and token in _ORDER_SIGNS:
            return Compared(field, token, self._value())
        if kind == "sign" and token in ("!=", "<>"):
            return Negated(Compared(field, "=", self._value()))
        if (kind, token) == ("word", "in"):
            return OneOf(field, self._values())
        if (kind, token) == ("word", "not"):
            self._expect("word", "in")
            return Negated(OneOf(field, self._values()))
        if (kind, token) == ("word", "contains"):
            every = self._taken("word", "all")
            if not every:
                self._expect("word", "any")
            return Contains(field, every, self._values())
        if (kind, token) == ("word", "is"):
            return self._state(field)
        raise self._unexpected("an operator", back=1)

    def _state(self, field: str) -> Node:
        negated = self._taken("word", "not")
        if self._taken("word", "defined"):
            node: Node = Defined(field)
        else:
            self._expect("word", "empty")
            node = Empty(field)
        return Negated(node) if negated else node

    def _values(self) -> tuple[Scalar, ...]:
        if self._position < len(self._tokens) and self._tokens[self._position][0] == "variable":
            return self._variable(self._next("values")[1])
        self._expect("sign", "(")
        values: list[Scalar] = []
        while True:
            if self._position < len(self._tokens) and self._tokens[self._position][0] == "variable":
                values += self._variable(self._next("a value")[1])
            else:
                values.append(self._value())
            if not self._taken("sign", ","):
                break
        self._expect("sign", ")")
        return tuple(values)

    def _value(self) -> Scalar:
        kind, token = self._next("a value")
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", token[1:-1])
            return as_stamp(text) or text
        if kind == "number":
            return float(token) if "." in token else int(token)
        if kind == "variable":
            values = self._variable(token)
            if len(values) != 1:
                raise PredicateError(f"the variable {token} needs exactly one value here, it has {len(values)}")
            return values[0]
        if kind == "word" and token in ("true", "false"):
            return token == "true"
        raise self._unexpected("a value", back=1)

    def _variable(self, token: str) -> tuple[FromVariable, ...]:
        values = self._variables.get(token[1:])
        if values is None:
            raise PredicateError(f"no value for the variable {token}")
        return tuple(FromVariable(as_stamp(value) or value) for value in values)

    def _next(self, wanted: str) -> tuple[str, str]:
        if self._position >= len(self._tokens):
            raise PredicateError(f"expected {wanted} but the predicate ends: {self._text}")
        self._position += 1
        return self._tokens[self._position - 1]

    def _taken(self, kind: str, token: str) -> bool:
        if self._position < len(self._tokens) and self._tokens[self._position] == (kind, token):
            self._position += 1
            return True
        return False

    def _expect(self, kind: str, token: str) -> None:
        if not self._taken(kind, token):
            raise self._unexpected(repr(token))

    def _unexpected(self, wanted: str, back: int = 0) -> PredicateError:
        index = self._position - back
        found = repr(self._tokens[index][1]) if index < len(self._tokens) else "the end"
        return PredicateError(f"expected {wanted} but found {found} in: {self._text}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise PredicateError(f"cannot read the predicate at position {position + 1}: {text}")
        yield match.lastgroup, match.group(match.lastgroup)
        position = match.end()
