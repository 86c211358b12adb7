"""Signing a contract: proved by password or second factor, then said to the signing's process."""

from __future__ import annotations

import hmac
from hashlib import sha256

from commands.credentials import Visitor
from commands.task import HERE, TaskCommands
from domain.access import Actor
from domain.process import Answer
from domain.refusal import Refused, invalid
from keys import derive, master_key
from settings import Settings
from workflows.signing import SignContract, SigningWorkflow


def origin_of(settings: Settings, visitor: Visitor) -> str:
    """What the evidence keeps of an address: the same for the same one, and nobody without the key reads it."""
    key = derive(master_key(settings), "origins of signatures")
    return hmac.new(key, visitor.address.encode(), sha256).hexdigest()


class SigningCommands:
    def __init__(self, tasks: TaskCommands) -> None:
        self.tasks = tasks

    async def sign(
        self, actor: Actor, key: str, task_id: str, *, document: str, password: str | None = None,
        code: str | None = None, visitor: Visitor = HERE,
    ) -> Answer:  # fmt: skip
        """`document` is the hash of what the signer saw. Raises Refused: 422 wrong_password, wrong_code or
        proof_needed, 429 too_many_attempts, and whatever the process refuses."""
        method = "second_factor" if code else "password"
        if code:
            await self.tasks.prove_code(actor, visitor, code)
        elif password:
            try:
                await self.tasks.credentials.confirm_password(visitor, actor.id, password)
            except Refused as refused:
                raise refused if refused.code != "wrong_password" else invalid("wrong_password", "password") from None
        else:
            raise invalid("proof_needed", "password")
        return await self.tasks.act(
            actor, key, task_id, SigningWorkflow.sign, SignContract, kind="sign_contract",
            document=document, method=method, origin=origin_of(self.tasks.desk.settings, visitor),
        )  # fmt: skip
