"""What is agreed on a collection: promises, disputes, another plan, and events that instalments fall due after."""

from __future__ import annotations

from datetime import date

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.collection import DisputeState, PromiseState
    from domain.dunning import REASONS, bring_forward, skip_past
    from domain.instalment import Instalment
    from domain.payment_plan import EVENTS, MOST_PARTS, day_ends, due_day, local_day
    from domain.refusal import Refused, invalid, not_found
    from workflows.collection_desk import CollectionDesk
    from workflows.collection_message import (
        ChangePlan,
        OpenDispute,
        PlannedRow,
        PromiseToPay,
        RecordEvent,
        ResolveDispute,
    )
    from workflows.process import command


class CollectionWord(CollectionDesk):
    # --- promises -------------------------------------------------------------------------------------------------

    def _may_promise(self, asked: PromiseToPay) -> None:
        self.may_follow(asked)
        if not self.book.outstanding:
            raise Refused("collection_paid", 409)
        if not 0 < asked.amount <= self.book.outstanding:
            raise invalid(
                "more_than_owed" if asked.amount > 0 else "amount_positive", "amount",
                outstanding=self.book.outstanding, currency=self.book.currency,
            )  # fmt: skip
        if asked.promised_on < local_day(workflow.now(), self.state.zone):
            raise invalid("date_past", "promised_on")

    @command(_may_promise)
    def promise_to_pay(self, asked: PromiseToPay) -> dict[str, str]:
        state, now = self.state, workflow.now()
        if state.promise:
            state.promise.ended_at, state.promise.status = now, "withdrawn"
        promise = PromiseState(
            id=self.new_id(), amount=asked.amount, promised_on=asked.promised_on,
            until=day_ends(asked.promised_on, state.zone), contact_id=asked.contact_id, note=asked.note,
            by=asked.actor.id, at=now,
        )  # fmt: skip
        state.promises.append(promise)
        self.change("collection.promised", actor=asked.actor.id, amount=asked.amount,
                    on=asked.promised_on.isoformat(), note=asked.note)  # fmt: skip
        self.set_clocks()
        return {"promise_id": promise.id}

    def promise_broken(self, promise: PromiseState, told: list[str]) -> None:
        """The day has passed: owner and manager hear of it, and the next level comes at once."""
        promise.status, promise.ended_at = "broken", workflow.now()
        missing = promise.amount - max(promise.got, 0)
        self.change("collection.promise_broken", amount=missing, on=promise.promised_on.isoformat())
        self.tell("collection.promise_broken", told, amount=missing)
        self.set_clocks()
        for instalment in self.book.instalments:
            if instalment.open and not instalment.disputed:
                bring_forward(instalment, self.state.rules, workflow.now())

    # --- disputes -------------------------------------------------------------------------------------------------

    def _may_dispute(self, asked: OpenDispute) -> None:
        self.may_follow(asked)
        if asked.reason not in REASONS:
            raise invalid("dispute_reason_unknown", "reason")
        self.known_instalment(asked.instalment_id)
        one = self.book.instalment(asked.instalment_id)
        if not (one.open if one else self.book.outstanding):
            raise Refused("collection_paid", 409)
        if any(d.status == "open" and d.instalment_id == asked.instalment_id for d in self.state.disputes):
            raise Refused("disputed_already", 409)

    @command(_may_dispute)
    def open_dispute(self, asked: OpenDispute) -> dict[str, str]:
        dispute = DisputeState(
            id=self.new_id(), instalment_id=asked.instalment_id, reason=asked.reason, note=asked.note,
            by=asked.actor.id, at=workflow.now(),
        )  # fmt: skip
        self.state.disputes.append(dispute)
        self.change("collection.disputed", actor=asked.actor.id, dispute=asked.reason, note=asked.note)
        self.tell("collection.disputed", [self.owner])
        self.set_clocks()
        return {"dispute_id": dispute.id}

    def _may_resolve(self, asked: ResolveDispute) -> None:
        self.may_follow(asked)
        self.reasoned(asked.resolution, "resolution")
        if self._dispute(asked.dispute_id).status != "open":
            raise Refused("dispute_resolved", 409)

    def _dispute(self, dispute_id: str) -> DisputeState:
        found = next((d for d in self.state.disputes if d.id == dispute_id), None)
        if found is None:
            raise not_found("dispute")
        return found

    @command(_may_resolve)
    def resolve_dispute(self, asked: ResolveDispute) -> None:
        dispute = self._dispute(asked.dispute_id)
        dispute.status, dispute.resolution = "resolved", asked.resolution
        dispute.resolved_by, dispute.resolved_at = asked.actor.id, workflow.now()
        self.change("collection.dispute_resolved", actor=asked.actor.id, dispute=dispute.reason, note=asked.resolution)
        self.set_clocks()

    # --- the plan -------------------------------------------------------------------------------------------------

    def _may_plan(self, asked: ChangePlan) -> None:
        self.may_work(asked)
        self.as_seen(asked.version)
        rows, book = asked.rows, self.book
        if not 0 < len(rows) <= MOST_PARTS:
            raise invalid("plan_length", "rows", most=MOST_PARTS)
        for row in rows:
            self._fits(row)
        if sum(row.amount for row in rows) != book.amount:
            raise invalid("plan_sum", "rows", amount=book.amount, currency=book.currency)
        kept = [row.id for row in rows if row.id]
        if len(set(kept)) != len(kept) or any(i.settled and i.id not in kept for i in book.instalments):
            raise invalid("plan_settled", "rows")

    def _fits(self, row: PlannedRow) -> None:
        if row.amount <= 0:
            raise invalid("amount_positive", "rows")
        if (row.due_on is None) == (row.event is None) or row.event not in (None, *EVENTS):
            raise invalid("day_or_event", "rows")
        self.known_instalment(row.id)
        one = self.book.instalment(row.id)
        if one is None or not one.settled:
            return
        same = (row.amount, row.event, row.days) == (one.amount, one.event, one.days)
        if row.amount < one.settled or (not one.open and not (same and row.due_on in (None, one.due_on))):
            raise invalid("plan_settled", "rows")

    @command(_may_plan)
    def change_plan(self, asked: ChangePlan) -> None:
        slip = self.slip("collection.replanned", asked.actor.id, instalments=len(asked.rows))
        planned = [self._planned(no, row) for no, row in enumerate(asked.rows, start=1)]
        kept = {instalment.id for instalment in planned}
        for gone in self.book.instalments:
            task = self.state.task(gone.task_id or "")
            if gone.id not in kept and task and task.open:
                self.cancel_task(task)
        self.book.replan(slip, planned)
        self.moved_money(asked.actor)

    def _planned(self, no: int, row: PlannedRow) -> Instalment:
        """What there was of it stays; where it falls due on another day its reminders and levels begin anew."""
        was = self.book.instalment(row.id)
        one = was.model_copy() if was else Instalment(id=self.new_id(), no=no, amount=row.amount)
        one.no, one.amount, one.event, one.days = no, row.amount, row.event, row.days
        day = due_day(row.event, row.days, self.state.happened) if row.event else row.due_on
        if was is None or day != was.due_on:
            self._fall_due(one, day)
        return one

    def _fall_due(self, one: Instalment, day: date | None) -> None:
        now = workflow.now()
        task = self.state.task(one.task_id or "")
        one.fall_due(day, self.state.zone)
        one.overdue, one.level, one.stopped_at = False, 0, None
        one.shift -= one.shift
        skip_past(one, self.state.rules, now)
        if task and task.open and (one.ask_at is None or one.ask_at > now):
            self.cancel_task(task)
            one.task_id = None
        elif task and task.open:
            task.due_at, task.amount = one.due_at, one.amount

    def _may_record_event(self, asked: RecordEvent) -> None:
        self.may_follow(asked)
        if asked.event not in EVENTS or asked.event == "order":
            raise invalid("event_unknown", "event")
        if asked.on > local_day(workflow.now(), self.state.zone):
            raise invalid("date_in_future", "on")

    @command(_may_record_event)
    def record_event(self, asked: RecordEvent) -> None:
        """Instalments that wait for it get their day; recorded again, the day is put right for what is still owed."""
        self.state.happened[asked.event] = asked.on
        self.change("collection.event", actor=asked.actor.id, event=asked.event, on=asked.on.isoformat())
        for one in self.book.instalments:
            day = due_day(one.event, one.days, self.state.happened)
            if one.event == asked.event and one.open and day != one.due_on:
                self._fall_due(one, day)
        self.set_clocks()
