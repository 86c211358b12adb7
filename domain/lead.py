"""Leads: how soon who makes first contact, when one is passed on, and why one may be closed."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from domain.document import Duration, Key, Label, PolicyDocument, Strict, duplicates, fault, refuse_faults
from domain.working_time import WorkingTime

Grade = Literal["A", "B", "C", "D"]
GRADES: tuple[Grade, ...] = get_args(Grade)

How = Literal["call", "visit", "wechat", "mail"]
HOWS: tuple[How, ...] = get_args(How)

Outcome = Literal["reached", "message_left", "no_answer", "wrong_details"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What came of trying to contact somebody."""

OPEN = ("new", "pooled", "assigned", "contacted")
"""Stages of a lead that somebody is to do something about now; beside them there are asleep, converted and closed."""

Length = Annotated[int, Field(ge=1, le=20_000)]

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "calendar": "office",
    "targets": {
        "a": {"allowed": "PT1H"},
        "b": {"allowed": "PT2H"},
        "c": {"allowed": "PT4H"},
        "d": {"allowed": "PT8H"},
    },
    "reasons": [
        {"key": "no_need", "name": {"zh": "没有需求", "en": "No need"}},
        {"key": "no_budget", "name": {"zh": "没有预算", "en": "No budget"}},
        {"key": "competitor", "name": {"zh": "已选其他供应商", "en": "Bought elsewhere"}},
        {"key": "unreachable", "name": {"zh": "联系不上", "en": "Cannot be reached"}},
        {"key": "not_real", "name": {"zh": "不是真实询价", "en": "Not a real enquiry"}},
        {"key": "other", "name": {"zh": "其他", "en": "Something else"}, "explain": True},
    ],
    "form": {"name": 80, "company": 120, "phone": 32, "email": 254, "message": 2_000},
}


class Target(Strict):
    """First contact within `allowed`; the reminder after a share of that time, or after a time of its own."""

    allowed: Duration
    remind_percent: Annotated[int, Field(ge=1, le=99)] = 50
    remind: Duration | None = None

    @model_validator(mode="after")
    def reminds_before_time_is_up(self) -> Self:
        if self.remind is not None and self.remind >= self.allowed:
            refuse_faults(self, [fault(["remind"], "remind_late", "Remind before the time for first contact is up.")])
        return self

    @property
    def reminded_after(self) -> timedelta:
        return self.remind or self.allowed * self.remind_percent / 100

    def instants(self, since: datetime, clock: WorkingTime | None) -> tuple[datetime, datetime]:
        """When to remind and when time is up: by working time, or without any by the clock."""
        spans = (self.reminded_after, self.allowed)
        remind, due = (clock.due(since, span) if clock else since + span for span in spans)
        return remind, due


class Targets(Strict):
    a: Target
    b: Target
    c: Target
    d: Target

    def of(self, grade: Grade) -> Target:
        target: Target = getattr(self, grade.lower())
        return target


class Reason(Strict):
    """Why a lead is closed; `explain`: not without a word more."""

    key: Key
    name: Label
    explain: bool = False


class FormLengths(Strict):
    """The most characters each field of the lead form takes."""

    name: Length
    company: Length
    phone: Length
    email: Length
    message: Length


class LeadPolicy(PolicyDocument):
    """`targets` count from the assignment, in the working time of `calendar` or, without one, by the clock.

    A lead not contacted in time is passed on, at most `passes` times; then, and where nobody can take it, it goes to
    its region's pool, whose manager sees to it within `pool` before the next above hears of it. `counts` are the
    outcomes that make a contact the first one. A closed lead that comes back is opened again: it goes to who had it
    last, if that is no longer ago than `returns_within`, or into the turn.
    """

    kind: ClassVar[str] = "lead"
    default: ClassVar[dict[str, Any]] = DEFAULT

    calendar: Key | None = None
    targets: Targets
    passes: Annotated[int, Field(ge=0, le=50)] = 5
    pool: Target = Target(allowed=timedelta(hours=4))
    counts: Annotated[tuple[Outcome, ...], Field(min_length=1)] = ("reached", "message_left")
    returns: Literal["last_owner", "turn"] = "last_owner"
    returns_within: Duration = timedelta(days=365)
    sleeps: Duration = timedelta(days=366)
    reasons: Annotated[tuple[Reason, ...], Field(min_length=1, max_length=40)]
    form: FormLengths

    @model_validator(mode="after")
    def names_each_reason_once(self) -> Self:
        twice = duplicates([reason.key for reason in self.reasons])
        refuse_faults(
            self, [fault(["reasons"], "reason_doubled", "Two reasons have the key {key}.", key=k) for k in twice]
        )
        return self

    def reason(self, key: str) -> Reason | None:
        return next((reason for reason in self.reasons if reason.key == key), None)
