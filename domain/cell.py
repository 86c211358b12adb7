"""The cells of decision tables: a cell is a set of values, never an expression, so it can be checked and shown.

Numbers are integers only: minor units for money, basis points for rates, `date.toordinal()` for dates. The absence of
a value is taken by `empty` alone, or by no cell at all.
"""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from domain.document import Strict

MAX_VALUES = 200

Value: TypeAlias = bool | int | str | tuple[str, ...] | None
Values = Annotated[tuple[bool, ...] | tuple[int, ...] | tuple[str, ...], Field(min_length=1, max_length=MAX_VALUES)]
Tags = Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_VALUES)]


class Range(Strict):
    """Numbers from one limit to another: at most one of gt/ge and one of lt/le, at least one of the four."""

    op: Literal["range"] = "range"
    gt: int | None = None
    ge: int | None = None
    lt: int | None = None
    le: int | None = None

    @model_validator(mode="after")
    def has_limits_with_room_between(self) -> Self:
        if (self.gt is not None and self.ge is not None) or (self.lt is not None and self.le is not None):
            raise PydanticCustomError("range_doubled", "Give one lower and one upper limit at most.")
        if self.lowest is None and self.highest is None:
            raise PydanticCustomError("range_open", "Give a lower limit, an upper limit or both.")
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise PydanticCustomError("range_empty", "No value lies between these limits.")
        return self

    @property
    def lowest(self) -> int | None:
        return self.ge if self.gt is None else self.gt + 1

    @property
    def highest(self) -> int | None:
        return self.le if self.lt is None else self.lt - 1

    def holds(self, value: Any) -> bool:
        return (
            value is not None
            and (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.lt is None or value < self.lt)
            and (self.le is None or value <= self.le)
        )

    @property
    def beyond(self) -> "Range | None":
        """The numbers it does not take, where those are one range: of a range with one limit."""
        if self.lowest is not None and self.highest is not None:
            return None
        return Range(le=self.gt, lt=self.ge, ge=self.lt, gt=self.le)


class In(Strict):
    op: Literal["in"] = "in"
    values: Values

    def holds(self, value: Any) -> bool:
        return value in self.values


class NotIn(Strict):
    """Every other value, but not the absence of one: for that there is `empty`."""

    op: Literal["not_in"] = "not_in"
    values: Values

    def holds(self, value: Any) -> bool:
        return value is not None and value not in self.values


class Empty(Strict):
    """No value; of a set: no members."""

    op: Literal["empty"] = "empty"

    def holds(self, value: Any) -> bool:
        return value is None or value == ()


class Filled(Strict):
    op: Literal["filled"] = "filled"

    def holds(self, value: Any) -> bool:
        return value is not None and value != ()


class AnyOf(Strict):
    """Sets with at least one of these members."""

    op: Literal["any_of"] = "any_of"
    values: Tags

    def holds(self, value: Any) -> bool:
        return any(tag in value for tag in self.values)


class AllOf(Strict):
    """Sets with each of these members."""

    op: Literal["all_of"] = "all_of"
    values: Tags

    def holds(self, value: Any) -> bool:
        return all(tag in value for tag in self.values)


class NoneOf(Strict):
    """Sets with no one of these members; the empty set too."""

    op: Literal["none_of"] = "none_of"
    values: Tags

    def holds(self, value: Any) -> bool:
        return not any(tag in value for tag in self.values)


Cell = Annotated[
    Range | In | NotIn | Empty | Filled | AnyOf | AllOf | NoneOf,
    Field(discriminator="op"),
]
