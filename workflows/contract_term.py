"""After a contract is signed: reminders before its notice and warranty run out, the question whether to renew it, its
end. One timer, at whatever comes next; what fell due meanwhile is done afterwards, each once, in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contract_term import ContractNamed, ContractTermActivities, TermState
    from activities.policy import PolicyActivities
    from domain.access import Action, Role, person_key, role_key
    from domain.contract_term import Due, agenda, check_terms, passed_over
    from domain.payment_plan import day_ends
    from domain.pipeline import pipeline_kind
    from domain.process import Command, Waiting
    from domain.refusal import Refused, forbidden, invalid
    from domain.task import HumanTask, Pace, ladder_of
    from workflows.contract_term_message import ConfirmTerm, DecideTerm, TermStart
    from workflows.deal import DealStart, deal_workflow_id
    from workflows.human_task import TaskProcess
    from workflows.process import command

DECIDED = {"renew": "renewed", "go_on": "running", "end": "ending"}


@workflow.defn(name="ContractTermWorkflow")
class ContractTermWorkflow(TaskProcess[TermState]):
    projection = ContractTermActivities.project_contract_term

    @workflow.init
    def __init__(self, start: TermStart) -> None:
        self.begin(
            start.state or TermState(record_id=start.contract_id, **start.model_dump(exclude={"contract_id", "state"}))
        )
        self.start = start
        if start.state is None:
            self.change("term.opened")

    def renewed(self) -> TermStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: TermStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        state = self.state
        if not state.prepared:
            await self._prepare()
        while state.stage != "ended" or self._coming:
            if state.renewal and not state.renewal.begun:
                await self._begin_renewal()
                continue
            coming, version = self._coming, state.version
            if state.next_at != (coming.at if coming else None):
                state.next_at = coming.at if coming else None
                self._next_revision()
            changed = await self.wait(
                lambda: state.version != version,  # noqa: B023 - awaited before it changes
                until=coming.at if coming else None,
                summary=f"{coming.what} {coming.on}" if coming else None,
            )
            if not changed and coming:
                await self._do(coming)
        self.cancel_tasks()
        outcome = "renewed" if state.decision == "renew" else "ended"
        state.next_at = None
        self.close(outcome)
        self.change("term.closed", outcome=outcome)

    async def _prepare(self) -> None:
        """What the contract was found to say holds until somebody has looked: nobody is reminded too late."""
        state = self.state
        known = await self.perform(ContractTermActivities.prepare_term, self._named, "what the contract says")
        state.policy, state.zone, state.prepared = known.policy, known.zone, True
        state.policies["contract"] = known.version
        if state.confirmed_at is None:
            state.terms = known.terms
            self._pass_over()
            pace = Pace(allowed=state.rules.confirm, remind=state.rules.confirm / 2)
            self._ask("confirm_term", [person_key(state.owner_id or "")], pace)

    @property
    def _agenda(self) -> list[Due]:
        state = self.state
        if state.stage == "ended":  # the warranty outlasts it
            terms = state.terms.model_copy(update={"ends_on": None, "notice_days": None})
        else:
            terms = state.terms
        confirmed = state.confirmed_at is not None
        return agenda(terms, state.rules, state.zone, decided=state.decision is not None, confirmed=confirmed)

    @property
    def _coming(self) -> Due | None:
        return next((one for one in self._agenda if one.key not in self.state.told), None)

    def _pass_over(self) -> None:
        state = self.state
        state.told += [key for key in passed_over(self._agenda, workflow.now(), state.zone) if key not in state.told]

    async def _do(self, due: Due) -> None:
        """The one thing that is due. Who owns the case by now is asked first; what changes meanwhile is seen after."""
        state = self.state
        version = state.version
        owner = await self.perform(ContractTermActivities.owner_of_contract, self._named, "who has it by now")
        if state.version != version:
            return
        state.owner_id = owner or state.owner_id
        state.told.append(due.key)
        if due.what == "decide":
            self._ask_to_decide(due)
        elif due.what == "over":
            self._is_over()
        else:
            params: dict[str, Any] = {"on": due.on.isoformat()}
            self.change(f"term.{due.what}", **params)
            self.notify(f"term.{due.what}", self._concerned, title=state.title, **params)

    def _ask_to_decide(self, due: Due) -> None:
        state = self.state
        assert state.terms.ends_on is not None  # noqa: S101 - else there is nothing to decide
        until = day_ends(due.on, state.zone)
        left = max(until - workflow.now(), timedelta(hours=1))
        self._ask("decide_term", self._concerned, Pace(allowed=left, remind=left / 2))

    def _ask(self, kind: str, holders: list[str], pace: Pace) -> HumanTask:
        state, terms = self.state, self.state.terms
        days = {"ends_on": terms.ends_on, "notice_until": terms.notice_until, "warranty_until": terms.warranty_until}
        params: dict[str, Any] = {name: day.isoformat() if day else None for name, day in days.items()}
        params |= {"contract_id": state.record_id, "renews_months": terms.renews_months}
        above = ladder_of(Role.SALES, state.region_id, without=frozenset(holders))
        return self.open_task(kind, holders, pace, ladder=above, params=params)

    def _is_over(self) -> None:
        """The last day has passed: it goes on by itself where it says so and nobody decided otherwise."""
        state = self.state
        for task in state.open_tasks:
            if task.kind == "decide_term":
                self.cancel_task(task)
        if state.decision in (None, "go_on") and state.terms.renews_months:
            state.terms, state.decision, state.decided_by, state.decided_at = state.terms.gone_on(), None, None, None
            ends = state.terms.ends_on
            self.change("term.went_on", on=ends.isoformat() if ends else None)
            self._pass_over()
        else:
            state.stage = "ended"
            self.change("term.ended")
        self.notify(
            "term.went_on" if state.stage != "ended" else "term.ended", self._concerned, title=state.title,
            on=(state.terms.ends_on or workflow.now().date()).isoformat(),
        )  # fmt: skip

    async def _begin_renewal(self) -> None:
        """The deal begun from it is a process of its own from here on; it is begun once."""
        state, renewal = self.state, self.state.renewal
        assert renewal is not None  # noqa: S101 - only called with one
        kind = pipeline_kind(renewal.pipeline)
        pipeline = await self.perform(PolicyActivities.pin_policy, kind, "read the pipeline")
        owner = state.owner_id or ""
        deal = DealStart(
            deal_id=renewal.deal_id, line_id=renewal.deal_id, customer_id=state.customer_id or "",
            region_id=state.region_id or "", owner_id=owner, title=renewal.title, amount=renewal.amount,
            currency=state.currency or "", close_on=renewal.close_on, by=state.decided_by or owner, pipeline=pipeline,
        )  # fmt: skip
        await self.start_once("DealWorkflow", deal, deal_workflow_id(renewal.deal_id))
        renewal.begun = True

    @property
    def _named(self) -> ContractNamed:
        state = self.state
        return ContractNamed(
            contract_id=state.record_id, deal_id=state.deal_id, customer_id=state.customer_id or "",
            region_id=state.region_id or "", signed_at=state.signed_at,
        )  # fmt: skip

    @property
    def _concerned(self) -> list[str]:
        """The owner and the manager of the region."""
        state = self.state
        return [person_key(state.owner_id or ""), role_key(Role.REGIONAL_MANAGER, state.region_id)]

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_work(self, asked: ConfirmTerm | DecideTerm, kind: str) -> None:
        """Whoever works on the contract, and whoever holds the task."""
        state = self.state
        held = any(task.kind == kind and task.held_by(asked.actor) for task in state.open_tasks)
        if not held and not asked.actor.reaches(Action.CONTRACT_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.CONTRACT_WORK)
        if state.stage == "ended":
            raise Refused("term_over", 409)
        if asked.version != state.version:
            raise Refused("stale_version", 409, version=state.version)

    def _may_confirm(self, asked: ConfirmTerm) -> None:
        self._may_work(asked, "confirm_term")
        check_terms(asked.terms)

    @command(_may_confirm)
    def confirm(self, asked: ConfirmTerm) -> None:
        state = self.state
        moved = asked.terms.ends_on != state.terms.ends_on or asked.terms.notice_days != state.terms.notice_days
        state.terms, state.confirmed_by, state.confirmed_at = asked.terms, asked.actor.id, workflow.now()
        state.version += 1
        self.change("term.confirmed", actor=asked.actor.id)
        self._done("confirm_term", asked, "confirmed")
        if moved:  # asked again when the time has come
            for task in state.open_tasks:
                if task.kind == "decide_term":
                    self.cancel_task(task)
        self._pass_over()

    def _may_decide(self, asked: DecideTerm) -> None:
        state = self.state
        self._may_work(asked, "decide_term")
        if state.terms.ends_on is None:
            raise Refused("term_unknown", 409)
        if state.decision == "renew":
            raise Refused("term_renewed", 409)
        if asked.decision == "go_on" and not state.terms.renews_months:
            raise invalid("term_goes_not_on", "decision")
        if asked.decision == "renew" and (asked.renewal is None or asked.renewal.amount <= 0):
            raise invalid("amount_positive", "amount")

    @command(_may_decide)
    def decide(self, asked: DecideTerm) -> dict[str, str]:
        state = self.state
        state.decision, state.decided_by, state.decided_at = asked.decision, asked.actor.id, workflow.now()
        state.stage, state.version = DECIDED[asked.decision], state.version + 1
        state.renewal = asked.renewal if asked.decision == "renew" else None
        deal = {"deal_id": state.renewal.deal_id} if state.renewal else {}
        self.change(f"term.decided_{asked.decision}", actor=asked.actor.id, comment=asked.comment, **deal)
        self._done("decide_term", asked, asked.decision, asked.comment)
        return deal

    def _done(self, kind: str, asked: Command, outcome: str, comment: str | None = None) -> None:
        for task in self.state.open_tasks:
            if task.kind == kind:
                self.close_task(task, asked.actor.id, outcome, comment, behalf_of=task.on_behalf(asked.actor))

    def waiting(self) -> list[Waiting]:
        state = self.state
        reason = "term.ends" if state.terms.ends_on else "term.no_end"
        on = state.terms.ends_on.isoformat() if state.terms.ends_on else None
        return [
            *super().waiting(),
            Waiting(reason=reason, since=state.changed_at, due=state.next_at, params={"on": on}),
        ]
