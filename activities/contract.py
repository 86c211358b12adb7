"""Contracts: their row with every version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from temporalio import activity

from activities.approval import Earlier
from activities.clause import CheckOutcome
from activities.contract_version import ComparedDiff
from activities.process import ProcessActivities
from db.contract import Contract
from db.legal import write_reviews
from db.projection import write_record
from db.reckon import weigh
from domain.contract_review import Review
from domain.process import ProcessState


class ContractVersion(BaseModel):
    """What was submitted: `document` is a hash of the document store, `outcome` how its approval ended, under which
    `conditions`; `facts` are what the approval may ask for beside amount, currency and region. `signing` is how signing
    it ended. `compared` says what differs from versions before, the newest first; `ignored` see CompareAnswer.
    `kind` chooses the standard its document is held against; `level`, `read` and `found` are its check's
    highest risk, the document's state and the number of findings.
    """

    no: int
    amount: int
    document: str | None = None
    note: str | None = None
    by: str
    at: datetime
    outcome: str | None = None
    conditions: list[str] = []
    facts: dict[str, Any] = {}
    signing: str | None = None
    compared: list[ComparedDiff] = []
    ignored: list[str] = []
    kind: str = ""
    level: str | None = None
    read: str | None = None
    found: int = 0


class Approver(BaseModel):
    """Who approved the newest version, in order; `role` is the step in which they did."""

    person_id: str
    role: str = ""


class ContractState(ProcessState):
    """`stage` is the contract's status: draft, checking, in_legal, in_approval, approved, signed, rejected, withdrawn;
    `told` what its deal knows.

    `withdrawn` says that the deal is lost: the contract ends as soon as its approval has. `earlier` is what the
    approval of a returned version leaves to the next. `signing_id` while the approved version is being signed, by its
    `approvers`; `signed_document` is the hash with every signature, `remarks` say why a signing came to nothing.
    `reviews` are legal's: the last one is at hand, those before it stay until they are projected.
    `concerned` are the people who decided on any version so far.
    `rules` is the contract policy under which it runs (domain.contract), `check` what the newest version's document was
    found to say; `scanning` while OCR reads its scanned pages.
    """

    stage: str = "draft"
    deal_id: str
    version: int = 1
    versions: list[ContractVersion] = []
    approval_id: str | None = None
    withdrawn: bool = False
    told: str = "draft"
    earlier: Earlier | None = None
    approvers: list[Approver] = []
    signing_id: str | None = None
    signed_document: str | None = None
    remarks: str | None = None
    reviews: list[Review] = []
    concerned: list[str] = []
    rules: dict[str, Any] = {}
    check: CheckOutcome | None = None
    scanning: bool = False

    def confirm(self, revision: int) -> None:
        super().confirm(revision)
        self.reviews = [one for one in self.reviews if one is self.reviews[-1] or one.revision > revision]


class ContractActivities(ProcessActivities):
    @activity.defn
    async def project_contract(self, state: ContractState) -> None:
        async with self.projecting("contract", state) as session:
            if session is None:
                return
            fields = {
                "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount", "currency", "version",
                "approval_id", "opened_at", "closed_at", "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id,
                "status": state.stage,
                "versions": [v.model_dump(mode="json") for v in state.versions],
                **state.model_dump(include=fields),
            }
            await write_record(session, Contract, row, prefix="C", year=self.year(state))
            await write_reviews(session, state.record_id, state.reviews)
            over = bool(state.closed_at)
            await weigh(session, "contract", row["customer_id"], row["region_id"], state.owner_id, over=over)
