"""The other party's side of a signing, after ours: a link for one contact, who signs, declines, or hands it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.signing import Signer
    from activities.signing_customer import Invitation, InvitationActivities, InvitationLetter
    from activities.signing_sheet import SheetActivities, SheetRequest
    from domain.access import Action, Role, person_key
    from domain.process import Command
    from domain.refusal import Refused, forbidden
    from domain.task import Pace, ladder_of
    from workflows.process import command
    from workflows.signing_desk import SigningDesk


LONGEST_DRAWING = timedelta(minutes=1)
DRAWN_AT_MOST = 5
"""Tries: without its record a signing is no less signed."""


class InviteSigner(Command):
    """The contact of the customer who is to sign, and the language of the letter. An earlier link ends with it."""

    contact_id: str
    language: str = ""


class TakeBackInvitation(Command):
    pass


class SignerCommand(Command):
    """Whoever has the link of this invitation; `origin` see Evidence."""

    invitation_id: str
    origin: str | None = None


class SignerAnswers(SignerCommand):
    """With the right code. `answer_id` is the row with the name and the pictures; `document` what they saw."""

    answer_id: str
    document: str
    outcome: Literal["signed", "declined", "handed_back"]
    method: Literal["typed", "drawn"] | None = None
    sent_to: str
    remarks: str | None = None


class SigningCustomer(SigningDesk):
    async def customer_signs(self) -> None:
        """Runs while the stage is `with_customer`, and leaves with another one (see `finish`)."""
        one, invitation = self.customer, self.state.invitation
        if one.status == "sealing":
            await self.seal(one)
            if self.customer.status == "signed":
                self.finish("signed")
        elif invitation is None:
            self._ask_whom()
            await self.wait(lambda: self._moved_on(invitation))
        elif not invitation.sent:
            await self._write("invite")
            invitation.sent = True
        else:
            await self._wait_for_the_answer(invitation)

    @property
    def customer(self) -> Signer:
        return next(one for one in self.state.signers if one.kind == "customer")

    def _moved_on(self, was: Invitation | None) -> bool:
        state = self.state
        return state.stage != "with_customer" or state.invitation is not was or self.customer.status == "sealing"

    def _ask_whom(self) -> None:
        state = self.state
        if not state.open_tasks:
            self.open_task(
                "choose_signatory", [person_key(state.owner_id or "")], Pace(),
                ladder=ladder_of(Role.SALES, state.region_id), from_id=state.owner_id,
                params={"document": state.newest, "contract_id": state.contract_id},
            )  # fmt: skip

    async def _wait_for_the_answer(self, invitation: Invitation) -> None:
        """Reminders, each once and in order, and the end of the time, at the instants the policy gave."""
        due = self._next_reminder(invitation)
        until = min(due or invitation.until, invitation.until)
        if await self.wait(lambda: self._moved_on(invitation), until=until, summary="the customer's signature"):
            return
        if until == invitation.until:
            self.finish("expired")
        else:
            invitation.reminded += 1
            self.change("signing.customer_reminded", no=invitation.reminded)
            self.witness("reminded", no=invitation.reminded)
            await self._write("remind", invitation.reminded)

    def _next_reminder(self, invitation: Invitation) -> datetime | None:
        waits = sorted(self.state.reminders)
        return invitation.at + waits[invitation.reminded] if invitation.reminded < len(waits) else None

    async def _write(self, what: str, no: int = 0, documents: list[str] | None = None) -> None:
        state, invitation = self.state, self.state.invitation
        if invitation is None:
            return
        letter = InvitationLetter(
            what=what, no=no, invitation_id=invitation.id, signing_id=state.record_id, document=state.newest,
            contact_id=invitation.contact_id, customer_id=state.customer_id or "", line_id=state.line_id,
            owner_id=state.owner_id or "", language=invitation.language, title=state.title, until=invitation.until,
            documents=documents or [],
        )  # fmt: skip
        await self.perform(InvitationActivities.write_invitation, letter, f"letter to the customer: {what}")

    async def keep_evidence(self) -> None:
        """The record of all that happened, made once it has ended; what was signed goes to the other party with it."""
        state = self.state
        await workflow.wait_condition(lambda: self.projected >= state.revision)
        try:
            state.sheet = await workflow.execute_activity_method(
                SheetActivities.keep_evidence, SheetRequest(signing_id=state.record_id),
                start_to_close_timeout=LONGEST_DRAWING, retry_policy=RetryPolicy(maximum_attempts=DRAWN_AT_MOST),
                summary="the record of the signing",
            )  # fmt: skip
        except ActivityError as failure:
            if is_cancelled_exception(failure):
                raise
            workflow.logger.warning("the record of %s could not be drawn", state.record_id)
        if state.stage == "signed" and state.asks_customer:
            await self._write("done", documents=[one for one in (state.newest, state.sheet) if one])

    # --- the owner ------------------------------------------------------------------------------------------------

    def _may_ask_customer(self, asked: Command) -> None:
        state = self.state
        if not asked.actor.reaches(Action.CONTRACT_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.CONTRACT_WORK)
        if state.stage != "with_customer":
            raise Refused("signing_not_with_customer", 409)
        if self.customer.status != "waiting" and self.customer.status != "asked":
            raise Refused("signed_already", 409)

    @command(_may_ask_customer)
    def invite(self, asked: InviteSigner) -> None:
        """A new link; the one before is dead from now on."""
        state, now = self.state, workflow.now()
        again = state.invitation is not None
        state.invitation = Invitation(
            id=self.new_id(), contact_id=asked.contact_id, language=asked.language, at=now, until=now + state.expires
        )
        self.customer.contact_id, self.customer.status = asked.contact_id, "asked"
        for task in state.open_tasks:
            self.close_task(task, asked.actor.id, "sent", behalf_of=task.on_behalf(asked.actor))
        self.change("signing.invited", actor=asked.actor.id, again=again)
        self.witness("invited", asked.actor.id, contact=asked.contact_id, until=state.invitation.until.isoformat())

    def _may_take_back(self, asked: TakeBackInvitation) -> None:
        self._may_ask_customer(asked)
        if self.state.invitation is None:
            raise Refused("signing_not_with_customer", 409)

    @command(_may_take_back)
    def take_back(self, asked: TakeBackInvitation) -> None:
        """The link is dead; the owner is asked again who is to sign."""
        self.state.invitation = None
        self.customer.contact_id, self.customer.status = None, "waiting"
        self.change("signing.taken_back", actor=asked.actor.id)
        self.witness("taken_back", asked.actor.id)

    # --- the other party ------------------------------------------------------------------------------------------

    def _has_link(self, asked: SignerCommand) -> Invitation:
        state, invitation = self.state, self.state.invitation
        if self.customer.status in ("sealing", "signed"):
            raise Refused("signed_already", 409)
        if state.stage != "with_customer":
            raise Refused("signing_over", 409)
        if invitation is None or invitation.id != asked.invitation_id:
            raise Refused("link_replaced", 409)
        if invitation.until <= workflow.now():
            raise Refused("signing_link_expired", 409)
        return invitation

    @command(_has_link)
    def signer_opened(self, asked: SignerCommand) -> None:
        invitation = self.state.invitation
        if invitation is not None and not invitation.opened:
            invitation.opened = True
            self.change("signing.customer_opened")
            self.witness("opened_by_customer", invitation.contact_id, asked.origin)

    @command(_has_link)
    def code_sent(self, asked: SignerCommand) -> None:
        self.change("signing.code_sent")
        self.witness("code_sent", self.customer.contact_id, asked.origin)

    def _may_answer(self, asked: SignerAnswers) -> None:
        self._has_link(asked)
        if asked.document != self.state.newest:
            raise Refused("document_changed", 409)

    @command(_may_answer)
    def signer_answers(self, asked: SignerAnswers) -> None:
        """Once: after it there is no link any more."""
        one, who = self.customer, self.customer.contact_id or ""
        if asked.outcome == "signed":
            one.status, one.by, one.method, one.answer_id = "sealing", who, asked.method, asked.answer_id
            one.at = workflow.now()
            self.change("signing.customer_confirmed")
            self.witness("confirmed", who, asked.origin, method=asked.method, code_to=asked.sent_to, signature=one.id)
        else:
            self.change("signing.customer_answered")
            self.witness("answered", who, asked.origin, outcome=asked.outcome, code_to=asked.sent_to)
            self.finish(asked.outcome, remarks=asked.remarks)
