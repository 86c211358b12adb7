"""Contracts: a version is submitted for approval."""

from __future__ import annotations

from commands.desk import Desk
from db.document import document_known
from domain.access import Actor
from domain.process import Answer
from domain.refusal import invalid
from workflows.contract import ContractWorkflow, SubmitContract


class ContractCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def submit(
        self, actor: Actor, key: str, contract_id: str, *,
        version: int, amount: int, document: str | None = None, note: str | None = None,
    ) -> Answer:  # fmt: skip
        """`amount` in minor units; `document` the hash of a file already in the document store."""
        if document is not None:
            async with self.desk.db.session(actor.id) as session:
                if not await document_known(session, document):
                    raise invalid("document_unknown", "document")
        return await self.desk.update(
            actor, key, "contract", contract_id, ContractWorkflow.submit, SubmitContract,
            version=version, amount=amount, document=document, note=note,
        )  # fmt: skip
