"""What a lead's process is told and asked."""

from datetime import date, datetime

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.lead import Former, LeadState, Match
    from domain.process import Command
    from workflows.human_task import TaskCommand


def lead_workflow_id(lead_id: str) -> str:
    return f"lead/{lead_id}"


class LeadStart(BaseModel):
    """The lead's row was there first (a public form, an upload); `owner_id` where somebody took it by hand.

    `customer_id` is the customer it is known to come from, `matches` are those it likely comes from. Of a lead that had
    ended before, a start is its coming back: how it stood, its row says.
    """

    lead_id: str
    region_id: str
    owner_id: str | None = None
    amount: int | None = None
    currency: str
    customer_id: str | None = None
    matches: list[Match] = []
    state: LeadState | None = None

    @property
    def line_id(self) -> str:
        """A line begins with its lead."""
        return self.lead_id


class LeadTouch(BaseModel):
    """They turned to us again; `id` names this time, however often it is told. `source` is that of a lead."""

    id: str
    source: str = ""


class LogContact(Command):
    """`how` and `outcome` as in domain.lead; `next_at` is when to get in touch again."""

    how: str
    note: str = ""
    outcome: str = "reached"
    next_at: datetime | None = None


class QualifyLead(Command):
    """`customer_id` and `contact_id` where they are there already; `pipeline` is a pipeline's key, None the first."""

    deal_id: str
    title: str
    amount: int
    close_on: date | None = None
    next_step: str | None = None
    customer_id: str | None = None
    contact_id: str | None = None
    pipeline: str | None = None


class CloseLead(Command):
    """`key` is one of the policy's reasons, `reason` what there is to say beside it."""

    key_of: str
    reason: str | None = None


class SleepLead(Command):
    until: datetime
    why: str | None = None


class AssignLead(Command):
    """`to` sells in the lead's region: the command looked."""

    to: str
    why: str | None = None


class ReopenLead(Command):
    """How the lead stood when it ended, as its row says."""

    former: Former


class ReviewMatch(TaskCommand):
    """Without `match` the lead is something new."""

    match: Match | None = None
