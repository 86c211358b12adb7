"""An order's payment plan until it is settled: the customer is reminded before an instalment is due, finance is asked
for it on its day, and what is late goes through the levels of the policy, each once and in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.collection import CollectionActivities, CollectionState, LetterAbout, RequestState, Transfer
    from activities.letter import LetterActivities, LetterRequest
    from domain.access import Role, role_key
    from domain.collection import Level, Told
    from domain.dunning import Moment, next_moment, skip_past
    from domain.instalment import Instalment
    from domain.ledger import Book
    from domain.process import Waiting
    from domain.task import Pace
    from workflows.approval import ApprovalStart, ApprovalWorkflow, approval_workflow_id
    from workflows.collection_message import CollectionEnded, CollectionStart, collection_workflow_id
    from workflows.collection_money import CollectionMoney
    from workflows.collection_word import CollectionWord

__all__ = ["CollectionEnded", "CollectionStart", "CollectionWorkflow", "collection_workflow_id"]

LINGERS = timedelta(seconds=20)


@workflow.defn(name="CollectionWorkflow")
class CollectionWorkflow(CollectionMoney, CollectionWord):
    projection = CollectionActivities.project_collection

    @workflow.init
    def __init__(self, start: CollectionStart) -> None:
        self.begin(start.state or self._fresh(start))
        self.start = start
        if start.reopened:
            self.change("collection.reopened")
        if start.state is None:
            slip = self.slip("collection.opened", "system", amount=start.amount, instalments=len(self.book.instalments))
            self.book.open_order(slip)
            for instalment in self.book.instalments:
                skip_past(instalment, self.state.rules, workflow.now())

    def _fresh(self, start: CollectionStart) -> CollectionState:
        terms = start.terms
        assert terms is not None  # noqa: S101 - a collection without a state begins with its terms
        return CollectionState(
            record_id=start.collection_id, policies={"collection": terms.policy_version}, zone=terms.zone,
            plan_key=terms.plan_key, rules=terms.rules, happened=dict(terms.happened),
            book=Book(currency=start.currency, instalments=[i.model_copy() for i in terms.instalments]),
            **start.model_dump(exclude={"collection_id", "terms", "state"}),
        )  # fmt: skip

    def renewed(self) -> CollectionStart:
        return self.start.model_copy(update={"state": self.state, "reopened": False})

    @workflow.run
    async def run(self, start: CollectionStart) -> str:
        await self.live(self._collect())
        return self.state.outcome or ""

    async def _collect(self) -> None:
        if self.start.reopened:
            await self._wait_for_who_reopened()
        while not self._settled:
            state = self.state
            if not self.book.outstanding and not state.told_paid:
                await self._tell_deal()
            elif request := self._next_request():
                await self._ask_approval(request)
            elif state.transfers:
                await self._deliver(state.transfers[0])
            elif state.letters:
                await self._write(state.letters[0])
            else:
                await self._wait_for_the_next_moment()
        await self._end()

    @property
    def _settled(self) -> bool:
        """Nothing is owed either way, and everything is where it belongs."""
        state = self.state
        owed = self.book.outstanding or self.book.surplus
        return state.told_paid and not (owed or state.transfers or state.letters)

    async def _wait_for_who_reopened(self) -> None:
        """What it was opened again for comes with its start; nothing came, where that was refused."""
        state = self.state
        seen = state.version
        until = workflow.now() + LINGERS
        await self.wait(lambda: state.version != seen, until=until, summary="what it was opened again for")

    async def _wait_for_the_next_moment(self) -> None:
        state, promise = self.state, self.state.promise
        moment = next_moment(self.book.instalments, state.rules)
        instants = [at for at in (moment and moment.at, promise and promise.until) if at]
        until: datetime | None = min(instants, default=None)
        seen = state.version
        changed = await self.wait(lambda: state.version != seen, until=until, summary=self._summary(moment, until))
        if changed:
            return
        if promise and promise.until == until:
            self.promise_broken(promise, [self.owner, self._key("manager")])
        elif moment:
            self._act(moment)

    def _summary(self, moment: Moment | None, until: datetime | None) -> str:
        if moment is None or moment.at != until:
            return "the promised day" if until else "no date is known"
        return f"instalment {moment.instalment.no}: {moment.what}"

    # --- what happens by itself -----------------------------------------------------------------------------------

    def _act(self, moment: Moment) -> None:
        one = moment.instalment
        match moment.what:
            case "remind":
                self._remind(one)
            case "ask":
                self._ask_for(one)
            case "overdue":
                one.overdue = True
                self.change("collection.overdue", no=one.no, amount=one.open)
                self.tell("collection.overdue", [self.owner], no=one.no, amount=one.open)
                self.set_stage()
            case "level":
                self._level(one, self.state.rules.levels[one.level])

    def _remind(self, one: Instalment) -> None:
        one.reminded += 1
        if one.due_at and one.due_at <= workflow.now():
            return  # a dispute has kept it back until it had no sense
        self.change("collection.reminder", no=one.no, amount=one.open)
        self.tell("collection.reminder", [self.owner], no=one.no, amount=one.open)
        if self.state.rules.reminder_letter:
            self._letter(self.state.rules.reminder_letter, one, f"reminder/{one.reminded}")

    def _ask_for(self, one: Instalment) -> None:
        """Finance has it from the beginning of the day it is due on."""
        task = self.open_task(
            "record_payment", [role_key(Role.FINANCE)], Pace(), ladder=[], from_id=self.state.owner_id,
            params={"no": one.no, "amount": one.open}, due_at=one.due_at,
        )  # fmt: skip
        task.amount = one.open
        one.task_id = task.id

    def _level(self, one: Instalment, level: Level) -> None:
        one.level += 1
        self.change("collection.level", no=one.no, level=one.level, amount=one.open)
        if level.tell:
            told = [self._key(who) for who in level.tell]
            self.tell("collection.level", told, no=one.no, level=one.level, amount=one.open)
        if level.letter:
            self._letter(level.letter, one, f"level/{one.level}")
        if level.hold and not self._holding:
            self.request("service_hold", self.book.outstanding, self.state.owner_id or "system")

    @property
    def _holding(self) -> bool:
        asked = any(r.kind == "service_hold" and r.status == "in_approval" for r in self.state.requests)
        return asked or self.state.service_hold

    def _key(self, who: Told) -> str:
        if who == "owner":
            return self.owner
        role = {"finance": Role.FINANCE, "manager": Role.REGIONAL_MANAGER, "director": Role.SALES_DIRECTOR,
                "cfo": Role.CFO}[who]  # fmt: skip
        return role_key(role, self.state.region_id)

    def _letter(self, template: str, one: Instalment, what: str) -> None:
        """Once for this instalment and its due day, whatever is repeated."""
        state, due = self.state, one.due_on.isoformat() if one.due_on else ""
        params: dict[str, Any] = {
            "title": state.title, "amount": one.open, "currency": state.currency, "due_on": due,
            "instalment": str(one.no), "paid": self.book.paid, "outstanding": self.book.outstanding,
        }  # fmt: skip
        request = LetterRequest(
            key=f"collection/{state.record_id}/{one.id}/{due}/{what}", customer_id=state.customer_id,
            template=template, params=params, line_id=state.line_id,
        )  # fmt: skip
        state.letters.append(request)

    # --- steps ----------------------------------------------------------------------------------------------------

    async def _tell_deal(self) -> None:
        self.state.told_paid = True
        self.change("collection.paid")
        ended = CollectionEnded(collection_id=self.state.record_id)
        await self.signal(f"deal/{self.state.deal_id}", "collection_ended", ended)

    async def _write(self, letter: LetterRequest) -> None:
        """With the collection's own number, which payers are to quote, and the invoice where there is one."""
        about = LetterAbout(collection_id=self.state.record_id, deal_id=self.state.deal_id)
        papers = await self.perform(CollectionActivities.find_letter_papers, about, "find what goes with the letter")
        params = {**letter.params, "number": papers.number, "reference": papers.number}
        whole = letter.model_copy(update={**papers.model_dump(include={"language", "attachments"}), "params": params})
        await self.perform(LetterActivities.send_letter, whole, f"write {letter.template}")
        self.state.letters.remove(letter)

    def _next_request(self) -> RequestState | None:
        return next((r for r in self.state.requests if not r.started), None)

    async def _ask_approval(self, request: RequestState) -> None:
        state = self.state
        start = ApprovalStart(
            approval_id=request.approval_id, reply_to=collection_workflow_id(state.record_id),
            subject_kind=request.kind, subject_id=request.id, subject_version=1, line_id=state.line_id,
            customer_id=state.customer_id, region_id=state.region_id, submitted_by=request.by, title=state.title,
            amount=request.amount, currency=self.book.currency,
            facts={"x_reason": request.reason} if request.reason else {},
        )  # fmt: skip
        request.started = True
        await self.start_once(ApprovalWorkflow.run, start, approval_workflow_id(request.approval_id))

    async def _deliver(self, transfer: Transfer) -> None:
        """To the other collection; where that has ended meanwhile, the money comes back as surplus."""
        try:
            handle = workflow.get_external_workflow_handle(collection_workflow_id(transfer.to))
            await handle.signal("receive_transfer", transfer)
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
            self.receive_transfer(transfer.model_copy(update={"back": True}))
        self.state.transfers.remove(transfer)

    async def _end(self) -> None:
        for request in self.state.requests:
            if request.status == "in_approval":
                request.status, request.ended_at = "withdrawn", workflow.now()
                withdraw = ApprovalWorkflow.withdraw
                await self.signal(approval_workflow_id(request.approval_id), withdraw, "system")
        self.cancel_tasks()
        self.set_stage()
        self.close(self.state.stage)
        self.change("collection.closed", outcome=self.state.stage)

    def waiting(self) -> list[Waiting]:
        state, book = self.state, self.book
        finance = [role_key(Role.FINANCE)]
        found = [
            Waiting(reason=f"collection.{i.status}", params={"no": i.no, "amount": i.open, "event": i.event},
                    holders=finance, due=i.due_at)
            for i in book.instalments
            if i.open
        ]  # fmt: skip
        if promise := state.promise:
            found.append(
                Waiting(reason="collection.promise", holders=[self.owner], since=promise.at, due=promise.until,
                        params={"amount": promise.amount, "on": promise.promised_on.isoformat()})
            )  # fmt: skip
        for dispute in state.disputes:
            if dispute.status == "open":
                found.append(
                    Waiting(reason="collection.dispute", holders=[self.owner], since=dispute.at,
                            params={"dispute": dispute.reason})
                )  # fmt: skip
        for request in state.requests:
            if request.status == "in_approval":
                found.append(
                    Waiting(reason=f"collection.{request.kind}", since=request.at, params={"amount": request.amount})
                )
        if book.free:
            found.append(Waiting(reason="collection.surplus", holders=finance, params={"amount": book.free}))
        return found
