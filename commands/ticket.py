"""Tickets under way: answered, noted, assigned, waiting, resolved, reopened, changed, merged, closed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from commands.idempotency import claim, claim_once
from commands.temporal import ProcessEnded, update_id
from commands.ticket_intake import Attachment, TicketIntake
from db.holder import holders
from db.policy import current_policy, documents
from db.process import Process
from db.scope import visible
from db.ticket import Ticket, TicketMessage, goes_on_as, start_of
from domain.access import Action, Actor, Role, role_key
from domain.policy import load
from domain.process import Answer, Command
from domain.refusal import Refused, forbidden, invalid, not_found
from domain.routing import RoutingPolicy
from domain.ticket import ENDED, Priority, Then, TicketKind, may
from workflows.ticket import TicketWorkflow
from workflows.ticket_message import (
    AssignTicket,
    ChangeTicket,
    CloseTicket,
    MergeInto,
    NoteTicket,
    ReopenTicket,
    ReplyTicket,
    ResolveTicket,
    TicketStart,
    WaitTicket,
    ticket_workflow_id,
)

ANSWERING = (Role.SUPPORT_AGENT, Role.SUPPORT_LEAD)


class Draft(NamedTuple):
    """A message of ours that its process has not taken yet."""

    id: str
    at: datetime


class TicketCommands(TicketIntake):
    async def reply(
        self, actor: Actor, key: str, ticket_id: str, *,
        text: str, then: Then = "wait_customer", seen: str | None = None, anyway: bool = False,
        attachments: list[Attachment] | None = None,
    ) -> Answer:  # fmt: skip
        """Answers the customer, by mail where they have an address. Raises Refused (409) `ticket_moved` where
        something was said after `seen`; what was typed is not kept then."""
        fields = {"text": text, "then": then, "attachments": [one.model_dump() for one in attachments or []]}
        draft = await self._draft(actor, key, ticket_id, "out", "ReplyTicket", fields)
        command = ReplyTicket(
            actor=actor, key=update_id(actor, key), message_id=draft.id, at=draft.at, then=then, anyway=anyway,
            seen_at=await self._seen_at(actor, ticket_id, seen),
        )  # fmt: skip
        return await self._speak(actor, key, ticket_id, TicketWorkflow.reply, command, draft.id)

    async def note(self, actor: Actor, key: str, ticket_id: str, *, text: str) -> Answer:
        """For colleagues only."""
        draft = await self._draft(actor, key, ticket_id, "note", "NoteTicket", {"text": text, "attachments": []})
        command = NoteTicket(actor=actor, key=update_id(actor, key), message_id=draft.id)
        return await self._speak(actor, key, ticket_id, TicketWorkflow.note, command, draft.id)

    async def _draft(
        self, actor: Actor, key: str, ticket_id: str, direction: str, act: str, fields: dict[str, Any]
    ) -> Draft:
        """The message, written before its process is asked: it is shown once that has taken it."""
        if not fields["text"].strip():
            raise invalid("field_needed", "text")
        async with self.desk.db.session(actor.id) as session:
            ticket: Ticket = await visible(session, actor, "ticket", ticket_id)
            may_work(actor, ticket)
            asked = await claim_once(session, actor, key, act, f"ticket/{ticket_id}", fields)
            written = await session.get(TicketMessage, asked.id)
            at = written.at if written else datetime.now(UTC)
            if written is None:
                session.add(TicketMessage(
                    id=asked.id, ticket_id=ticket_id, author="agent", author_id=actor.id, direction=direction,
                    body=fields["text"].strip(), at=at, status="draft", automatic=False, references=[],
                    attachments=fields["attachments"], mail_id=None,
                ))  # fmt: skip
        return Draft(asked.id, at)

    async def _seen_at(self, actor: Actor, ticket_id: str, seen: str | None) -> datetime | None:
        """When the message was written that somebody read last. Raises Refused (409) for one that is not here."""
        if seen is None:
            return None
        async with self.desk.db.session(actor.id) as session:
            theirs = (TicketMessage.id == seen, TicketMessage.ticket_id == ticket_id)
            at: datetime | None = await session.scalar(select(TicketMessage.at).where(*theirs))
        if at is None:
            raise Refused("ticket_moved", 409, seen=seen)
        return at

    async def _speak(
        self, actor: Actor, key: str, ticket_id: str, act: Any, command: Command, message_id: str
    ) -> Answer:
        try:
            return await self.desk.send(actor, key, ticket_workflow_id(ticket_id), act, command)
        except Refused as refused:
            if refused.status != 503:  # not confirmed: it may have been taken
                async with self.desk.db.session(actor.id) as session:
                    mine = (TicketMessage.id == message_id, TicketMessage.status == "draft")
                    await session.execute(delete(TicketMessage).where(*mine))
            if isinstance(refused, ProcessEnded):
                raise await self._ended(actor, ticket_id) from None
            raise

    async def _ended(self, actor: Actor, ticket_id: str) -> Refused:
        async with self.desk.db.session(actor.id) as session:
            ticket: Ticket = await visible(session, actor, "ticket", ticket_id)
        return Refused("ticket_not_now", 409, stage=ticket.stage, into=ticket.merged_into)

    async def take(self, actor: Actor, key: str, ticket_id: str) -> Answer:
        return await self._update(actor, key, ticket_id, TicketWorkflow.take, Command)

    async def assign(self, actor: Actor, key: str, ticket_id: str, *, to: str, why: str | None = None) -> Answer:
        """Raises Refused (422) for somebody who answers no tickets in its region."""
        async with self.desk.db.session(actor.id) as session:
            ticket: Ticket = await visible(session, actor, "ticket", ticket_id)
            if to not in await answering(session, ticket.region_id):
                raise invalid("assignee_not_answering", "to")
        return await self._update(actor, key, ticket_id, TicketWorkflow.assign, AssignTicket, to=to, why=why)

    async def wait_for_customer(
        self, actor: Actor, key: str, ticket_id: str, *, until: datetime | None = None, why: str | None = None
    ) -> Answer:
        _check_ahead(until)
        act = TicketWorkflow.wait_for_customer
        return await self._update(actor, key, ticket_id, act, WaitTicket, until=until, why=why)

    async def wait_for_third(
        self, actor: Actor, key: str, ticket_id: str, *, until: datetime | None = None, why: str | None = None
    ) -> Answer:
        _check_ahead(until)
        act = TicketWorkflow.wait_for_third
        return await self._update(actor, key, ticket_id, act, WaitTicket, until=until, why=why)

    async def go_on(self, actor: Actor, key: str, ticket_id: str) -> Answer:
        return await self._update(actor, key, ticket_id, TicketWorkflow.work_on, Command)

    async def resolve(
        self, actor: Actor, key: str, ticket_id: str, *,
        seen: str | None = None, anyway: bool = False, why: str | None = None,
    ) -> Answer:  # fmt: skip
        """Raises Refused (409) `ticket_moved` where the customer wrote after `seen`."""
        fields = {"seen_at": await self._seen_at(actor, ticket_id, seen), "anyway": anyway, "why": why}
        return await self._update(actor, key, ticket_id, TicketWorkflow.resolve, ResolveTicket, **fields)

    async def reopen(self, actor: Actor, key: str, ticket_id: str, *, why: str | None = None) -> Answer:
        """Of a resolved or closed ticket; a merged one stays merged."""
        async with self.desk.db.session(actor.id) as session:
            ticket: Ticket = await visible(session, actor, "ticket", ticket_id)
            may_work(actor, ticket)
            if not may("reopen", ticket.stage):
                raise Refused("ticket_not_now", 409, stage=ticket.stage, into=ticket.merged_into)
            await claim(session, actor, key, "ReopenTicket", f"ticket/{ticket_id}", {"why": why})
            start = TicketStart.model_validate(start_of(ticket)["input"])
        command = ReopenTicket(actor=actor, key=update_id(actor, key), why=why)
        return await self.desk.processes.open(
            TicketWorkflow.run, start, ticket_workflow_id(ticket_id), TicketWorkflow.reopen, command, again=True
        )

    async def change(
        self, actor: Actor, key: str, ticket_id: str, *,
        priority: Priority | None = None, kind: TicketKind | None = None, queue: str | None = None,
        why: str | None = None,
    ) -> Answer:  # fmt: skip
        """Raises Refused (422) for a queue that the routing policy has not."""
        fields = {"priority": priority, "kind": kind, "queue": queue, "why": why}
        if queue is not None:
            await self._check_queue(actor, ticket_id, queue)
        return await self._update(actor, key, ticket_id, TicketWorkflow.alter, ChangeTicket, **fields)

    async def _check_queue(self, actor: Actor, ticket_id: str, queue: str) -> None:
        """By the version its process runs under; by the one in force where it has not begun."""
        kind = RoutingPolicy.kind
        async with self.desk.db.session(actor.id) as session:
            process = await session.get(Process, ticket_workflow_id(ticket_id))
            version = process.policies.get(kind) if process else None
            if version is None:
                document = (await current_policy(session, kind))[1]
            else:
                document = (await documents(session, kind, [version]))[version]
        if load(RoutingPolicy, document).queue(queue) is None:
            raise invalid("queue_unknown", "queue", queue=queue)

    async def merge(self, actor: Actor, key: str, ticket_id: str, *, into: str) -> Answer:
        """Into the ticket that goes on, wherever `into` was merged since. One after the other, so that no two end in
        each other. Raises Refused (409) for a ticket and itself, or one that has ended."""
        async with self.desk.db.session(actor.id) as session:
            await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ticket/merge"))))
            ticket: Ticket = await visible(session, actor, "ticket", ticket_id)
            may_work(actor, ticket)
            await claim(session, actor, key, "MergeInto", f"ticket/{ticket_id}", {"into": into})
            on = await self._goes_on(session, actor, ticket, into)
            if ticket.merged_into is None:
                await session.execute(update(Ticket).where(Ticket.id == ticket_id).values(merging_into=on.id))
        command = MergeInto(actor=actor, key=update_id(actor, key), into=on.id)
        try:
            answer = await self.desk.send(actor, key, ticket_workflow_id(ticket_id), TicketWorkflow.merge, command)
        except Refused as refused:
            if refused.status != 503:
                async with self.desk.db.session(actor.id) as session:
                    await session.execute(update(Ticket).where(Ticket.id == ticket_id).values(merging_into=None))
            if isinstance(refused, ProcessEnded):
                raise await self._ended(actor, ticket_id) from None
            raise
        return answer.model_copy(update={"result": {"into": on.id}})

    async def _goes_on(self, session: AsyncSession, actor: Actor, ticket: Ticket, into: str) -> Ticket:
        await visible(session, actor, "ticket", into)
        on = await goes_on_as(session, into)
        if on is None:
            raise not_found("ticket")
        if on.id == ticket.id and ticket.merged_into is None:
            code = "merge_itself" if into == ticket.id else "merge_circle"
            raise Refused(code, 409, into=into)
        if on.stage in ENDED:
            raise Refused("merge_into_ended", 409, number=on.number)
        may_work(actor, on)
        return on

    async def close(
        self, actor: Actor, key: str, ticket_id: str, *, spam: bool = False, why: str | None = None
    ) -> Answer:
        return await self._update(actor, key, ticket_id, TicketWorkflow.close_now, CloseTicket, spam=spam, why=why)

    async def _update(
        self, actor: Actor, key: str, ticket_id: str, act: Any, message: type[Command], **fields: Any
    ) -> Answer:
        try:
            return await self.desk.update(actor, key, "ticket", ticket_id, act, message, **fields)
        except ProcessEnded:
            raise await self._ended(actor, ticket_id) from None


async def answering(session: AsyncSession, region_id: str) -> list[str]:
    """Ids of the people who answer tickets in a region."""
    return await holders(session, [role_key(role, region_id) for role in ANSWERING])


def may_work(actor: Actor, ticket: Ticket) -> None:
    """Raises Refused (403)."""
    if not actor.reaches(Action.TICKET_WORK, owner=ticket.assignee_id, region=ticket.region_id):
        raise forbidden(Action.TICKET_WORK)


def _check_ahead(until: datetime | None) -> None:
    if until is not None and until <= datetime.now(UTC):
        raise invalid("date_not_ahead", "until")
