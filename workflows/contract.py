"""A contract: a version is submitted and goes through approval; a return makes the next version."""

from typing import Any

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.clause import CheckOutcome
    from activities.contract import Approver, ContractActivities, ContractState, ContractVersion
    from domain import approval_path
    from domain.access import Action, Role, person_key
    from domain.process import Command, Waiting
    from domain.refusal import Refused, forbidden, invalid
    from domain.task import Pace, ladder_of
    from workflows.approval import ApprovalEnded, ApprovalStart, ApprovalWorkflow, approval_workflow_id
    from workflows.contract_check import ContractCheck
    from workflows.contract_review import ContractReview
    from workflows.contract_signing import ContractSigning
    from workflows.contract_term_message import TermStart, term_workflow_id
    from workflows.contract_version import ContractVersions
    from workflows.human_task import OwnerChanged
    from workflows.process import command
    from workflows.signing import signing_workflow_id

ENDED = ("signed", "rejected", "withdrawn")
APPROVED = ("approved", "signed")
"""As far as a deal is concerned: it may be won. One without a document ends as approved."""
FIXED = ("checking", "in_legal", "in_approval", *APPROVED)
"""While and once its amount was submitted, the deal's cannot be changed."""
OUTCOMES = {"approved": "approved", "returned": "draft", "rejected": "rejected", "withdrawn": "draft"}


def contract_workflow_id(contract_id: str) -> str:
    return f"contract/{contract_id}"


class ContractStart(BaseModel):
    contract_id: str
    deal_id: str
    line_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    state: ContractState | None = None


class ContractNews(BaseModel):
    """What a deal hears of its contract whenever the status changes."""

    contract_id: str
    status: str
    amount: int


class SubmitContract(Command):
    """`version` is the one being submitted; `document` a hash of the document store.

    `facts` are what its approval may ask for beside amount, currency and region (domain.approval.FACTS); `kind` chooses
    the standard (`clause_standard.<kind>`) that its document is held against.
    """

    version: int
    amount: int
    document: str | None = None
    note: str | None = None
    facts: dict[str, Any] = {}
    kind: str = ""


class TakeBack(Command):
    """Its submitter takes `version` back before it reaches the approvers: while it is checked, or with legal."""

    version: int


