"""What follows a contract's approval: it is signed, or comes back for another version."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contract import ContractState
    from domain.contract import ContractPolicy
    from domain.policy import load
    from workflows.human_task import TaskProcess
    from workflows.signing import SignerSpec, SigningEnded, SigningStart, SigningWorkflow, signing_workflow_id

BACK = ("declined", "handed_back", "expired", "failed")
"""How a signing ends that leaves the owner to prepare another version, or to let the contract go."""


class ContractSigning(TaskProcess[ContractState]):
    @property
    def nothing_to_sign(self) -> bool:
        """A version without a document ends as approved."""
        return self.state.versions[-1].document is None

    async def to_be_signed(self) -> bool:
        """Whether the approved version is a document that the policy wants signed; then it knows by whom."""
        state = self.state
        if state.signing_id is not None:
            return True
        document = state.versions[-1].document or ""
        rules = load(ContractPolicy, state.rules).signing
        if rules.ours == "none" and not rules.customer:
            return False
        signers = [SignerSpec(person_id=one.person_id, role=one.role) for one in state.approvers]
        owner = [SignerSpec(person_id=state.owner_id or "")]
        state.signing_id = self.new_id()
        start = SigningStart(
            signing_id=state.signing_id, contract_id=state.record_id, deal_id=state.deal_id, line_id=state.line_id,
            customer_id=state.customer_id or "", region_id=state.region_id or "", owner_id=state.owner_id or "",
            title=state.title, amount=state.amount or 0, currency=state.currency or "", version_no=state.version,
            document=document, signers=(signers or owner) if rules.ours == "approvers" else [],
            customer=rules.customer, reminders=list(rules.reminders), expires=rules.expires,
        )  # fmt: skip
        await self.start_once(SigningWorkflow.run, start, signing_workflow_id(state.signing_id))
        return True

    async def have_it_signed(self) -> None:
        """Waits for the end of the signing; a withdrawal goes through it, too."""
        state = self.state
        await self.wait(lambda: state.signing_id is None or state.withdrawn)
        if state.signing_id is not None:
            by = state.owner_id or "system"
            await self.signal(signing_workflow_id(state.signing_id), SigningWorkflow.withdraw, by)
            await self.wait(lambda: state.signing_id is None)

    @workflow.signal
    def signing_ended(self, ended: SigningEnded) -> None:
        state = self.state
        if ended.signing_id != state.signing_id or state.stage != "approved":
            return
        state.signing_id = None
        version = state.versions[-1]
        version.signing = ended.outcome
        if ended.outcome == "signed":  # also where the deal was lost in the same moment: it is binding now
            state.stage, state.signed_document = "signed", ended.document
        elif ended.outcome == "withdrawn" or state.withdrawn:
            state.stage = "withdrawn"
        else:
            state.stage, state.earlier, state.remarks = "draft", None, ended.remarks
            state.version += 1
        self.change(
            f"contract.signing_{ended.outcome}",
            actor=ended.by,
            comment=ended.remarks,
            version=version.no,
            problem=ended.problem,
        )
