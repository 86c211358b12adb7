"""Money on a collection: payments in, taken back or moved, surplus, credit notes, and what an approval lets through."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.collection import RequestState, Transfer
    from domain.access import Actor
    from domain.ledger import Receipt, converted
    from domain.payment_plan import local_day
    from domain.refusal import Refused, invalid
    from workflows.approval_message import ApprovalEnded
    from workflows.collection_desk import CollectionDesk
    from workflows.collection_message import (
        AskApproval,
        CreditNote,
        MovePayment,
        RecordPayment,
        ReversePayment,
        UseSurplus,
    )
    from workflows.process import command

LARGEST_RATE = Decimal(10) ** 9


def rate_of(text: str) -> Decimal:
    """Raises Refused (422) for what is no exchange rate."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        raise invalid("rate_unreadable", "rate") from None
    if not rate.is_finite() or not 0 < rate <= LARGEST_RATE:
        raise invalid("rate_unreadable", "rate")
    return rate


class CollectionMoney(CollectionDesk):
    # --- payments -------------------------------------------------------------------------------------------------

    def _worth(self, asked: RecordPayment) -> tuple[int, int]:
        """The payment in the collection's currency: its worth, and what it counts for."""
        own = self.book.currency
        if asked.currency in (None, own):
            return asked.amount, asked.amount
        if asked.rate is None:
            raise invalid("rate_needed", "rate")
        rate_of(asked.rate)
        value = converted(asked.amount, asked.currency or own, asked.rate, own)
        return value, value if asked.counted is None else asked.counted

    def _may_record(self, asked: RecordPayment) -> None:
        self.may_work(asked)
        if asked.amount <= 0:
            raise invalid("amount_positive", "amount")
        _, counted = self._worth(asked)
        if counted <= 0:
            raise invalid("amount_positive", "counted")
        self.known_instalment(asked.instalment_id)
        outstanding = self.book.outstanding
        if not outstanding and not asked.surplus:
            raise Refused("collection_paid", 409)
        if asked.paid_before not in (None, self.book.paid):
            raise Refused("paid_meanwhile", 409)
        if counted > outstanding and not asked.surplus:
            raise invalid("more_than_owed", "amount", outstanding=outstanding, currency=self.book.currency)

    @command(_may_record)
    def record_payment(self, asked: RecordPayment) -> dict[str, str]:
        value, counted = self._worth(asked)
        was = self.book.surplus
        abroad = asked.currency if asked.currency not in (None, self.book.currency) else None
        slip = self.slip(
            "collection.payment_abroad" if abroad else "collection.payment", asked.actor.id, asked.reference,
            amount=counted, reference=asked.reference, received_on=asked.received_on.isoformat(),
            **({"foreign": [asked.amount, abroad], "rate": asked.rate} if abroad else {}),
        )  # fmt: skip
        receipt = Receipt(
            id=self.new_id(), amount=asked.amount, currency=abroad or self.book.currency, value=value,
            counted=counted, rate=asked.rate if abroad else None, received_on=asked.received_on,
            reference=asked.reference, source=asked.source, by=asked.actor.id, at=workflow.now(),
            revision=slip.revision,
        )  # fmt: skip
        slip = slip.model_copy(update={"on": asked.received_on})
        self.book.receive(slip, receipt, asked.instalment_id)
        self._got(counted)
        self.moved_money(asked.actor)
        if self.book.surplus > was:
            self.change("collection.surplus", amount=self.book.surplus - was)
        return {"payment_id": receipt.id}

    def _got(self, counted: int) -> None:
        """Money that came keeps an open promise once it is enough; money that went back takes from it."""
        promise = self.state.promise
        if promise is None:
            return
        promise.got += counted
        if promise.got >= promise.amount or not self.book.outstanding:
            promise.status, promise.ended_at = "kept", workflow.now()
            self.change("collection.promise_kept", amount=promise.amount, on=promise.promised_on.isoformat())

    def _may_reverse(self, asked: ReversePayment) -> None:
        self.may_work(asked)
        self.reasoned(asked.reason)
        receipt: Receipt = self.found(self.book.receipt(asked.payment_id), "payment")
        if receipt.source == "transfer":
            raise Refused("transfer_not_reversed", 409)
        self.book.may_take_back(receipt)

    @command(_may_reverse)
    def reverse_payment(self, asked: ReversePayment) -> None:
        receipt = self.book.receipt(asked.payment_id)
        assert receipt is not None  # noqa: S101 - the validator saw it in the same turn
        slip = self.slip("collection.reversed", asked.actor.id, asked.reason, amount=receipt.counted,
                         reason=asked.reason)  # fmt: skip
        self.book.reverse(slip, receipt)
        self._got(-receipt.counted)
        self.moved_money(asked.actor)
        self.tell("collection.reversed", [self.owner], amount=receipt.counted)

    def _may_move(self, asked: MovePayment) -> None:
        self.may_work(asked)
        self.reasoned(asked.reason)
        self._elsewhere(asked.to)
        self.book.may_take_back(self.found(self.book.receipt(asked.payment_id), "payment"))

    def _elsewhere(self, to: str) -> None:
        if to == self.state.record_id:
            raise invalid("to_itself", "to")

    @command(_may_move)
    def move_payment(self, asked: MovePayment) -> None:
        receipt = self.book.receipt(asked.payment_id)
        assert receipt is not None  # noqa: S101 - the validator saw it in the same turn
        slip = self.slip("collection.moved", asked.actor.id, asked.reason, amount=receipt.counted, reason=asked.reason)
        self.book.move_out(slip, receipt, asked.to)
        self._got(-receipt.counted)
        self._send(receipt.counted, receipt, asked.to, asked.actor)
        self.moved_money(asked.actor)

    def _send(self, amount: int, receipt: Receipt | None, to: str, by: Actor) -> None:
        """On its way; the process sees to it that it arrives once, or comes back."""
        day = receipt.received_on if receipt else local_day(workflow.now(), self.state.zone)
        self.state.transfers.append(
            Transfer(
                id=self.new_id(), amount=amount, currency=self.book.currency, received_on=day, to=to, by=by.id,
                reference=receipt.reference if receipt else None, customer_id=self.state.customer_id or "",
            )
        )  # fmt: skip

    @workflow.signal
    def receive_transfer(self, transfer: Transfer) -> None:
        """Money from another collection, or back from there; the same one is taken once."""
        if transfer.id in self.state.taken:
            return
        self.state.taken.append(transfer.id)
        kind = "collection.transfer_back" if transfer.back else "collection.transfer_in"
        slip = self.slip(kind, transfer.by, transfer.reference, amount=transfer.amount)
        receipt = Receipt(
            id=transfer.id, amount=transfer.amount, currency=self.book.currency, value=transfer.amount,
            counted=transfer.amount, received_on=transfer.received_on, reference=transfer.reference,
            source="transfer", by=transfer.by, at=workflow.now(), revision=slip.revision,
        )  # fmt: skip
        self.book.receive(slip, receipt, keep=transfer.back)
        self._got(transfer.amount)
        self.moved_money(None)

    # --- surplus, credit notes ------------------------------------------------------------------------------------

    def _may_use(self, asked: UseSurplus) -> None:
        self.may_work(asked)
        self.known_instalment(asked.instalment_id)
        if not 0 < asked.amount <= self.book.free:
            raise invalid("more_than_surplus", "amount", surplus=self.book.free, currency=self.book.currency)
        if asked.to is not None:
            self._elsewhere(asked.to)
        elif asked.amount > self.book.outstanding:
            raise invalid("more_than_owed", "amount", outstanding=self.book.outstanding, currency=self.book.currency)

    @command(_may_use)
    def use_surplus(self, asked: UseSurplus) -> None:
        if asked.to:
            slip = self.slip("collection.surplus_sent", asked.actor.id, amount=asked.amount)
            self.book.send_surplus(slip, asked.amount)
            self._send(asked.amount, None, asked.to, asked.actor)
        else:
            slip = self.slip("collection.surplus_used", asked.actor.id, amount=asked.amount)
            self.book.apply(slip, asked.amount, asked.instalment_id)
        self.moved_money(asked.actor)

    def _may_credit(self, asked: CreditNote) -> None:
        self.may_work(asked)
        self.as_seen(asked.version)
        self.reasoned(asked.reason)
        self.known_instalment(asked.instalment_id)
        if asked.amount <= 0:
            raise invalid("amount_positive", "amount")
        if asked.amount > self.book.creditable:
            raise invalid("more_than_ordered", "amount", most=self.book.creditable, currency=self.book.currency)

    @command(_may_credit)
    def credit_note(self, asked: CreditNote) -> None:
        slip = self.slip("collection.credited", asked.actor.id, asked.reason, amount=asked.amount,
                         reason=asked.reason)  # fmt: skip
        self.book.credit(slip, asked.amount, asked.instalment_id)
        self.moved_money(asked.actor)

    # --- what needs an approval -----------------------------------------------------------------------------------

    def _may_ask(self, asked: AskApproval) -> None:
        self.may_work(asked)
        self.as_seen(asked.version)
        self.reasoned(asked.reason)
        self.known_instalment(asked.instalment_id)
        if asked.amount <= 0:
            raise invalid("amount_positive", "amount")
        book = self.book
        if asked.what == "refund":
            if asked.amount > book.free:
                raise invalid("more_than_surplus", "amount", surplus=book.free, currency=book.currency)
            return
        one = book.instalment(asked.instalment_id)
        owed = one.open if one else book.outstanding
        if asked.amount > owed:
            raise invalid("more_than_owed", "amount", outstanding=owed, currency=book.currency)
        if any(r.kind == "write_off" and r.status == "in_approval" for r in self.state.requests):
            raise Refused("request_open", 409)

    @command(_may_ask)
    def ask_approval(self, asked: AskApproval) -> dict[str, str]:
        if asked.what == "refund":
            self.book.reserve(asked.amount)
        return self.request(asked.what, asked.amount, asked.actor.id, asked.reason, asked.instalment_id)

    def request(
        self, kind: str, amount: int, by: str, reason: str | None = None, instalment_id: str | None = None
    ) -> dict[str, str]:
        request = RequestState(
            id=self.new_id(), kind=kind, amount=amount, reason=reason, instalment_id=instalment_id,
            approval_id=self.new_id(), by=by, at=workflow.now(),
        )  # fmt: skip
        self.state.requests.append(request)
        self.state.version += 1
        self.change(f"collection.{kind}_asked", actor=by, amount=amount, reason=reason)
        return {"request_id": request.id, "approval_id": request.approval_id}

    @workflow.signal
    def approval_ended(self, ended: ApprovalEnded) -> None:
        request = next((r for r in self.state.requests if r.approval_id == ended.approval_id), None)
        if request is None or request.status != "in_approval":
            return
        request.status, request.ended_at = ended.outcome, workflow.now()
        if ended.outcome == "approved":
            self._carry_out(request, ended.by)
        else:
            if request.kind == "refund":
                self.book.release(request.amount)
            self.state.version += 1
            self.change(f"collection.{request.kind}_refused", actor=ended.by, amount=request.amount,
                        comment=ended.comment)  # fmt: skip

    def _carry_out(self, request: RequestState, by: str) -> None:
        if request.kind == "service_hold":
            if self.state.stage == "overdue":
                self.state.service_hold = True
                self.state.version += 1
                self.change("collection.held", actor=by)
                self.tell("collection.held", [self.owner])
            return
        if request.kind == "refund":
            slip = self.slip("collection.refunded", by, request.reason, amount=request.amount)
            self.book.refund(slip, request.amount)
        elif amount := min(request.amount, self.book.outstanding):
            slip = self.slip("collection.written_off", by, request.reason, amount=amount)
            self.book.write_off(slip, amount, request.instalment_id)
        self.moved_money(None)
