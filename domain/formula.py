"""Formulas over the fields of a record: sums, comparisons, dates and a few functions; read once, never executed.

    round(employees * 1.5, 1)      days(contract_until, today)      if(revenue > 5000000, "A", "B")

A date and a number add up to a date, the difference of two dates is their days. Where a field that counts is empty,
so is the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from functools import lru_cache
from typing import NamedTuple

Value = Decimal | date | str | bool | None
DEEPEST = 24
TODAY = "today"
_TOKEN = re.compile(
    r'\s*(?:(?P<number>\d{1,15}(?:\.\d{1,9})?)|(?P<name>[a-z][a-z0-9_]{0,59})|"(?P<text>[^"]{0,100})"'
    r"|(?P<sign><=|>=|!=|[-+*/(),<>=&]))"
)
_BINDS = {"=": 1, "!=": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4}


class BadFormula(ValueError):
    """`near` is where it cannot be read."""

    def __init__(self, code: str, near: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.near = near


class Node(NamedTuple):
    """`what`: number, text, name, call, or a sign with its two sides."""

    what: str
    value: str
    parts: tuple[Node, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        own = {self.value} if self.what == "name" else set()
        return frozenset(own).union(*(part.names for part in self.parts)) - {TODAY}


@lru_cache(maxsize=512)
def read_formula(text: str) -> Node:
    """Raises BadFormula: formula_needed, formula_unreadable, formula_function_unknown, formula_deep."""
    if not text.strip():
        raise BadFormula("formula_needed")
    reader = _Reader(list(_tokens(text)))
    node = reader.expression(0, 0)
    if reader.rest:
        raise BadFormula("formula_unreadable", reader.rest[0][1])
    return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise BadFormula("formula_unreadable", text[at : at + 12].strip())
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens

    def expression(self, least: int, depth: int) -> Node:
        if depth > DEEPEST:
            raise BadFormula("formula_deep")
        left = self._one(depth)
        while self.rest and self.rest[0][0] == "sign" and _BINDS.get(self.rest[0][1], 0) > least:
            sign = self.rest.pop(0)[1]
            left = Node("sign", sign, (left, self.expression(_BINDS[sign], depth + 1)))
        return left

    def _one(self, depth: int) -> Node:
        what, text = self._next()
        if what == "name" and self._is("("):
            return self._call(text, depth)
        if what != "sign":
            return Node(what, text)
        if text == "-":
            return Node("sign", "-", (Node("number", "0"), self.expression(_BINDS["*"] - 1, depth + 1)))
        if text != "(":
            raise BadFormula("formula_unreadable", text)
        inner = self.expression(0, depth + 1)
        self._take(")")
        return inner

    def _call(self, name: str, depth: int) -> Node:
        if name not in FUNCTIONS:
            raise BadFormula("formula_function_unknown", name)
        self._take("(")
        parts = [self.expression(0, depth + 1)]
        while self._is(","):
            self._take(",")
            parts.append(self.expression(0, depth + 1))
        self._take(")")
        fewest, most, _ = FUNCTIONS[name]
        if not fewest <= len(parts) <= most:
            raise BadFormula("formula_unreadable", name)
        return Node("call", name, tuple(parts))

    def _next(self) -> tuple[str, str]:
        if not self.rest:
            raise BadFormula("formula_unreadable")
        return self.rest.pop(0)

    def _is(self, sign: str) -> bool:
        return bool(self.rest) and self.rest[0] == ("sign", sign)

    def _take(self, sign: str) -> None:
        if not self._is(sign):
            raise BadFormula("formula_unreadable", self.rest[0][1] if self.rest else "")
        self.rest.pop(0)


def reckon(node: Node, values: Mapping[str, Value], today: date) -> Value:
    """The result; None where a part is empty, does not fit the other, or divides by nothing."""
    try:
        return _reckon(node, {**values, TODAY: today})
    except (DecimalException, OverflowError, TypeError, ValueError):
        return None


def _reckon(node: Node, values: Mapping[str, Value]) -> Value:
    match node.what:
        case "number":
            return Decimal(node.value)
        case "text":
            return node.value
        case "name":
            return values.get(node.value)
        case "call":
            return _called(node, values)
    left, right = (_reckon(part, values) for part in node.parts)
    if node.value in ("=", "!="):
        return (left == right) is (node.value == "=")
    if left is None or right is None:
        return None
    return _SIGNS[node.value](left, right)


def _called(node: Node, values: Mapping[str, Value]) -> Value:
    if node.value == "if":
        test = _reckon(node.parts[0], values)
        return _reckon(node.parts[1 if test is True else 2], values)
    given = [_reckon(part, values) for part in node.parts]
    if node.value == "empty":
        return given[0] is None
    if None in given:
        return None
    return FUNCTIONS[node.value][2](given)


def _sum(left: Value, right: Value) -> Value:
    if isinstance(left, date) and isinstance(right, Decimal):
        return left + timedelta(days=int(right))
    return _number(left) + _number(right)


def _difference(left: Value, right: Value) -> Value:
    if isinstance(left, date) and isinstance(right, date):
        return Decimal((left - right).days)
    return _sum(left, -_number(right))


def _number(value: Value) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError
    return value


def _day(value: Value) -> date:
    if not isinstance(value, date):
        raise TypeError
    return value


def _less(left: Value, right: Value) -> bool:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left < right
    if isinstance(left, date) and isinstance(right, date):
        return left < right
    raise TypeError


def _text(value: Value) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _rounded(given: list[Value]) -> Value:
    digits = int(_number(given[1])) if len(given) > 1 else 0
    return _number(given[0]).quantize(Decimal(1).scaleb(-max(0, min(digits, 9))), ROUND_HALF_UP)


_SIGNS: dict[str, Callable[[Value, Value], Value]] = {
    "+": _sum,
    "-": _difference,
    "*": lambda left, right: _number(left) * _number(right),
    "/": lambda left, right: _number(left) / _number(right),
    "&": lambda left, right: _text(left) + _text(right),
    "<": _less,
    ">": lambda left, right: _less(right, left),
    "<=": lambda left, right: not _less(right, left),
    ">=": lambda left, right: not _less(left, right),
}
FUNCTIONS: dict[str, tuple[int, int, Callable[[list[Value]], Value]]] = {
    "if": (3, 3, lambda given: None),
    "empty": (1, 1, lambda given: None),
    "round": (1, 2, _rounded),
    "min": (1, 10, lambda given: min(map(_number, given))),
    "max": (1, 10, lambda given: max(map(_number, given))),
    "abs": (1, 1, lambda given: abs(_number(given[0]))),
    "days": (2, 2, lambda given: Decimal((_day(given[0]) - _day(given[1])).days)),
    "year": (1, 1, lambda given: Decimal(_day(given[0]).year)),
    "month": (1, 1, lambda given: Decimal(_day(given[0]).month)),
}
"""Each with how many parts it takes at least and at most; `if` and `empty` look at parts that may be empty."""
