"""What both sides' signing rests on: the evidence, and sealing the document with one signature."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.signing import Evidence, Signer, SigningState
    from workflows.human_task import TaskProcess

OVER = ("signed", "declined", "handed_back", "expired", "failed", "withdrawn")


class SigningDesk(TaskProcess[SigningState]):
    def witness(self, kind: str, who: str | None = None, origin: str | None = None, **detail: Any) -> None:
        """Adds to the evidence, with the document as it is now. Follows a `change`, with which it is written."""
        state = self.state
        state.evidence.append(
            Evidence(id=self.new_id(), at=workflow.now(), kind=kind, who=who, origin=origin, document=state.newest,
                     detail=detail, revision=state.revision)
        )  # fmt: skip

    def finish(self, outcome: str, by: str = "system", remarks: str | None = None) -> None:
        """The signing is over, unless it was before."""
        state = self.state
        if state.stage not in OVER:
            state.stage, state.ended_by, state.remarks = outcome, by, remarks

    async def seal(self, signer: Signer) -> None:
        """The signature of one who has said so goes into the document; what cannot be sealed ends the signing."""
        state = self.state
        signer.status, signer.at, signer.document = "signed", workflow.now(), state.newest
        self.change("signing.signed", actor=signer.by or "system", no=signer.no, of=len(state.signers))
        self.witness("sealed", signer.by, signature=signer.id)
