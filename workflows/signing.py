"""The signing of an approved contract: ours one after the other, then the other party, each sealed into the PDF."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.signing import Signer, SigningActivities, SigningState
    from domain.access import Role, person_key
    from domain.process import Waiting
    from domain.refusal import Refused
    from domain.task import HumanTask, Pace, ladder_of
    from workflows.human_task import MoveTask
    from workflows.process import command
    from workflows.signing_customer import SigningCustomer
    from workflows.signing_desk import OVER
    from workflows.signing_message import (
        SignContract,
        SignerSpec,
        SigningEnded,
        SigningStart,
        signing_workflow_id,
    )

__all__ = ["SignContract", "SignerSpec", "SigningEnded", "SigningStart", "SigningWorkflow", "signing_workflow_id"]

PACE = Pace(allowed=timedelta(days=2), remind=timedelta(days=1))


@workflow.defn(name="SigningWorkflow")
class SigningWorkflow(SigningCustomer):
    projection = SigningActivities.project_signing

    @workflow.init
    def __init__(self, start: SigningStart) -> None:
        fields = start.model_dump(exclude={"signing_id", "document", "signers", "customer", "state"})
        self.begin(
            start.state
            or SigningState(
                record_id=start.signing_id, source=start.document, asks_customer=start.customer, **fields
            )
        )  # fmt: skip
        self.start = start
        if start.state is None:
            self._name_signers()
            self.change("signing.opened", version=start.version_no, signers=[one.person_id for one in start.signers])
            self.witness("opened", signers=len(self.state.signers))

    def _name_signers(self) -> None:
        """Each of ours once, in the order given; then the other party."""
        state, named = self.state, {one.person_id: one for one in reversed(self.start.signers)}
        for asked in self.start.signers:
            if (one := named.pop(asked.person_id, None)) is not None:
                no = len(state.signers) + 1
                signer = Signer(id=self.new_id(), no=no, kind="ours", person_id=one.person_id, role=one.role)
                state.signers.append(signer)
        if state.asks_customer:
            state.signers.append(Signer(id=self.new_id(), no=len(state.signers) + 1, kind="customer"))

    def renewed(self) -> SigningStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: SigningStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        state = self.state
        while state.stage not in OVER:
            one = self._next
            if state.stage == "with_customer":
                await self.customer_signs()
            elif one is None:
                self._ours_are_done()
            elif one.status == "sealing":
                await self.seal(one)
            elif one.status == "waiting":
                self._ask(one)
            else:
                await self.wait(lambda: one.status != "asked" or state.stage in OVER)  # noqa: B023 - awaited before
        await self._end()

    @property
    def _next(self) -> Signer | None:
        """Whose turn it is on our side."""
        ours = (one for one in self.state.signers if one.kind == "ours")
        return next((one for one in ours if one.status not in ("signed", "skipped")), None)

    def _ours_are_done(self) -> None:
        if self.state.asks_customer:
            self.state.stage = "with_customer"
            self.change("signing.with_customer")
            self.witness("with_customer")
        else:
            self.finish("signed")

    def _ask(self, one: Signer) -> None:
        state = self.state
        if self._has_signed(one.person_id or ""):  # in the place of somebody before them
            one.status = "skipped"
            self.change("signing.skipped", signer=one.person_id)
            return
        task = self.open_task(
            "sign_contract", [person_key(one.person_id or "")], PACE,
            ladder=ladder_of(Role.SALES, state.region_id), from_id=state.owner_id,
            params={"document": state.newest, "no": one.no, "of": len(state.signers), "contract_id": state.contract_id},
        )  # fmt: skip
        one.status, one.task_id = "asked", task.id

    def _has_signed(self, person: str) -> bool:
        return any(one.by == person and one.status in ("sealing", "signed") for one in self.state.signers)

    async def _end(self) -> None:
        state = self.state
        self.cancel_tasks()
        self.change(
            f"signing.ended_{state.stage}",
            actor=state.ended_by or "system",
            comment=state.remarks,
            problem=state.problem,
        )
        self.witness(state.stage, state.ended_by, remarks=state.remarks)
        ended = SigningEnded.model_validate({
            "signing_id": state.record_id, "outcome": state.stage, "document": state.document,
            "remarks": state.remarks, "problem": state.problem, "by": state.ended_by or "system",
        })  # fmt: skip
        await self.signal(f"contract/{state.contract_id}", "signing_ended", ended)
        await self.keep_evidence()
        self.close(state.stage)
        self.change("signing.evidence_kept" if state.sheet else "signing.evidence_failed")

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_sign(self, asked: SignContract) -> None:
        task = self.decidable(asked)
        if task.kind != "sign_contract" or self.state.stage != "signing":
            raise Refused("not_decidable", 409)
        if self._has_signed(asked.actor.id):
            raise Refused("signed_already", 409)
        if asked.document != self.state.newest:
            raise Refused("document_changed", 409)

    @command(_may_sign)
    def sign(self, asked: SignContract) -> None:
        task, one = self.state.task(asked.task_id), self.state.signer(asked.task_id)
        assert task is not None  # noqa: S101 - the validator saw it in the same turn
        assert one is not None  # noqa: S101 - every task of this kind has its place
        one.status, one.by, one.method = "sealing", asked.actor.id, asked.method
        one.behalf_of, one.at = task.on_behalf(asked.actor), workflow.now()
        self.close_task(task, asked.actor.id, "signed", behalf_of=one.behalf_of)
        behalf = {"behalf_of": one.behalf_of} if one.behalf_of else {}
        self.witness("confirmed", asked.actor.id, asked.origin, method=asked.method, signature=one.id, **behalf)

    def goes_along(self, task: HumanTask) -> bool:
        """Who approved signs, whoever owns the case by now; to choose the customer's signatory is the owner's."""
        return task.kind != "sign_contract"

    def may_move(self, task: HumanTask, asked: MoveTask) -> None:
        if self._has_signed(asked.to):
            raise Refused("signed_already", 409, field="to")

    @workflow.signal
    def withdraw(self, by: str) -> None:
        """Too late once everybody has said that they sign: they were told that it is signed."""
        if any(one.status not in ("sealing", "signed", "skipped") for one in self.state.signers):
            self.finish("withdrawn", by)

    def waiting(self) -> list[Waiting]:
        if self.state.stage == "with_customer":
            return [Waiting(reason="signing.with_customer", since=self.state.changed_at)]
        return super().waiting()
