"""A quote: drafted, approved where its discount needs it, sent, and then accepted, refused or lapsed by its timer."""

from datetime import datetime
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.letter import LetterActivities, LetterRequest
    from activities.quote import QuoteActivities, QuoteBeginning, QuoteState, QuoteVersion
    from domain.access import Action, person_key
    from domain.process import Command, Waiting
    from domain.quote import Limits, QuoteBody, check_complete, needs_approval, reckon
    from domain.refusal import Refused, forbidden
    from workflows.approval import ApprovalEnded, ApprovalStart, ApprovalWorkflow, approval_workflow_id
    from workflows.human_task import TaskProcess
    from workflows.process import command
    from workflows.quote_message import (
        CustomerAnswers,
        CustomerOpened,
        EditQuote,
        QuoteNews,
        QuoteStart,
        ReviseQuote,
        SendQuote,
        SubmitQuote,
        TakeBackQuote,
        quote_workflow_id,
    )

ENDED = ("accepted", "withdrawn")
OPEN_TO_CHANGE = ("approved", "sent", "refused", "lapsed")
"""Where the next version may be begun."""


@workflow.defn(name="QuoteWorkflow")
class QuoteWorkflow(TaskProcess[QuoteState]):
    projection = QuoteActivities.project_quote

    @workflow.init
    def __init__(self, start: QuoteStart) -> None:
        fields = start.model_dump(exclude={"quote_id", "state", "by", "template", "body"})
        self.begin(start.state or QuoteState(record_id=start.quote_id, body=start.body or QuoteBody(), **fields))
        self.start = start
        if start.state is None:
            self.change("quote.opened", actor=start.by)

    def renewed(self) -> QuoteStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: QuoteStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        state = self.state
        if state.terms is None:
            await self._begin_with_terms()
        while state.stage not in ENDED:
            await self._tell_deal()
            if state.stage == "in_approval":
                await self._have_it_approved()
            elif state.letter is not None:
                await self._write_to_customer()
            elif state.stage == "sent":
                await self._wait_for_the_answer()
            else:
                stage, version = state.stage, state.version
                await self.wait(lambda: (state.stage, state.version) != (stage, version))  # noqa: B023 - awaited before they change
        self.close(state.stage)
        self.change("quote.closed", outcome=state.stage)
        await self._tell_deal()

    # --- drafting -------------------------------------------------------------------------------------------------

    def _works(self, asked: Command) -> None:
        state = self.state
        if not asked.actor.reaches(Action.QUOTE_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.QUOTE_WORK)

    def _may_change(self, asked: EditQuote | SubmitQuote) -> None:
        state = self.state
        self._works(asked)
        if state.terms is None or state.stage != "draft":
            raise Refused("quote_not_draft", 409, stage=state.stage)
        if (asked.version, asked.edits) != (state.version, state.edits):
            raise Refused("stale_version", 409, version=state.version)

    def _may_edit(self, asked: EditQuote) -> None:
        self._may_change(asked)
        reckon(asked.body)

    @command(_may_edit)
    def edit(self, asked: EditQuote) -> None:
        self._take(asked.body)
        self.change("quote.edited", actor=asked.actor.id, version=self.state.version, amount=self.state.amount)

    def _take(self, body: QuoteBody) -> None:
        state = self.state
        state.body, state.amount = body, reckon(body).total
        state.edits += 1

    def _may_submit(self, asked: SubmitQuote) -> None:
        self._may_change(asked)
        check_complete(self.state.body)

    @command(_may_submit)
    def submit(self, asked: SubmitQuote) -> None:
        """To whom the approval policy names, where a limit is passed; else it is approved at once."""
        state = self.state
        totals, terms = state.totals, state.terms
        assert terms is not None  # noqa: S101 - the validator saw it in the same turn
        state.amount = totals.total
        state.versions.append(
            QuoteVersion(no=state.version, amount=totals.total, body=state.body, totals=totals, by=asked.actor.id,
                         at=workflow.now(), note=asked.note)
        )  # fmt: skip
        self.change("quote.submitted", actor=asked.actor.id, version=state.version, amount=totals.total)
        if needs_approval(totals, Limits(terms.free_discount, terms.free_margin, terms.free_amount)):
            state.stage, state.approval_id = "in_approval", self.new_id()
        else:
            state.stage, state.versions[-1].outcome = "approved", "approved"
            self.change("quote.free", version=state.version)

    def _may_revise(self, asked: ReviseQuote) -> None:
        state = self.state
        self._works(asked)
        if state.stage not in OPEN_TO_CHANGE:
            raise Refused("quote_not_revisable", 409, stage=state.stage)
        if asked.version != state.version:
            raise Refused("stale_version", 409, version=state.version)
        if asked.body is not None:
            reckon(asked.body)

    @command(_may_revise)
    def revise(self, asked: ReviseQuote) -> None:
        state = self.state
        if state.stage in ("approved", "sent") and state.versions:
            state.versions[-1].outcome = "superseded"
        self._next_version()
        if asked.body is not None:
            self._take(asked.body)
        self.change("quote.revised", actor=asked.actor.id, version=state.version)

    def _next_version(self) -> None:
        state = self.state
        state.stage, state.version, state.edits = "draft", state.version + 1, 0
        state.valid_until = state.remind_at = state.sent_at = state.seen_at = state.answer_id = state.letter = None

    # --- sending, and the customer's answer -----------------------------------------------------------------------

    def _may_send(self, asked: SendQuote) -> None:
        state = self.state
        self._works(asked)
        if asked.version != state.version:
            raise Refused("stale_version", 409, version=state.version)
        if state.stage != "approved":
            raise Refused("quote_not_approved", 409, stage=state.stage)

    @command(_may_send)
    def send(self, asked: SendQuote) -> None:
        state, terms, now = self.state, self.state.terms, workflow.now()
        assert terms is not None  # noqa: S101 - an approved quote has them
        state.stage, state.sent_at = "sent", now
        state.valid_until, state.remind_at = now + terms.validity, now + terms.validity - terms.remind
        version = state.versions[-1]
        version.documents, version.document = asked.documents, asked.documents[asked.language]
        version.valid_until, version.outcome = state.valid_until, "sent"
        if asked.letter is not None:
            state.letter = {"params": asked.letter, "contact_id": asked.contact_id}
        self.change("quote.sent", actor=asked.actor.id, version=state.version, amount=state.amount)

    def _may_open(self, asked: CustomerOpened) -> None:
        """Whoever has the link; it is recorded once."""

    @command(_may_open)
    def customer_opened(self, asked: CustomerOpened) -> None:
        state = self.state
        if asked.version == state.version and state.seen_at is None and state.stage == "sent":
            state.seen_at = workflow.now()
            self.change("quote.seen", version=state.version)
            self._tell_owner("quote.seen")

    def _may_answer(self, asked: CustomerAnswers) -> None:
        state = self.state
        if asked.version != state.version:
            raise Refused("quote_superseded", 409)
        if state.stage == "sent" and state.valid_until and workflow.now() >= state.valid_until:
            raise Refused("quote_lapsed", 409, until=str(state.valid_until))
        if state.stage != "sent":
            raise Refused(f"quote_{state.stage}" if state.stage in ANSWERED else "quote_superseded", 409,
                          until=str(state.valid_until) if state.valid_until else None)  # fmt: skip

    @command(_may_answer)
    def customer_answers(self, asked: CustomerAnswers) -> None:
        state = self.state
        state.stage, state.answer_id = asked.outcome, asked.answer_id
        state.versions[-1].outcome = asked.outcome
        self.change(f"quote.{asked.outcome}", version=state.version, amount=state.amount)
        self._tell_owner(f"quote.{asked.outcome}")

    def _may_ask_again(self, asked: CustomerOpened) -> None:
        if self.state.stage != "lapsed" or asked.version != self.state.version:
            raise Refused("quote_superseded", 409)

    @command(_may_ask_again)
    def ask_renewal(self, asked: CustomerOpened) -> None:
        """The customer of a lapsed quote would still have it: once is enough."""
        if self.state.versions[-1].outcome != "renewal_asked":
            self.state.versions[-1].outcome = "renewal_asked"
            self.change("quote.renewal_asked", version=self.state.version)
            self._tell_owner("quote.renewal_asked")

    def _may_take_back(self, asked: TakeBackQuote) -> None:
        self._works(asked)
        if self.state.stage in ENDED:
            raise Refused("quote_ended", 409, stage=self.state.stage)
        if asked.version != self.state.version:
            raise Refused("stale_version", 409, version=self.state.version)

    @command(_may_take_back)
    def take_back(self, asked: TakeBackQuote) -> None:
        self._withdraw(asked.actor.id)

    @workflow.signal
    def withdraw(self, by: str) -> None:
        if self.state.stage not in ENDED:
            self._withdraw(by)

    def _withdraw(self, by: str) -> None:
        state = self.state
        if state.stage == "in_approval":
            state.taken_back = by
            return
        if state.stage not in ("refused", "lapsed") and state.versions and state.versions[-1].no == state.version:
            state.versions[-1].outcome = "withdrawn"
        state.stage = "withdrawn"
        self.change("quote.withdrawn", actor=by, version=state.version)

    @workflow.signal
    def approval_ended(self, ended: ApprovalEnded) -> None:
        state = self.state
        if ended.approval_id != state.approval_id or state.stage != "in_approval":
            return
        version = state.versions[-1]
        version.outcome, version.conditions = ended.outcome, ended.conditions
        state.earlier = ended.earlier if ended.outcome == "returned" else None
        self.change(f"quote.{ended.outcome}" if ended.outcome != "withdrawn" else "quote.back", actor=ended.by,
                    version=state.version, comment=ended.comment)  # fmt: skip
        if state.taken_back:
            state.stage = "draft"
            self._withdraw(state.taken_back)
        elif ended.outcome == "approved":
            state.stage = "approved"
        else:
            self._next_version()

    # --- steps ----------------------------------------------------------------------------------------------------

    async def _begin_with_terms(self) -> None:
        state, start = self.state, self.start
        asked = QuoteBeginning(
            template=start.template, customer_id=start.customer_id, region_id=start.region_id,
            currency=start.currency, title=start.title, amount=start.amount,
        )  # fmt: skip
        begun = await self.perform(QuoteActivities.begin_quote, asked, "begin with the policy's terms")
        state.policies["quote_template"] = begun.policy_version
        state.terms = begun.terms
        if start.body is None:
            state.body = begun.body
        state.amount = state.totals.total
        self.change("quote.begun", version=state.version, amount=state.amount)

    async def _tell_deal(self) -> None:
        state = self.state
        news = QuoteNews(quote_id=state.record_id, status=state.stage, amount=state.amount or 0, version=state.version)
        if state.told != f"{news.version}/{news.status}":
            await self.signal(f"deal/{state.deal_id}", "quote_changed", news)
            state.told = f"{news.version}/{news.status}"

    async def _have_it_approved(self) -> None:
        state = self.state
        version = state.versions[-1]
        approval = ApprovalStart(
            approval_id=state.approval_id or "", reply_to=quote_workflow_id(state.record_id), subject_kind="quote",
            subject_id=state.record_id, subject_version=state.version, line_id=state.line_id,
            customer_id=state.customer_id, region_id=state.region_id, submitted_by=version.by, title=state.title,
            amount=version.amount, currency=state.currency or "",
            facts={"discount": version.totals.discount_rate, "margin": version.totals.margin_rate},
            earlier=state.earlier,
        )  # fmt: skip
        workflow_id = approval_workflow_id(approval.approval_id)
        await self.start_once(ApprovalWorkflow.run, approval, workflow_id)
        await self.wait(lambda: state.stage != "in_approval" or state.taken_back is not None)
        if state.stage == "in_approval":
            await self.signal(workflow_id, ApprovalWorkflow.withdraw, state.taken_back)
            await self.wait(lambda: state.stage != "in_approval")

    async def _write_to_customer(self) -> None:
        state = self.state
        letter, version = state.letter or {}, state.version
        request = LetterRequest(
            key=f"quote/{state.record_id}/{version}", customer_id=state.customer_id, contact_id=letter["contact_id"],
            template="quote_sent", language=letter["params"].get("language"),
            params={name: value for name, value in letter["params"].items() if name != "language"},
            attachments=[state.versions[-1].document or ""], line_id=state.line_id,
        )  # fmt: skip
        await self.perform(LetterActivities.send_letter, request, "write to the customer")
        if state.version == version:
            state.letter = None

    async def _wait_for_the_answer(self) -> None:
        """Until the customer answers or its time is up; its owner hears of the end shortly before."""
        state = self.state
        wake = min(at for at in (state.remind_at, state.valid_until) if at is not None)
        version = state.version
        if await self.wait(
            lambda: state.stage != "sent" or state.version != version, until=wake, summary="valid until, or reminder"
        ):
            return
        if state.remind_at is not None and wake == state.remind_at:
            state.remind_at = None
            self._tell_owner("quote.lapses_soon", until=str(state.valid_until))
        else:
            state.stage, state.versions[-1].outcome = "lapsed", "lapsed"
            self.change("quote.lapsed", version=state.version)
            self._tell_owner("quote.lapsed")

    def _tell_owner(self, kind: str, **params: Any) -> None:
        if kind == "quote.lapses_soon":
            self.change(kind, version=self.state.version)
        self.notify(kind, [person_key(self.state.owner_id or "")], title=self.state.title, **params)

    def waiting(self) -> list[Waiting]:
        state = self.state
        owner = [person_key(state.owner_id or "")]
        due: datetime | None = state.valid_until if state.stage == "sent" else None
        holders = owner if state.stage in ("draft", "approved", "refused", "lapsed") else []
        return [Waiting(reason=f"quote.{state.stage}", since=state.changed_at, holders=holders, due=due)]


ANSWERED = ("accepted", "refused", "lapsed", "withdrawn")
