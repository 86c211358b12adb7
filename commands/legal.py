"""Legal: what it says of a version's clauses, how its review ends, and what it accepts from a customer for a time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select

from commands.desk import Desk
from commands.idempotency import claim_once
from db.contract_check import ContractFinding
from db.customer import Customer
from db.legal import ClauseException
from domain.access import Action, Actor
from domain.clause.standard import KINDS, built_in
from domain.clause.value import size_of
from domain.contract_review import Decision, Outcome
from domain.process import Answer
from domain.refusal import Refused, invalid, not_found
from workflows.contract import ContractWorkflow
from workflows.contract_review import Conclude, Judge


class LegalCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def judge(
        self, actor: Actor, key: str, contract_id: str, *,
        version: int, finding_id: str, decision: Decision | None, reason: str | None, turn: int,
    ) -> Answer:  # fmt: skip
        """`turn` is how often the finding was decided when it was read. Raises Refused (409) for a stale page."""
        return await self.desk.update(
            actor, key, "contract", contract_id, ContractWorkflow.judge, Judge,
            version=version, finding_id=finding_id, decision=decision, reason=reason, turn=turn,
        )  # fmt: skip

    async def conclude(
        self, actor: Actor, key: str, contract_id: str, *,
        version: int, outcome: Outcome, comment: str | None, conditions: list[str], met: dict[str, bool], read: bool,
    ) -> Answer:  # fmt: skip
        """`met` says of each earlier condition, by its id, whether the version meets it."""
        return await self.desk.update(
            actor, key, "contract", contract_id, ContractWorkflow.conclude, Conclude,
            version=version, outcome=outcome, comment=comment, conditions=conditions, met=met, read=read,
        )  # fmt: skip

    async def grant(
        self, actor: Actor, key: str, *,
        customer_id: str, kind: str, value: str, until: date, reason: str, contract_id: str | None = None,
    ) -> str:  # fmt: skip
        """From the next check on, clauses of the kind up to the value are accepted: the exception's id."""
        actor.require(Action.CLAUSE_JUDGE)
        if kind not in KINDS:
            raise invalid("value_unknown", "kind")
        if until < self._today():
            raise invalid("exception_past", "until")
        asked: dict[str, Any] = {
            "customer_id": customer_id, "kind": kind, "value": value, "until": until, "reason": reason,
            "contract_id": contract_id,
        }  # fmt: skip
        async with self.desk.db.session(actor.id) as session:
            if await session.get(Customer, customer_id) is None:
                raise not_found("customer")
            if size_of(kind, value) is None and value not in built_in().rule(kind).values:
                seen = exists().where(ContractFinding.kind == kind, ContractFinding.value == value)
                if not await session.scalar(select(seen)):
                    raise invalid("value_unknown", "value")
            claimed = await claim_once(session, actor, key, "GrantClauseException", "clause_exception", asked)
            if claimed.fresh:
                session.add(ClauseException(id=claimed.id, granted_by=actor.id, **asked))
        return claimed.id

    async def revoke(self, actor: Actor, key: str, exception_id: str) -> None:
        """Reviews that went by it keep it; later ones do not know it. Raises Refused (409) where it ended before."""
        actor.require(Action.CLAUSE_JUDGE)
        async with self.desk.db.session(actor.id) as session:
            row = await session.get(ClauseException, exception_id, with_for_update=True)
            if row is None:
                raise not_found("clause_exception")
            claimed = await claim_once(
                session, actor, key, "RevokeClauseException", f"clause_exception/{exception_id}", {}
            )
            if not claimed.fresh:
                return
            if row.revoked_at is not None or row.until < self._today():
                raise Refused("exception_ended", 409)
            row.revoked_at, row.revoked_by = datetime.now(UTC), actor.id

    def _today(self) -> date:
        return datetime.now(ZoneInfo(self.desk.settings.zone)).date()
