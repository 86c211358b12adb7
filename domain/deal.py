"""What a deal's record keeps beside its way through the stages: people, competitors, files, how it ended."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field

from domain.document import Key, Label, Strict
from domain.refusal import invalid

PersonRole = Literal["decider", "buyer", "user", "champion", "influencer", "blocker"]
PERSON_ROLES: tuple[PersonRole, ...] = get_args(PersonRole)
Attitude = Literal["supports", "neutral", "against", "unknown"]
ATTITUDES: tuple[Attitude, ...] = get_args(Attitude)
CompetitorStatus = Literal["active", "ahead", "behind", "out"]
COMPETITOR_STATUSES: tuple[CompetitorStatus, ...] = get_args(CompetitorStatus)
How = Literal["call", "visit", "wechat", "mail", "note"]
HOWS: tuple[How, ...] = get_args(How)
Result = Literal["reached", "meeting", "interested", "waiting", "not_reached", "declined"]
"""What a follow-up came to."""
RESULTS: tuple[Result, ...] = get_args(Result)
Part = Literal["people", "competitors", "files"]
PARTS: tuple[Part, ...] = get_args(Part)
"""What a copy of a deal may take along."""

MOST = 50
"""People, competitors and files of one deal, each."""


class DealPerson(BaseModel):
    """A contact of the customer, and the part they play in this deal."""

    contact_id: str
    role: str
    attitude: str = "unknown"
    note: str = ""


class Competitor(BaseModel):
    id: str
    name: str
    strengths: str = ""
    status: str = "active"


class DealFile(BaseModel):
    """A document of the store (by hash) under the name it has here."""

    id: str
    hash: str
    name: str
    size: int
    media_type: str
    by: str
    at: datetime


class Reason(Strict):
    """Why a deal was won or lost, as the pipeline's policy lists it. With `explain` it takes words of one's own."""

    key: Key
    name: Label
    explain: bool = False


Reasons = Annotated[tuple[Reason, ...], Field(max_length=30)]

WON_REASONS: list[dict[str, Any]] = [
    {"key": "fit", "name": {"zh": "方案最契合", "en": "Best fit"}},
    {"key": "price", "name": {"zh": "价格合适", "en": "Price"}},
    {"key": "trust", "name": {"zh": "关系与信任", "en": "Relationship and trust"}},
    {"key": "service", "name": {"zh": "服务与交付", "en": "Service and delivery"}},
    {"key": "other", "name": {"zh": "其他", "en": "Other"}, "explain": True},
]
LOST_REASONS: list[dict[str, Any]] = [
    {"key": "price", "name": {"zh": "价格太高", "en": "Price"}},
    {"key": "competitor", "name": {"zh": "选了竞争对手", "en": "Chose a competitor"}},
    {"key": "budget", "name": {"zh": "预算取消", "en": "No budget"}},
    {"key": "timing", "name": {"zh": "时机不合适", "en": "Bad timing"}},
    {"key": "fit", "name": {"zh": "需求不匹配", "en": "Does not fit"}},
    {"key": "silent", "name": {"zh": "客户失联", "en": "Went silent"}},
    {"key": "other", "name": {"zh": "其他", "en": "Other"}, "explain": True},
]


def check_reason(reasons: Sequence[Reason], key: str | None, words: str | None) -> None:
    """An end needs one of the listed reasons, where any are listed. Raises Refused (422) `reason_needed`,
    `reason_unknown`, `reason_words_needed`.
    """
    if not reasons:
        return
    if not key:
        raise invalid("reason_needed", "reason")
    reason = next((reason for reason in reasons if reason.key == key), None)
    if reason is None:
        raise invalid("reason_unknown", "reason", reason=key)
    if reason.explain and not (words or "").strip():
        raise invalid("reason_words_needed", "note")


def is_planned(next_step: str | None, next_step_on: date | None) -> bool:
    """A next step is one that has a day."""
    return bool(next_step) and next_step_on is not None
