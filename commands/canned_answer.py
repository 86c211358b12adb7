"""The answers agents keep at hand: written, changed and retired by whoever answers tickets."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.idempotency import claim_once
from db.audit import record
from db.canned_answer import find_answer
from db.engine import Database
from db.ticket import CannedAnswer
from domain.access import Action, Actor
from domain.macro import unknown
from domain.refusal import invalid


class CannedAnswers:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def add(self, actor: Actor, key: str, *, name: str, body: str, language: str) -> str:
        """Its id; the same key finds what it made. Raises Refused (403, 422)."""
        actor.require(Action.TICKET_WORK)
        _check(body)
        said = {"name": name, "body": body, "language": language}
        async with self.db.session(actor.id) as session:
            asked = await claim_once(session, actor, key, "AddAnswer", "canned_answer", said)
            if asked.fresh:
                session.add(CannedAnswer(id=asked.id, changed_by=actor.id, used=0, **said))
        return asked.id

    async def change(self, actor: Actor, answer_id: str, *, name: str, body: str, language: str) -> None:
        actor.require(Action.TICKET_WORK)
        _check(body)
        async with self.db.session(actor.id) as session:
            answer = await find_answer(session, answer_id)
            answer.name, answer.body, answer.language = name, body, language
            answer.changed_by, answer.changed_at = actor.id, datetime.now(UTC)
            await record(session, actor.id, "ChangeAnswer", f"canned_answer/{answer_id}")

    async def retire(self, actor: Actor, answer_id: str) -> None:
        """It is offered no more; what was sent stays sent."""
        actor.require(Action.TICKET_WORK)
        async with self.db.session(actor.id) as session:
            (await find_answer(session, answer_id)).retired_at = datetime.now(UTC)
            await record(session, actor.id, "RetireAnswer", f"canned_answer/{answer_id}")


def _check(body: str) -> None:
    if strange := unknown(body):
        raise invalid("macro_names_unknown", "body", name=strange[0])
