"""Signings: their rows, and the evidence of what happened to the document in whose hands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from temporalio import activity

from activities.process import ProcessActivities
from activities.signing_customer import Invitation
from db.projection import write_record
from db.signing import Signature, Signing, SigningEvent
from domain.process import ProcessState

Method = Literal["password", "second_factor", "drawn", "typed"]


class Signer(BaseModel):
    """One place to be signed: `id` is the signature's. `by` is who signed (`name` as the document shows it),
    `behalf_of` the absent person whom they stood in for; `document` the hash with this signature, `answer_id` what
    the other party said by link.

    `status`: waiting, asked (a task is open), sealing (they have said so), signed, skipped (they signed before).
    """

    id: str
    no: int
    kind: Literal["ours", "customer"]
    person_id: str | None = None
    contact_id: str | None = None
    role: str = ""
    status: Literal["waiting", "asked", "sealing", "signed", "skipped"] = "waiting"
    task_id: str | None = None
    by: str | None = None
    behalf_of: str | None = None
    name: str | None = None
    method: Method | None = None
    answer_id: str | None = None
    serial: str | None = None
    document: str | None = None
    at: datetime | None = None


class Evidence(BaseModel):
    """Kept in the state until the read model has it. `origin` is a keyed hash of the address it came from."""

    id: str
    at: datetime
    kind: str
    who: str | None = None
    origin: str | None = None
    document: str | None = None
    detail: dict[str, Any] = {}
    revision: int


class SigningState(ProcessState):
    """`stage`: signing (ours, in order), with_customer, then signed, declined, handed_back, expired, failed or
    withdrawn. `source` is the hash of what was approved, `document` that of it with every signature so far.

    `asks_customer` says that the other party signs, too; `reminders` and `expires` count from when they were asked.
    `problem` is why the document could not be sealed (labels: seal_problem).
    """

    stage: str = "signing"
    contract_id: str
    deal_id: str
    version_no: int
    source: str
    document: str | None = None
    signers: list[Signer] = []
    asks_customer: bool = False
    reminders: list[timedelta] = []
    expires: timedelta = timedelta(days=14)
    invitation: Invitation | None = None
    sheet: str | None = None
    evidence: list[Evidence] = []
    witnessed_at: datetime | None = None
    remarks: str | None = None
    problem: str = ""
    ended_by: str | None = None

    @property
    def newest(self) -> str:
        """The hash of the document as it is to be signed next."""
        return self.document or self.source

    def signer(self, task_id: str) -> Signer | None:
        return next((one for one in self.signers if one.task_id == task_id), None)

    def confirm(self, revision: int) -> None:
        super().confirm(revision)
        self.evidence = [one for one in self.evidence if one.revision > revision]


class SigningActivities(ProcessActivities):
    @activity.defn
    async def project_signing(self, state: SigningState) -> None:
        async with self.projecting("signing", state) as session:
            if session is None:
                return
            fields = {
                "contract_id", "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount",
                "currency", "version_no", "source", "document", "sheet", "remarks", "ended_by", "opened_at",
                "closed_at", "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id, "status": state.stage, **state.model_dump(include=fields),
                "invitation_id": state.invitation.id if state.invitation else None,
            }  # fmt: skip
            await write_record(session, Signing, row, prefix="S", year=self.year(state))
            for signer in state.signers:
                shown = signer.model_dump(exclude={"task_id", "answer_id"})
                statement = insert(Signature).values(signing_id=state.record_id, **shown)
                await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=shown))
            for one in state.evidence:
                told = one.model_dump(exclude={"revision"})
                await session.execute(
                    insert(SigningEvent)
                    .values(signing_id=state.record_id, **told)
                    .on_conflict_do_nothing(index_elements=["id"])
                )
