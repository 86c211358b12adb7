"""Bank statements: sent in by finance, matched by themselves, and the doubts decided by one person each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from commands.desk import Desk
from commands.document import DocumentStore, bare_name
from commands.idempotency import claim_once
from commands.sandbox import MIB, Limits, run_limited
from db.audit import record
from db.bank import Statement, StatementLine
from db.bank_line import last_booking, lay_out, line_to_decide
from db.base import new_id
from db.collection import Collection
from db.document import remember_document
from db.live import announce
from db.outbox import enqueue
from db.policy import current_policy
from db.scope import visible
from domain.access import Action, Actor
from domain.bank_heading import Role
from domain.bank_line import account_key
from domain.bank_match import Share
from domain.bank_policy import BankPolicy
from domain.money import plain_amount
from domain.refusal import Refused, invalid
from domain.text import one_line

LIMITS = Limits(memory=1024 * MIB, cpu=60, wall=90, answer=64 * MIB)
MOST_SHARES = 20
NOTE_MAX = 500
MEDIA = "application/octet-stream"
"""What somebody sent in is never shown as anything, whatever it calls itself."""


@dataclass(frozen=True)
class StatementOpener:
    """`activities.statement.Opener` in a child process."""

    store: DocumentStore
    currency: str

    async def __call__(self, file_hash: str, headings: Mapping[Role, Sequence[str]]) -> dict[str, Any]:
        path = str(self.store.path(file_hash).absolute())
        read: dict[str, Any] = await run_limited(
            "domain.bank_file:read_file", path, self.currency, dict(headings), limits=LIMITS
        )
        return read


class BankCommands:
    def __init__(self, desk: Desk, store: DocumentStore) -> None:
        self.desk = desk
        self.db = desk.db
        self.store = store

    async def upload(self, actor: Actor, name: str, chunks: AsyncIterator[bytes], account: str = "") -> str:
        """The statement's id; its process starts once this is committed. One that could not be read is read again, by
        the policy as it is now.

        `account`: ours, for a file that does not name it. Raises Refused: 403; 413, 422 for no file; 409
        bank_file_known (`statement`, `by`, `at`) for one that was sent in before.
        """
        actor.require(Action.COLLECTION_WORK)
        digest, size = await self.store.put(chunks, _anything)
        called = bare_name(name)
        async with self.db.session(actor.id) as session:
            version, _ = await current_policy(session, BankPolicy.kind)
            row = {
                "id": new_id(), "file_hash": digest, "name": called, "account": account_key(one_line(account)),
                "currency": "", "status": "reading", "lines": 0, "known": 0, "policy_version": version,
                "uploaded_by": actor.id,
            }  # fmt: skip
            made = insert(Statement).values(row)
            again = made.on_conflict_do_update(
                index_elements=["file_hash"], where=Statement.status == "failed",
                set_={"id": made.excluded.id, "status": "reading", "problem": None, "policy_version": version,
                      "account": made.excluded.account, "uploaded_by": actor.id, "uploaded_at": func.now()},
            )  # fmt: skip
            statement_id: str | None = await session.scalar(again.returning(Statement.id))
            if statement_id is None:
                known = (await session.scalars(select(Statement).where(Statement.file_hash == digest))).one()
                raise Refused(
                    "bank_file_known", 409, field="file", statement=known.id, by=known.uploaded_by,
                    at=known.uploaded_at.isoformat(),
                )  # fmt: skip
            await remember_document(session, hash=digest, name=called, media_type=MEDIA, size=size, added_by=actor.id)
            await record(session, actor.id, "UploadStatement", f"statement/{statement_id}")
            start = {
                "workflow": "StatementWorkflow", "id": f"statement/{statement_id}",
                "input": {"statement_id": statement_id},
            }  # fmt: skip
            await enqueue(session, f"statement/{statement_id}", "start", start)
        return statement_id

    async def book(self, actor: Actor, key: str, line_id: str, shares: Sequence[Share]) -> StatementLine:
        """The line pays these collections; the relay books it. Their sum is what is left of the line.

        Raises Refused: 403, 404, 422 bank_shares_sum, bank_other_currency; 409 bank_line_decided, by whom.
        """
        actor.require(Action.COLLECTION_WORK)
        if not 0 < len(shares) <= MOST_SHARES or any(share.amount <= 0 for share in shares):
            raise invalid("bank_shares_needed", "shares", most=MOST_SHARES)
        asked = {"shares": [share.model_dump() for share in shares]}
        async with self.db.session(actor.id) as session:
            claimed = await claim_once(session, actor, key, "BookBankLine", f"bank_line/{line_id}", asked)
            if not claimed.fresh:
                return await session.get_one(StatementLine, line_id)
            line = await line_to_decide(session, line_id, "doubt")
            left = line.amount - line.booked
            if line.amount <= 0 or sum(share.amount for share in shares) != left:
                said = plain_amount(left, line.currency)
                raise invalid("bank_shares_sum", "shares", left=said, currency=line.currency)
            for share in shares:
                collection: Collection = await visible(session, actor, "collection", share.collection_id)
                if collection.currency != line.currency:
                    raise invalid("bank_other_currency", "shares", currency=collection.currency)
            line.status, line.decided_by, line.decided_at, line.note = "booking", actor.id, func.now(), None
            await lay_out(session, [(line, shares)], actor.id, after=await last_booking(session, line_id))
            await announce(session, "bank_statement", line.statement_id, 0)
        return line

    async def set_aside(self, actor: Actor, key: str, line_id: str, note: str) -> StatementLine:
        """It is no payment of a customer; `note` says what it is. Raises Refused: 403, 404, 409, 422."""
        said = one_line(note)[:NOTE_MAX]
        if not said:
            raise invalid("bank_note_needed", "note")
        return await self._decide(actor, key, line_id, "SetBankLineAside", "doubt", "not_ours", said)

    async def ask_again(self, actor: Actor, key: str, line_id: str) -> StatementLine:
        """A line that was set aside, by a person or by itself, is a question again. Raises Refused: 403, 404, 409."""
        return await self._decide(actor, key, line_id, "ReopenBankLine", "aside", "doubt", None)

    async def _decide(
        self, actor: Actor, key: str, line_id: str, act: str, from_: str, to: str, note: str | None
    ) -> StatementLine:
        actor.require(Action.COLLECTION_WORK)
        async with self.db.session(actor.id) as session:
            claimed = await claim_once(session, actor, key, act, f"bank_line/{line_id}", {"note": note})
            if not claimed.fresh:
                return await session.get_one(StatementLine, line_id)
            statuses = ("doubt",) if from_ == "doubt" else ("ignored", "not_ours")
            line = await line_to_decide(session, line_id, *statuses)
            line.status, line.note = to, note
            line.decided_by, line.decided_at = (None, None) if to == "doubt" else (actor.id, func.now())
            await announce(session, "bank_statement", line.statement_id, 0)
        return line


def _anything(_head: bytes) -> None:
    """What kind of file it is, the child process finds out."""
