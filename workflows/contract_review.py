"""Legal's part of a contract's life: a version with risky clauses, or one nobody could read, waits for its review."""

from collections.abc import Sequence
from typing import Protocol

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contract import ContractState
    from activities.legal import Clause, LegalActivities, ReviewPlan, ReviewRequest
    from domain.access import Role, person_key, role_key
    from domain.contract_review import (
        Condition,
        Decision,
        End,
        Outcome,
        Review,
        Ruling,
        check_conclusion,
        check_ruling,
        needed,
        open_level,
    )
    from domain.legal import LegalRules
    from domain.process import Command
    from domain.refusal import Refused, invalid
    from domain.task import HumanTask, Pace, check_act, ladder_of
    from workflows.human_task import TaskProcess
    from workflows.process import command


class Found(Protocol):
    """A finding as the check gives it (activities.clause)."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def by_ocr(self) -> bool: ...


class Judge(Command):
    """What legal says of one finding of `version`; no `decision` takes back what was said. `turn` is the finding's as
    it was read.
    """

    version: int
    finding_id: str
    decision: Decision | None
    reason: str | None = None
    turn: int


class Conclude(Command):
    """How legal's review of `version` ends.

    `conditions` are new ones, `met` says of each earlier one (by id) whether the version meets it; `read`: what could
    not be read as text was read by legal themselves, as `comment` says.
    """

    version: int
    outcome: Outcome
    comment: str | None = None
    conditions: list[str] = []
    met: dict[str, bool] = {}
    read: bool = False


class ContractReview(TaskProcess[ContractState]):
    """What ContractWorkflow has for legal. It calls `consider` once a version is checked, and says by
    `review_passed` and `send_back` what a review's end leads to.
    """

    @property
    def review(self) -> Review | None:
        """That of the version at hand, or of the last one that was checked."""
        return self.state.reviews[-1] if self.state.reviews else None

    @property
    def in_review(self) -> bool:
        return self.review is not None and self.review.open

    @property
    def conditions_open(self) -> bool:
        """Whether legal cleared the version at hand on conditions that only another one can meet."""
        return bool(self.review and self.review.version == self.state.version and self.review.unmet)

    def review_passed(self) -> None:
        """A subclass goes on to whatever waited for legal."""

    def send_back(self, by: str, comment: str | None) -> None:
        """A subclass makes the next version's draft, and ends the approval that runs beside."""

    # --- steps ----------------------------------------------------------------------------------------------------

    async def consider(self, rules: LegalRules, document_state: str, level: str, findings: Sequence[Found]) -> bool:
        """Opens legal's review of the version where the policy wants one: whether it did."""
        state, before = self.state, self.review
        now, version = workflow.now(), state.version
        spans = [rules.allowed, *([rules.remind] if rules.remind else [])]
        asked = ReviewRequest(
            contract_id=state.record_id, version_no=version, customer_id=state.customer_id, now=now,
            clauses=[Clause(id=found.id, kind=found.kind, value=found.value) for found in findings if not found.by_ocr],
            calendar=rules.calendar, spans=spans,
        )  # fmt: skip
        plan = await self.perform(LegalActivities.plan_review, asked, "what legal accepts, and when it is due")
        if state.withdrawn or state.version != version:
            return False  # the deal is lost, or the version was taken back
        carried = (
            [one.model_copy(update={"met": None, "by": None, "at": None}) for one in before.unmet] if before else []
        )
        review = Review(
            id=self.new_id(), version=version, state=document_state, level=level, from_level=rules.from_level,
            rulings=[
                Ruling(id=f.id, kind=f.kind, value=f.value, level=f.level, exception_id=plan.exceptions.get(f.id))
                for f in findings
            ],
            conditions=carried, opened_at=now,
        )  # fmt: skip
        opens = needed(rules, review, before)
        state.reviews.append(review)
        if opens:
            self._ask_legal(rules, review, plan)
        else:
            self._next_revision()  # the rows show that it goes on
            self._end(review, "not_needed")
        return opens

    def _ask_legal(self, rules: LegalRules, review: Review, plan: ReviewPlan) -> None:
        state = self.state
        due, *remind = plan.instants
        task = self.open_task(
            "review_contract", [role_key(Role.LEGAL, state.region_id)], Pace(),
            ladder=ladder_of(Role.LEGAL, state.region_id), from_id=state.versions[-1].by,
            due_at=due, remind_at=remind[0] if remind else None, escalate_at=due, escalate_every=rules.allowed,
            params={
                "version": review.version, "level": open_level(review), "state": review.state,
                "undecided": len(review.undecided), "conditions": len(review.carried),
            },
        )  # fmt: skip
        review.task_id, review.revision = task.id, state.revision

    def end_review(self, outcome: End) -> None:
        """Ended without legal: withdrawn, or the approvers have returned or rejected the version."""
        if self.review and self.review.open:
            if task := self.state.task(self.review.task_id or ""):
                self.cancel_task(task)
            self._end(self.review, outcome)

    def _end(self, review: Review, outcome: End, by: str | None = None) -> None:
        review.outcome, review.by, review.at = outcome, by, workflow.now()
        review.revision = self.state.revision

    # --- messages -------------------------------------------------------------------------------------------------

    def _reviewing(self, asked: Judge | Conclude) -> tuple[Review, HumanTask]:
        """The open review with its task. Raises Refused where this actor may not act on it now."""
        review = self.review
        if review is None or review.task_id is None:
            raise Refused("not_in_review", 409)
        if asked.version != review.version or (not review.open and self.state.version != review.version):
            raise Refused("stale_version", 409, version=self.state.version)
        task = check_act(self.state.task(review.task_id), asked.actor)
        if not review.open or self.state.withdrawn:
            raise Refused("not_in_review", 409)
        return review, task

    def _may_judge(self, asked: Judge) -> None:
        review, _ = self._reviewing(asked)
        check_ruling(review.ruling(asked.finding_id), asked.decision, asked.reason, asked.turn)

    @command(_may_judge)
    def judge(self, asked: Judge) -> None:
        review, task = self._reviewing(asked)
        ruling = review.ruling(asked.finding_id)
        assert ruling is not None  # noqa: S101 - the validator saw it in the same turn
        ruling.decision, ruling.reason = asked.decision, asked.reason if asked.decision else None
        ruling.by, ruling.at, ruling.turn = asked.actor.id, workflow.now(), ruling.turn + 1
        task.params = task.params | {"undecided": len(review.undecided)}
        said = "review.judged" if asked.decision else "review.unjudged"
        self.change(
            said, actor=asked.actor.id, clause=ruling.kind, value=ruling.value, ruling=asked.decision,
            comment=ruling.reason,
        )  # fmt: skip
        review.revision = self.state.revision

    def _may_conclude(self, asked: Conclude) -> None:
        review, _ = self._reviewing(asked)
        known = {one.id for one in review.carried}
        if not known.issuperset(asked.met):
            raise invalid("condition_unknown", "met")
        check_conclusion(
            review, asked.outcome, comment=asked.comment, given=asked.conditions, met=asked.met, read=asked.read
        )

    @command(_may_conclude)
    def conclude(self, asked: Conclude) -> None:
        review, task = self._reviewing(asked)
        by, now = asked.actor.id, workflow.now()
        for one in review.carried:
            if one.id in asked.met:
                one.met, one.by, one.at = asked.met[one.id], by, now
        if asked.outcome != "clear":
            self._give_conditions(review, asked.conditions)
        review.comment, review.read = asked.comment, asked.read
        self.change(f"review.{asked.outcome}", actor=by, version=review.version, comment=asked.comment)
        self.notify(
            f"review.{asked.outcome}", [person_key(self.state.owner_id or "")], version=review.version,
            title=self.state.title,
        )  # fmt: skip
        self.close_task(task, by, asked.outcome, asked.comment, behalf_of=task.on_behalf(asked.actor))
        self._end(review, asked.outcome, by)
        if asked.outcome == "return":
            self.send_back(by, asked.comment)
        else:
            self.review_passed()

    def _give_conditions(self, review: Review, texts: list[str]) -> None:
        """Those typed, and every clause that is to be changed or taken out."""
        for text in texts:
            review.conditions.append(Condition(id=self.new_id(), text=text, since=review.version))
        for ruling in review.rulings:
            if ruling.decision in ("change", "reject"):
                review.conditions.append(
                    Condition(id=self.new_id(), text=ruling.reason or "", since=review.version, kind=ruling.kind,
                              value=ruling.value)
                )  # fmt: skip

    def check_document(self, document: str | None) -> None:
        """A version that legal sent back, or that must meet conditions, is not followed by one without a document."""
        review = self.review
        if document is None and review and (review.outcome == "return" or review.unmet):
            raise invalid("document_needed", "document")
