"""What every act on a collection rests on: who may, what a posting carries, and what follows once money has moved."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.collection import CollectionState
    from domain.access import Action, Actor, person_key
    from domain.dunning import resume, stop
    from domain.instalment import Instalment
    from domain.ledger import Book, Slip
    from domain.payment_plan import local_day
    from domain.process import Command
    from domain.refusal import Refused, forbidden, invalid, not_found
    from workflows.human_task import TaskProcess


class CollectionDesk(TaskProcess[CollectionState]):
    @property
    def book(self) -> Book:
        return self.state.book

    def may(self, action: Action, asked: Command) -> None:
        state = self.state
        if not asked.actor.reaches(action, owner=state.owner_id, region=state.region_id):
            raise forbidden(action)
        if state.closed_at is not None:
            raise Refused("collection_closed", 409)

    def may_work(self, asked: Command) -> None:
        """Money is finance's."""
        self.may(Action.COLLECTION_WORK, asked)

    def may_follow(self, asked: Command) -> None:
        """What the customer says and does is recorded by whoever looks after them, too."""
        self.may(Action.COLLECTION_FOLLOW, asked)

    def as_seen(self, version: int | None) -> None:
        if version not in (None, self.state.version):
            raise Refused("stale_version", 409, version=self.state.version)

    def known_instalment(self, instalment_id: str | None) -> None:
        if instalment_id is not None and self.book.instalment(instalment_id) is None:
            raise invalid("instalment_unknown", "instalment_id")

    def reasoned(self, text: str, field: str = "reason") -> None:
        if not text.strip():
            raise invalid("why_needed", field)

    def slip(self, kind: str, by: str, note: str | None = None, **params: Any) -> Slip:
        """An event in the timeline, and the slip of the posting that goes with it."""
        now = workflow.now()
        self.change(kind, actor=by, **params)
        return Slip(
            id=self.new_id(), on=local_day(now, self.state.zone), at=now, by=by, revision=self.state.revision, note=note
        )

    def moved_money(self, by: Actor | None) -> None:
        """Tasks, clocks and the status follow the book; `by` is who closed what is settled by it."""
        for instalment in self.book.instalments:
            if instalment.open:
                instalment.paid_at = None
                self._ask_again(instalment)
            elif instalment.paid_at is None:
                instalment.paid_at = workflow.now()
                self._settle(instalment, by)
        self.set_clocks()

    def _settle(self, instalment: Instalment, by: Actor | None) -> None:
        task = self.state.task(instalment.task_id or "")
        if task and task.open:
            behalf_of = task.on_behalf(by) if by else None
            self.close_task(task, by.id if by else "system", instalment.status, behalf_of=behalf_of)

    def _ask_again(self, instalment: Instalment) -> None:
        """What was settled and is owed again is asked for anew."""
        task = self.state.task(instalment.task_id or "")
        if instalment.task_id and (task is None or not task.open):
            instalment.task_id = None

    def set_clocks(self) -> None:
        """Disputes, a promise and being settled stop an instalment's clock."""
        state, now = self.state, workflow.now()
        disputed = {d.instalment_id for d in state.disputes if d.status == "open"}
        for instalment in self.book.instalments:
            instalment.disputed = bool(instalment.open) and (None in disputed or instalment.id in disputed)
            if instalment.disputed or state.promise or not instalment.open:
                stop(instalment, now)
            else:
                resume(instalment, now)
        self.set_stage()
        state.version += 1

    def set_stage(self) -> None:
        state, book = self.state, self.book
        if not book.outstanding:
            state.stage = "written_off" if book.written_off else "paid"
        else:
            state.stage = "overdue" if any(i.open and i.overdue for i in book.instalments) else "open"
        if state.service_hold and state.stage != "overdue":
            state.service_hold = False
            self.change("collection.hold_lifted")
            self.tell("collection.hold_lifted", [self.owner])

    @property
    def owner(self) -> str:
        return person_key(self.state.owner_id or "")

    def tell(self, kind: str, holders: list[str], **params: Any) -> None:
        self.notify(kind, holders, title=self.state.title, currency=self.state.currency, **params)

    def found(self, thing: Any, what: str) -> Any:
        if thing is None:
            raise not_found(what)
        return thing
