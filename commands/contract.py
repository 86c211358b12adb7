"""Contracts: a version is submitted for approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.desk import Desk
from db.document import document_known
from domain.access import Actor
from domain.approval import check_facts
from domain.process import Answer
from domain.refusal import invalid
from workflows.contract import ContractWorkflow, SubmitContract


class ContractCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def submit(
        self, actor: Actor, key: str, contract_id: str, *,
        version: int, amount: int, document: str | None = None, note: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Answer:  # fmt: skip
        """`amount` in minor units; `document` the hash of a file already in the document store.

        `facts` are what the approval may ask for (domain.approval.FACTS). Raises Refused `fact_unknown`.
        """
        known = check_facts(facts or {})
        if document is not None:
            async with self.desk.db.session(actor.id) as session:
                if not await document_known(session, document):
                    raise invalid("document_unknown", "document")
        return await self.desk.update(
            actor, key, "contract", contract_id, ContractWorkflow.submit, SubmitContract,
            version=version, amount=amount, document=document, note=note, facts=known,
        )  # fmt: skip
