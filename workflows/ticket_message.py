"""What a ticket's process is told and asked."""

from datetime import datetime

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.ticket import Said, TicketState
    from domain.process import Command
    from domain.ticket import Then


def ticket_workflow_id(ticket_id: str) -> str:
    return f"ticket/{ticket_id}"


class TicketStart(BaseModel):
    """The ticket's row was there first. Of one that had ended before, a start is its coming back: how it stood, its
    row says. `unheard` is what its customer wrote while it was ending.
    """

    ticket_id: str
    number: str
    region_id: str
    customer_id: str | None = None
    contact_id: str | None = None
    owner_id: str | None = None
    kind: str = "question"
    channel: str = "form"
    priority: str = "normal"
    tier: str = "standard"
    language: str = "zh_CN"
    opened_at: datetime
    unheard: list[Said] = []
    state: TicketState | None = None

    @property
    def line_id(self) -> str:
        return self.ticket_id

    @property
    def amount(self) -> None:
        """A ticket is not about money."""


class Joined(BaseModel):
    """Another ticket was merged into this one."""

    ticket_id: str


class TierChanged(BaseModel):
    """The customer waits in another service queue from `at` on, or in the same again; `by` whom."""

    tier: str
    by: str
    at: datetime


class SplitOff(BaseModel):
    """A message of this ticket became the ticket `ticket_id`; `last_said_at` is of the latest that stayed."""

    ticket_id: str
    by: str
    last_said_at: datetime | None = None


class Seen(Command):
    """`seen_at` is when the last message that the person read was written; `anyway`: they know that there is more."""

    seen_at: datetime | None = None
    anyway: bool = False


class ReplyTicket(Seen):
    """`message_id` is written already, `at` that instant; `then` is what becomes of the ticket."""

    message_id: str
    at: datetime
    then: Then = "wait_customer"


class NoteTicket(Command):
    message_id: str


class AssignTicket(Command):
    """`to` answers tickets in its region: the command looked."""

    to: str
    why: str | None = None


class WaitTicket(Command):
    """`until` is when it is ours again by itself."""

    until: datetime | None = None
    why: str | None = None


class ResolveTicket(Seen):
    why: str | None = None


class ReopenTicket(Command):
    why: str | None = None


class ChangeTicket(Command):
    """What is None stays as it is; `queue` is a key of the routing policy."""

    priority: str | None = None
    kind: str | None = None
    queue: str | None = None
    why: str | None = None


class MergeInto(Command):
    """`into` is the ticket that goes on: the command followed the chain."""

    into: str


class CloseTicket(Command):
    """`spam`: it was no request at all."""

    spam: bool = False
    why: str | None = None