@workflow.defn(name="ContractWorkflow")
class ContractWorkflow(ContractCheck, ContractVersions, ContractReview, ContractSigning):
    projection = ContractActivities.project_contract

    @workflow.init
    def __init__(self, start: ContractStart) -> None:
        self.begin(
            start.state
            or ContractState(record_id=start.contract_id, **start.model_dump(exclude={"contract_id", "state"}))
        )
        self.start = start
        if start.state is None:
            self.change("contract.opened")

    def renewed(self) -> ContractStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: ContractStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        state = self.state
        await self.pin_rules()
        while state.stage not in ENDED and not (state.stage == "approved" and self.nothing_to_sign):
            await self._tell_deal()
            if state.stage == "draft":
                await self._wait_for_a_version()
            elif state.stage in ("in_legal", "in_approval") and self.to_be_compared:
                await self.compare_version()
            elif state.stage == "in_legal":
                await self._wait_for_legal()
            elif state.stage == "checking":
                await self.have_it_checked()
            elif state.stage != "approved":
                await self._have_it_approved()
            elif await self.to_be_signed():
                await self.have_it_signed()
            else:
                break
        self.cancel_tasks()
        self.close(state.stage)
        self.change("contract.closed", outcome=state.stage)
        await self._tell_deal()
        if state.stage in APPROVED and not self.nothing_to_sign:
            await self._begin_term()

    async def _begin_term(self) -> None:
        """From now on it runs, until when its document says or a person knows."""
        state = self.state
        start = TermStart(
            contract_id=state.record_id, deal_id=state.deal_id, line_id=state.line_id,
            customer_id=state.customer_id or "", region_id=state.region_id or "", owner_id=state.owner_id or "",
            title=state.title, amount=state.amount or 0, currency=state.currency or "", signed_at=workflow.now(),
        )  # fmt: skip
        await self.start_once("ContractTermWorkflow", start, term_workflow_id(state.record_id))

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_submit(self, asked: SubmitContract) -> None:
        state = self.state
        if not asked.actor.reaches(Action.CONTRACT_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.CONTRACT_WORK)
        if state.stage != "draft" or state.withdrawn:
            raise Refused("contract_not_draft", 409, stage=state.stage)
        if asked.version != state.version:
            raise Refused("stale_version", 409, version=state.version)
        if asked.amount <= 0:
            raise invalid("amount_positive", "amount")
        self.check_document(asked.document)

    @command(_may_submit)
    def submit(self, asked: SubmitContract) -> None:
        state = self.state
        state.amount = asked.amount
        state.versions.append(
            ContractVersion(no=state.version, amount=asked.amount, document=asked.document, note=asked.note,
                            by=asked.actor.id, at=workflow.now(), facts=asked.facts, kind=asked.kind)
        )  # fmt: skip
        state.check = None
        if asked.document is None:
            self._ask_approvers()  # there is nothing to read
        else:
            state.stage = "checking"
        self.change("contract.submitted", actor=asked.actor.id, version=state.version, amount=asked.amount)
        for task in state.open_tasks:
            self.close_task(task, asked.actor.id, "submitted", behalf_of=task.on_behalf(asked.actor))

    def _may_take_back(self, asked: TakeBack) -> None:
        state = self.state
        if asked.actor.id not in (state.owner_id, state.versions[-1].by if state.versions else None):
            raise forbidden(Action.CONTRACT_WORK)
        if state.stage not in ("checking", "in_legal") or state.withdrawn:
            raise Refused("contract_not_with_legal", 409, stage=state.stage)
        if asked.version != state.version:
            raise Refused("stale_version", 409, version=state.version)

    @command(_may_take_back)
    def take_back(self, asked: TakeBack) -> None:
        """The next version is then prepared; legal's task ends."""
        self.state.versions[-1].outcome = "withdrawn"
        self.end_review("withdrawn")
        self.change("contract.taken_back", actor=asked.actor.id, version=asked.version)
        self._leave_approval("withdrawn")

    @workflow.signal
    def approval_ended(self, ended: ApprovalEnded) -> None:
        if ended.approval_id != self.state.approval_id or self.state.stage != "in_approval":
            return
        state = self.state
        state.versions[-1].outcome, state.versions[-1].conditions = ended.outcome, ended.conditions
        state.earlier = ended.earlier if ended.outcome in ("returned", "approved") else None
        state.approvers = self._approvers(ended)
        self.remember_concerned(ended.earlier)
        if ended.outcome == "approved" and self.in_review and not state.withdrawn:
            self.change("contract.approved_beside", actor=ended.by, comment=ended.comment)
            return
        self.end_review("superseded")
        self.change(f"contract.{ended.outcome}", actor=ended.by, comment=ended.comment)
        self.tell_outcome(ended.outcome, ended.by, ended.comment)
        self._leave_approval(ended.outcome)

    def _leave_approval(self, outcome: str) -> None:
        """Approved, but on legal's conditions, makes the next version's draft as well: that is to meet them."""
        state = self.state
        state.stage = "withdrawn" if state.withdrawn else OUTCOMES[outcome]
        if state.stage == "approved" and self.conditions_open:
            state.stage = "draft"
            self.change("contract.conditions_open", version=state.version)
        if state.stage == "draft":
            state.version += 1
        else:
            state.earlier = None

    def _ask_approvers(self) -> None:
        self.state.stage, self.state.approval_id = "in_approval", self.new_id()

    async def checked(self, outcome: CheckOutcome) -> None:
        """To legal before or beside the approvers, where the policy has legal read it."""
        rules = self.rules.legal
        asked = await self.consider(rules, outcome.state, outcome.level, outcome.findings)
        if self.state.stage != "checking":  # taken back meanwhile
            return
        if self.state.withdrawn:
            self.end_review("withdrawn")
            self.state.stage = "withdrawn"
        elif asked and rules.order == "before":
            self.state.stage = "in_legal"
        else:
            self._ask_approvers()

    def review_passed(self) -> None:
        state = self.state
        if state.stage == "in_legal":
            self._ask_approvers()
        elif state.versions[-1].outcome == "approved":  # it was approved beside legal, and has waited for legal since
            by = state.approvers[-1].person_id if state.approvers else "system"
            self.change("contract.approved", actor=by)
            self.tell_outcome("approved", by, None)
            self._leave_approval("approved")

    def send_back(self, by: str, comment: str | None) -> None:
        state = self.state
        state.versions[-1].outcome = "returned"
        if state.stage != "in_legal":  # else nobody was asked about this version: what they said before may stand
            state.earlier = None
        self.change("contract.returned", actor=by, comment=comment)
        self.tell_outcome("returned", by, comment)
        self._leave_approval("returned")

    def _approvers(self, ended: ApprovalEnded) -> list[Approver]:
        """The people who approved, each once, with the step in which they did first."""
        found: dict[str, Approver] = {}
        for step, seat in approval_path.seats(ended.earlier.path if ended.earlier else []):
            if step.status != "void" and seat.status == "approved" and seat.by and seat.by != "system":
                found.setdefault(seat.by, Approver(person_id=seat.by, role=step.key))
        return list(found.values())

    @workflow.signal
    def amount_changed(self, amount: int) -> None:
        """The deal is worth another amount; what was submitted says its own."""
        if self.state.stage == "draft" and self.state.amount != amount:
            self.state.amount = amount
            self.change("contract.amount_changed", amount=amount)

    @workflow.signal
    async def owner_changed(self, change: OwnerChanged) -> None:
        """The approver's questions go to the new owner, too."""
        await super().owner_changed(change)
        if self.state.stage == "in_approval" and self.state.approval_id:
            await self.signal(approval_workflow_id(self.state.approval_id), "owner_changed", change)
        elif self.state.signing_id:
            await self.signal(signing_workflow_id(self.state.signing_id), "owner_changed", change)

    @workflow.signal
    def withdraw(self, by: str) -> None:
        if self.state.closed_at is None and self.state.stage not in ENDED:
            self.state.withdrawn = True
            self.change("contract.withdrawn", actor=by)

    # --- steps ----------------------------------------------------------------------------------------------------

    async def _tell_deal(self) -> None:
        state = self.state
        if state.told == state.stage:
            return
        news = ContractNews(contract_id=state.record_id, status=state.stage, amount=state.amount or 0)
        await self.signal(f"deal/{state.deal_id}", "contract_changed", news)
        state.told = news.status

    async def _wait_for_a_version(self) -> None:
        state = self.state
        if not state.open_tasks and not state.withdrawn:
            self.open_task(
                "submit_contract", [person_key(state.owner_id or "")], Pace(),
                ladder=ladder_of(Role.SALES, state.region_id), params={"version": state.version},
            )  # fmt: skip
        await self.wait(lambda: state.stage != "draft" or state.withdrawn)
        if state.stage == "draft":
            state.stage = "withdrawn"

    async def _wait_for_legal(self) -> None:
        state = self.state
        await self.wait(lambda: state.stage != "in_legal" or state.withdrawn)
        if state.stage == "in_legal":
            self.end_review("withdrawn")
            state.stage = "withdrawn"

    async def _have_it_approved(self) -> None:
        """Starts the approval of this version and waits for its end; a withdrawal goes through it, too."""
        state = self.state
        approval = ApprovalStart(
            approval_id=state.approval_id or "", reply_to=contract_workflow_id(state.record_id),
            subject_kind="contract", subject_id=state.record_id, subject_version=state.version,
            line_id=state.line_id, customer_id=state.customer_id, region_id=state.region_id,
            submitted_by=state.versions[-1].by, title=state.title, amount=state.amount or 0,
            currency=state.currency or "", facts=state.versions[-1].facts, earlier=self.holding_approvals(),
        )  # fmt: skip
        workflow_id = approval_workflow_id(approval.approval_id)
        await self.start_once(ApprovalWorkflow.run, approval, workflow_id)
        await self.wait(lambda: state.stage != "in_approval" or state.withdrawn)
        review = self.review
        if state.stage != "in_approval":
            if review and review.outcome == "return":  # by legal, beside the approvers, who are not asked any more
                await self.signal(workflow_id, ApprovalWorkflow.withdraw, review.by)
            return
        self.end_review("withdrawn")
        if state.versions[-1].outcome == "approved":
            state.stage = "withdrawn"
            return
        await self.signal(workflow_id, ApprovalWorkflow.withdraw, state.owner_id)
        await self.wait(lambda: state.stage != "in_approval")

    def waiting(self) -> list[Waiting]:
        if self.state.stage == "checking":
            doing = "contract.scanning" if self.state.scanning else "contract.checking"
            return [Waiting(reason=doing, since=self.state.changed_at)]
        if self.state.stage == "in_approval":
            asked = [Waiting(reason="contract.in_approval", since=self.state.changed_at)]
            return [*(asked if self.state.versions[-1].outcome is None else []), *super().waiting()]
        if self.state.stage == "approved":
            return [Waiting(reason="contract.in_signing", since=self.state.changed_at)]
        return super().waiting()
