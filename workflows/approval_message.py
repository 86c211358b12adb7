"""What an approval is started with, what it is told, and what it tells when it ends."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.approval import ApprovalState, Earlier
    from domain.process import Command
    from workflows.human_task import TaskCommand


def approval_workflow_id(approval_id: str) -> str:
    return f"approval/{approval_id}"


class ApprovalStart(BaseModel):
    """`reply_to` is the workflow that hears the end by its signal `approval_ended`.

    `facts` are those of the request beside amount, currency, region and kind (domain.approval.FACTS); `earlier` is
    what the version before was returned with.
    """

    approval_id: str
    reply_to: str
    subject_kind: str
    subject_id: str
    subject_version: int
    line_id: str
    customer_id: str | None
    region_id: str | None
    submitted_by: str
    title: str
    amount: int
    currency: str
    facts: dict[str, Any] = {}
    earlier: Earlier | None = None
    state: ApprovalState | None = None

    @property
    def owner_id(self) -> str:
        return self.submitted_by


class ApprovalEnded(BaseModel):
    """`conditions` are those under which it was approved; `earlier` goes to the next version's approval."""

    approval_id: str
    outcome: str
    by: str
    comment: str | None = None
    conditions: list[str] = []
    earlier: Earlier | None = None


class Decide(TaskCommand):
    """`version` is the task's version the approver saw. A return and a rejection need a comment.

    `to` is the key of an earlier step to return to; without it, to the submitter. `proof` is what the edge has
    checked: the approver's signature, or their second factor. `bulk`: decided together with others.
    """

    outcome: Literal["approve", "return", "reject"]
    version: int
    comment: str | None = None
    condition: str | None = None
    to: str | None = None
    proof: Literal["signature", "second_factor"] | None = None
    bulk: bool = False


class AddSigner(TaskCommand):
    """Asks `people` as well: before the approver decides, who is then asked again, or after."""

    people: list[str] = Field(min_length=1, max_length=10)
    where: Literal["before", "after"]
    mode: Literal["any", "all", "in_order"] = "all"
    why: str | None = None


class Say(Command):
    """A comment on the case."""

    text: str


class Ask(TaskCommand):
    """A question to the submitter, or the submitter's answer to it."""

    text: str


class MovePolicy(Command):
    """`version` of the approval policy that the case is to run under from now on."""

    version: int
