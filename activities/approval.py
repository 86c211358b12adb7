"""Approvals: the route a policy gives, who sits in a step, when time is up, and the rows with the whole path."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, SerializeAsAny
from temporalio import activity

from activities.process import ProcessActivities
from db.approval_turn import write_turns
from db.approver import ADMINISTRATOR, Approvers
from db.calendar import calendars
from db.contract import Approval
from db.policy import current_policy, documents
from db.projection import write_record
from domain.access import Role
from domain.approval import ApprovalPolicy, PassOn, Rules, Step
from domain.approval_path import PathStep, Seat, carry
from domain.approval_seat import Candidate, take_seats
from domain.approver import RoleApprover
from domain.policy import load
from domain.process import ProcessState
from domain.refusal import Refused


class Remark(BaseModel):
    """`kind`: comment, question, answer; `about` is the question's id for an answer, the task's for a question."""

    id: str
    at: datetime
    by: str
    kind: str
    text: str
    about: str | None = None


class Earlier(BaseModel):
    """What a returned version leaves to the next: the facts it was routed by, and its path.

    `ignored` are facts that may differ without anybody being asked again.
    """

    facts: dict[str, Any]
    path: list[PathStep]
    ignored: list[str] = []

    def routed_alike(self, facts: dict[str, Any] | None) -> bool:
        names = (self.facts.keys() | (facts or {}).keys()) - set(self.ignored)
        return facts is not None and all(self.facts.get(name) == facts.get(name) for name in names)


class Reckoning(BaseModel):
    """An instant to be worked out in a calendar: when a task's time is up next, counted from `since`.

    `stopped` is the instant at which its clock stopped, where it now goes on.
    """

    task_id: str
    since: datetime
    stopped: datetime | None = None


class ApprovalState(ProcessState):
    """`decision` is the policy's: facts, fired rows, and why not the others; `facts` all that is known of the request.

    `readers` are the holder keys ever asked or copied; `nudges` the instants of each, by task; `move_to` the policy
    version that an administrator moves it to; `ended_by` who withdrew it.
    """

    stage: str = "open"
    subject_kind: str
    subject_id: str
    subject_version: int
    submitted_by: str
    facts: dict[str, Any] = {}
    decision: dict[str, Any] = {}
    rules: Rules = Rules()
    path: list[PathStep] = []
    remarks: list[Remark] = []
    readers: list[str] = []
    nudges: dict[str, list[datetime]] = {}
    reckonings: list[Reckoning] = []
    move_to: int | None = None
    ended_by: str | None = None


class RouteRequest(BaseModel):
    """`version` None: the policy that holds now."""

    facts: dict[str, Any]
    version: int | None = None
    earlier: Earlier | None = None


class Routing(BaseModel):
    policy_version: int
    decision: dict[str, Any]
    rules: Rules
    path: list[PathStep]


class SeatRequest(BaseModel):
    """`approved` are the people who approved so far, in order."""

    step: SerializeAsAny[Step]
    rules: Rules
    region_id: str | None
    submitted_by: str
    approved: list[str]


class Seating(BaseModel):
    """`skip` says why nobody is asked; else empty. `copies` are the holder keys that get a copy."""

    seats: list[Seat]
    skip: str = ""
    copies: list[str] = []


class ClockRequest(BaseModel):
    """`stopped`: what was left until `until` at that instant is to be left from `since` on."""

    calendar: str
    since: datetime
    spans: list[timedelta] = []
    stopped: datetime | None = None
    until: list[datetime] = []


class ApprovalActivities(ProcessActivities):
    @activity.defn
    async def project_approval(self, state: ApprovalState) -> None:
        async with self.projecting("approval", state) as session:
            if session is None:
                return
            fields = {
                "subject_kind", "subject_id", "subject_version", "line_id", "submitted_by", "title", "amount",
                "currency", "decision", "facts", "readers", "region_id", "opened_at", "closed_at", "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id,
                "status": state.stage,
                "path": [step.model_dump(mode="json") for step in state.path],
                "remarks": [remark.model_dump(mode="json") for remark in state.remarks],
                **state.model_dump(include=fields),
            }
            await write_record(session, Approval, row, prefix="A", year=self.year(state))
            await write_turns(session, state, state.submitted_by, state.path)

    @activity.defn
    async def decide_route(self, request: RouteRequest) -> Routing:
        """The path under the approval policy of this moment; kept in the history, so that it is never decided anew."""
        async with self.db.session() as session:
            if request.version is None:
                version, document = await current_policy(session, ApprovalPolicy.kind)
            else:
                version = request.version
                document = (await documents(session, ApprovalPolicy.kind, [version]))[version]
        policy = load(ApprovalPolicy, document)
        try:
            decision, steps = policy.route(request.facts)
        except Refused as refused:
            # A case that the table does not understand goes to people who can mend the table, never nowhere.
            path, decided = [PathStep(step=LAST_RESORT, note="no_row")], {"refused": refused.code, **refused.params}
        else:
            path = [PathStep(step=step, reason=row) for row, step in steps]
            decided = decision.model_dump(mode="json", exclude={"outcomes"})
        earlier = request.earlier
        if earlier and policy.rules.resubmit == "where_returned" and earlier.routed_alike(decided.get("facts")):
            carry(path, earlier.path)
        return Routing(policy_version=version, decision=decided, rules=policy.rules, path=path)

    @activity.defn
    async def find_seats(self, request: SeatRequest) -> Seating:
        """Who is asked in a step, by the policy's rules for nobody, oneself and the same person twice."""
        step, rules = request.step, request.rules
        async with self.db.session() as session:
            approvers = Approvers(session, request.region_id, request.submitted_by)
            candidates = []
            for asked in step.who:
                for found in await approvers.find(asked):
                    above = await approvers.above(found)
                    candidates.append(
                        Candidate(
                            key=found.key, people=found.people, ladder=found.ladder,
                            above_key=above.key, above_people=above.people, above_ladder=above.ladder,
                        )
                    )  # fmt: skip
            copies = [found.key for one in step.copy_to for found in await approvers.find(one) if found.people]
            pass_to: list[str] = []
            if isinstance(step.timeout, PassOn):
                for found in await approvers.find(step.timeout.to):
                    there = found if found.people - {request.submitted_by} else await approvers.above(found)
                    pass_to.append(there.key)
        seats, skip = take_seats(step, rules, candidates, request.submitted_by, request.approved, ADMINISTRATOR)
        for seat in seats:
            seat.pass_to = pass_to
        return Seating(seats=seats, skip=skip, copies=copies)

    @activity.defn
    async def reckon(self, request: ClockRequest) -> list[datetime]:
        """The instants at which `spans` of working time have passed; or `until`, moved by a stop of the clock."""
        async with self.db.session() as session:
            clock = (await calendars(session)).working_time(request.calendar)
        spans = request.spans
        if request.stopped:
            spans = [clock.worked(request.stopped, max(at, request.stopped)) for at in request.until]
        return [clock.due(request.since, span) for span in spans]


LAST_RESORT = Step(key="administrator", who=(RoleApprover(role=Role.ADMINISTRATOR),), allowed=timedelta(days=1))
"""Who decides where a policy leaves nobody to."""
