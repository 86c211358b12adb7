"""Tickets: what kinds there are, what may be done at which stage, and the policy they live by."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from domain.document import Duration, PolicyDocument

TicketKind = Literal["question", "fault", "complaint", "request", "maintenance"]
TICKET_KINDS: tuple[TicketKind, ...] = get_args(TicketKind)

Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)

Channel = Literal["form", "api", "mail", "hook", "phone", "portal", "device", "timer"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)

Stage = Literal[
    "new", "triage", "queued", "assigned", "waiting_customer", "waiting_third", "resolved", "closed", "merged"
]
STAGES: tuple[Stage, ...] = get_args(Stage)

UNASSIGNED: tuple[Stage, ...] = ("new", "triage", "queued")
WAITING: tuple[Stage, ...] = ("waiting_customer", "waiting_third")
"""Not ours to do just now: the clocks stand still."""
OPEN: tuple[Stage, ...] = (*UNASSIGNED, "assigned", *WAITING)
"""Somebody is still to do something about it; beside them there are resolved, closed and merged."""
ENDED: tuple[Stage, ...] = ("closed", "merged")
"""Its process runs no more."""

Act = Literal[
    "assign", "take", "reply", "note", "wait_customer", "wait_third", "go_on", "resolve", "reopen", "prioritise",
    "rekind", "requeue", "merge", "split", "close",
]  # fmt: skip

ALLOWED: dict[Act, tuple[Stage, ...]] = {
    "assign": OPEN,
    "take": OPEN,
    "reply": (*OPEN, "resolved"),
    "note": (*OPEN, "resolved"),
    "wait_customer": (*UNASSIGNED, "assigned", "waiting_third"),
    "wait_third": (*UNASSIGNED, "assigned", "waiting_customer"),
    "go_on": WAITING,
    "resolve": OPEN,
    "reopen": ("resolved", "closed"),
    "prioritise": OPEN,
    "rekind": OPEN,
    "requeue": OPEN,
    "merge": (*OPEN, "resolved"),
    "split": (*OPEN, "resolved"),
    "close": (*OPEN, "resolved"),
}
"""At which stages each thing may be done."""

Then = Literal["stay", "wait_customer", "wait_third", "resolve"]
"""What an answer does beside answering."""

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "closes": "P5D",
    "reopens": "P14D",
    "untouched": "PT30M",
    "rating": True,
    "confirms": True,
}


class ServicePolicy(PolicyDocument):
    """A resolved ticket closes by itself after `closes`; its customer may reopen it within `reopens` of its end, and
    what they write later is a new ticket. What was assigned and not touched within `untouched` goes back to the
    queue; without it, never. `rating`: the customer is asked how it went; `confirms`: they are told it came in.
    """

    kind: ClassVar[str] = "service"
    default: ClassVar[dict[str, Any]] = DEFAULT

    closes: Duration = timedelta(days=5)
    reopens: Duration = timedelta(days=14)
    untouched: Duration | None = timedelta(minutes=30)
    rating: Annotated[bool, Field(strict=True)] = True
    confirms: Annotated[bool, Field(strict=True)] = True


def may(act: Act, stage: str) -> bool:
    return stage in ALLOWED[act]


def may_come_back(ended_at: datetime | None, policy: ServicePolicy, at: datetime) -> bool:
    """Whether what a customer writes to an ended ticket opens it again, and is no new one."""
    return ended_at is not None and at <= ended_at + policy.reopens
