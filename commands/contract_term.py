"""How long a signed contract runs: confirmed, corrected, and decided about."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from commands.desk import Desk
from commands.idempotency import claim
from commands.temporal import update_id
from db.contract_term import ContractTerm
from db.policy import current_policy
from db.process import Task
from db.scope import tasks_within, visible
from domain.access import Actor
from domain.contract_term import Decision, Terms
from domain.pipeline import SALES, pipeline_kind
from domain.process import Answer, Command
from domain.refusal import Refused, invalid
from workflows.contract_term import ContractTermWorkflow
from workflows.contract_term_message import ConfirmTerm, DecideTerm, term_workflow_id


class ContractTermCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def confirm(self, actor: Actor, key: str, contract_id: str, *, version: int, terms: Terms) -> Answer:
        """`version` is the one of the days as they were seen."""
        claimed = {"version": version, "terms": terms.model_dump(mode="json")}
        await self._claim(actor, key, contract_id, ConfirmTerm, claimed)
        return await self._send(
            actor, key, contract_id, ContractTermWorkflow.confirm, ConfirmTerm, version=version, terms=terms
        )

    async def decide(
        self, actor: Actor, key: str, contract_id: str, *,
        version: int, decision: Decision, comment: str | None = None, pipeline: str | None = None,
        title: str | None = None, amount: int | None = None, close_on: date | None = None,
    ) -> Answer:  # fmt: skip
        """To renew begins a deal in `pipeline`: with the contract's title and amount (minor units) where no others are
        given, to be closed on its last day. The answer's result has `deal_id`."""
        asked: dict[str, Any] = {
            "version": version, "decision": decision, "comment": comment, "pipeline": pipeline, "title": title,
            "amount": amount, "close_on": close_on.isoformat() if close_on else None,
        }  # fmt: skip
        deal_id = await self._claim(actor, key, contract_id, DecideTerm, asked)
        renewal = None
        if decision == "renew":
            row = await self._row(actor, contract_id)
            renewal = {
                "deal_id": deal_id, "pipeline": await self._pipeline(pipeline), "title": title or row.title,
                "amount": amount or row.amount, "close_on": close_on or row.ends_on,
            }  # fmt: skip
        return await self._send(
            actor, key, contract_id, ContractTermWorkflow.decide, DecideTerm,
            version=version, decision=decision, comment=comment, renewal=renewal,
        )  # fmt: skip

    async def _pipeline(self, key: str | None) -> str:
        """Raises Refused (422) for one that takes no new deals."""
        async with self.desk.db.session() as session:
            try:
                _, document = await current_policy(session, pipeline_kind(key or SALES))
            except Refused:
                raise invalid("pipeline_unknown", "pipeline", pipeline=key) from None
        if document.get("retired"):
            raise invalid("pipeline_retired", "pipeline", pipeline=key or SALES)
        return key or SALES

    async def _row(self, actor: Actor, contract_id: str) -> ContractTerm:
        async with self.desk.db.session(actor.id) as session:
            return await session.get_one(ContractTerm, contract_id)

    async def _claim(
        self, actor: Actor, key: str, contract_id: str, message: type[Command], asked: dict[str, Any]
    ) -> str:
        async with self.desk.db.session(actor.id) as session:
            has = select(Task.id).where(Task.workflow_id == term_workflow_id(contract_id), tasks_within(actor))
            if await session.scalar(has.limit(1)) is None:
                await visible(session, actor, "contract_term", contract_id)
            return await claim(session, actor, key, message.__name__, term_workflow_id(contract_id), asked)

    async def _send(
        self, actor: Actor, key: str, contract_id: str, update: Any, message: type[Command], **fields: Any
    ) -> Answer:
        asked = message(actor=actor, key=update_id(actor, key), **fields)
        return await self.desk.send(actor, key, term_workflow_id(contract_id), update, asked)
