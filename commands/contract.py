"""Contracts: a version is submitted for approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.desk import Desk
from db.document import document_known
from db.policy import standards_in_force
from domain.access import Actor
from domain.approval import CONTRACT_KIND, check_facts
from domain.process import Answer
from domain.refusal import invalid
from workflows.contract import ContractWorkflow, SubmitContract, TakeBack


class ContractCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def submit(
        self, actor: Actor, key: str, contract_id: str, *,
        version: int, amount: int, document: str | None = None, note: str | None = None,
        facts: Mapping[str, Any] | None = None, kind: str = "",
    ) -> Answer:  # fmt: skip
        """`amount` in minor units; `document` the hash of a file already in the document store.

        `facts` are what the approval may ask for (domain.approval.FACTS). `kind` chooses the clause standard; without
        one it is the fact `contract_kind`, where there is a standard for that. Raises Refused `fact_unknown`,
        `contract_kind_unknown`.
        """
        known = check_facts(facts or {})
        kind = await self._kind(actor, kind, known.get(CONTRACT_KIND))
        if document is not None:
            async with self.desk.db.session(actor.id) as session:
                if not await document_known(session, document):
                    raise invalid("document_unknown", "document")
        return await self.desk.update(
            actor, key, "contract", contract_id, ContractWorkflow.submit, SubmitContract,
            version=version, amount=amount, document=document, note=note, facts=known, kind=kind,
        )  # fmt: skip

    async def take_back(self, actor: Actor, key: str, contract_id: str, *, version: int) -> Answer:
        """Before it reaches the approvers. Raises Refused: 403 for others than its submitter and the owner, 409."""
        return await self.desk.update(
            actor, key, "contract", contract_id, ContractWorkflow.take_back, TakeBack, version=version
        )

    async def _kind(self, actor: Actor, chosen: str, fact: str | None) -> str:
        if not (chosen or fact):
            return ""
        async with self.desk.db.session(actor.id) as session:
            there = await standards_in_force(session)
        if chosen and chosen not in there:
            raise invalid("contract_kind_unknown", "kind", kind=chosen)
        return chosen or (fact if fact in there and fact else "")
