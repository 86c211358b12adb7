"""What both sides' signing rests on: the evidence, and sealing the document with one signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.sealing import SealingActivities, SealRequest
    from activities.signing import Evidence, Signer, SigningState
    from workflows.human_task import TaskProcess

LONGEST = timedelta(minutes=4)
"""One try of a seal, which reads the document twice in a child of its own."""
SILENCE = timedelta(seconds=20)
"""After which the one who was at it counts as gone."""
OVER = ("signed", "declined", "handed_back", "expired", "failed", "withdrawn")


class SigningDesk(TaskProcess[SigningState]):
    def witness(self, kind: str, who: str | None = None, origin: str | None = None, **detail: Any) -> None:
        """Adds to the evidence, with the document as it is now. Follows a `change`, with which it is written."""
        state = self.state
        at = workflow.now()
        if state.witnessed_at and at <= state.witnessed_at:  # of one moment, in the order in which they were told
            at = state.witnessed_at + timedelta(microseconds=1)
        state.witnessed_at = at
        state.evidence.append(
            Evidence(id=self.new_id(), at=at, kind=kind, who=who, origin=origin, document=state.newest,
                     detail=detail, revision=state.revision)
        )  # fmt: skip

    def finish(self, outcome: str, by: str = "system", remarks: str | None = None) -> None:
        """The signing is over, unless it was before."""
        state = self.state
        if state.stage not in OVER:
            state.stage, state.ended_by, state.remarks = outcome, by, remarks

    async def seal(self, signer: Signer) -> None:
        """The signature of one who has said so goes into the document; what cannot be sealed ends the signing.

        It is asked for until it is there: a killed worker's half a seal is nobody's, and a second one is the first.
        """
        state = self.state
        request = SealRequest(
            signing_id=state.record_id, contract_id=state.contract_id, version_no=state.version_no, title=state.title,
            source=state.newest, first=state.document is None, signer=signer, signers=state.signers,
        )  # fmt: skip
        sealed = await workflow.execute_activity_method(
            SealingActivities.seal_signature,
            request,
            start_to_close_timeout=LONGEST,
            heartbeat_timeout=SILENCE,
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=10)),
            summary=f"seal signature {signer.no} of {len(state.signers)}",
        )
        if sealed.problem:
            state.problem = sealed.problem
            self.finish("failed")
            return
        if state.stage in OVER:
            return  # withdrawn meanwhile: nobody is bound, and the sealed file is nowhere referred to
        signer.status, signer.name, signer.serial = "signed", sealed.name, sealed.serial
        signer.document = state.document = sealed.document
        self.change("signing.signed", actor=signer.by or "system", no=signer.no, of=len(state.signers))
        self.witness("sealed", signer.by, signature=signer.id, serial=sealed.serial)
