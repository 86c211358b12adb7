"""The conditions of a list of customers as SQL, each within what its reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Numeric, and_, case, cast, false, func, literal, not_, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB

from db.customer import Assignment, Customer
from db.customer_sight import CustomerSight
from db.deal import Deal
from db.scope import reach, within
from domain.access import Action, Actor
from domain.customer_filter import ME, Group, Test

_COLUMNS: dict[str, Any] = {
    "owner": Assignment.owner_id, "region": Assignment.region_id, "tier": Assignment.tier, "due": Assignment.due_at,
    "followed": Assignment.followed_at, "since": Assignment.since, "how": Assignment.how,
    "created": Customer.created_at,
}  # fmt: skip
_NUMBERS = frozenset({"number", "integer", "money", "percent", "rating"})


@dataclass(frozen=True)
class Looking:
    """Who looks, and what day it is for the company. `pooled`: at what lies in the pools they see, not at theirs.
    `imports`: of those the filter names and they may see, between which ids the customers are that each made."""

    actor: Actor
    zone: str
    today: date
    sight: CustomerSight | None = None
    pooled: bool = False
    imports: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def places(self) -> ColumnElement[bool]:
        """The assignments through which the customers are seen."""
        return self.sight.pooled() if self.pooled and self.sight else assignments_within(self.actor)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone))


def holds(part: Group | Test, looking: Looking) -> ColumnElement[bool]:
    """Of a customer. What several conditions of one group say of an assignment is true of the same one."""
    if isinstance(part, Test):
        return _assigned([_test(part, looking)], looking) if part.fact.place == "assignment" else _test(part, looking)
    joined = and_ if part.every else or_
    of_one = [_test(one, looking) for one in part.parts if isinstance(one, Test) and one.fact.place == "assignment"]
    others = [one for one in part.parts if not (isinstance(one, Test) and one.fact.place == "assignment")]
    held = [holds(one, looking) for one in others]
    if of_one:
        held.append(_assigned([joined(*of_one)], looking))
    return joined(*held) if held else true()


def assignments_within(actor: Actor) -> ColumnElement[bool]:
    """Those through which somebody sees customers."""
    return reach(actor, Action.CUSTOMER_READ, Assignment.owner_id, Assignment.region_id)


def _assigned(conditions: Sequence[ColumnElement[bool]], looking: Looking) -> ColumnElement[bool]:
    theirs = (Assignment.customer_id == Customer.id, looking.places)
    any_of_them = select(Assignment.region_id).where(*theirs, *conditions)
    return any_of_them.correlate(Customer).exists()  # the list ordered by due days reads assignments itself


def _test(test: Test, looking: Looking) -> ColumnElement[bool]:
    match test.fact.place:
        case "assignment":
            return _column(_COLUMNS[test.fact.key], test, looking)
        case "column":
            named = _COLUMNS[test.fact.key] if test.fact.key in _COLUMNS else getattr(Customer, test.fact.key)
            return _column(named, test, looking)
        case "custom":
            return _custom(test, looking)
        case "import":
            return _imported(test, looking)
        case "figure":
            return _figure(test, looking)


def _column(column: Any, test: Test, looking: Looking) -> ColumnElement[bool]:
    values = [looking.actor.id if one == ME else one for one in test.values]
    several = test.fact.field.type in ("choices", "people")
    match test.op:
        case "filled":
            return _says(func.cardinality(column) > 0 if several else column.is_not(None))
        case "empty":
            return _says(func.cardinality(column) == 0 if several else column.is_(None))
        case "is":
            return _says(column.overlap(values) if several else column.in_(values))
        case "not":
            return not_(column.overlap(values)) if several else or_(column.is_(None), column.not_in(values))
        case "contains":
            return _says(column.icontains(values[0], autoescape=True))
        case "starts":
            return _says(column.istartswith(values[0], autoescape=True))
        case "least":
            return _says(column >= values[0])
        case "most":
            return _says(column <= values[0])
        case _:
            begins, ends = _days(test, looking.today)
            from_day = [column >= looking.midnight(begins)] if begins else []
            return and_(true(), *from_day, *([column < looking.midnight(ends)] if ends else []))


def _days(test: Test, today: date) -> tuple[date | None, date | None]:
    """The first day, and the first one that is too late."""
    value, day = test.values[0], timedelta(days=1)
    match test.op:
        case "on":
            return value, _later(value, 1)
        case "before":
            return None, value
        case "after":
            return _later(value, 1), None
        case "last_days":
            return _later(today, 1 - value), today + day
        case _:
            return today, _later(today, value)


def _later(day: date, days: int) -> date:
    """Kept within what calendars and the database can say."""
    try:
        return min(max(day + timedelta(days=days), date(1000, 1, 1)), date(9000, 1, 1))
    except OverflowError:
        return date(9000, 1, 1) if days > 0 else date(1000, 1, 1)


def _custom(test: Test, looking: Looking) -> ColumnElement[bool]:
    """What stands in `custom` may be of another kind than its field is now: then it fits nothing."""
    key, kind = test.fact.key, test.fact.field.type
    value, text = Customer.custom[key], Customer.custom[key].astext
    values = [looking.actor.id if one == ME else one for one in test.values]
    if test.op in ("filled", "empty"):
        filled = _says(and_(value.is_not(None), text.is_not(None), text != ""))
        return filled if test.op == "filled" else not_(func.coalesce(filled, literal(False)))
    if test.op in ("is", "not") and kind not in ("text", "long_text", "url", "address", "serial"):
        same = or_(*(Customer.custom.contains(cast({key: one}, JSONB)) for one in _kept(test, values)))
        return same if test.op == "is" else not_(same)
    if kind in _NUMBERS:
        number = case((func.jsonb_typeof(value) == "number", cast(text, Numeric)))
        return _says(number >= values[0] if test.op == "least" else number <= values[0])
    if kind in ("date", "datetime"):
        return _custom_days(text, test, looking)
    return _column(text, test, looking)


def _kept(test: Test, values: Sequence[Any]) -> list[Any]:
    several = test.fact.field.type in ("choices", "people", "files")
    return [[one] for one in values] if several else list(values)


def _custom_days(text: Any, test: Test, looking: Looking) -> ColumnElement[bool]:
    """ISO 8601 texts of one form each sort as the instants do."""
    begins, ends = _days(test, looking.today)
    if test.fact.field.type == "date":
        like_one = text.op("~")(r"^\d{4}-\d\d-\d\d$")
        held = [cast(text, Date) >= begins] if begins else []
        return _says(case((like_one, and_(*held, *([cast(text, Date) < ends] if ends else []))), else_=False))
    utc = ZoneInfo("UTC")

    def kept(day: date) -> str:
        return looking.midnight(day).astimezone(utc).isoformat(timespec="seconds")

    return and_(*([text >= kept(begins)] if begins else []), *([text < kept(ends)] if ends else []), text != "")


def _imported(test: Test, looking: Looking) -> ColumnElement[bool]:
    """By the ids, of which an import's are a stretch: no index says by which one a customer came."""
    if test.op in ("filled", "empty"):
        return _column(Customer.import_id, test, looking)
    spans = [looking.imports[one] for one in test.values if one in looking.imports]
    made = or_(false(), *(Customer.id.between(*span) for span in spans))
    return made if test.op == "is" else not_(made)


def _figure(test: Test, looking: Looking) -> ColumnElement[bool]:
    still_open = (Deal.customer_id == Customer.id, Deal.closed_at.is_(None), Deal.order_id.is_(None))
    theirs = (*still_open, within(looking.actor, "deal"))
    if test.fact.key == "open_deals":
        there = select(Deal.id).where(*theirs).exists()
        return there if test.values[0] else not_(there)
    amount = select(func.sum(Deal.amount)).where(*theirs).scalar_subquery()
    return _column(amount, test, looking)


def _says(condition: Any) -> ColumnElement[bool]:
    said: ColumnElement[bool] = condition
    return said
