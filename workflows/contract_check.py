"""The stage between a version's submission and those who decide about it: its document is read and judged."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.clause import CheckOutcome, CheckRequest, ClauseActivities
    from activities.clause_scan import ScanActivities
    from activities.contract import ContractState
    from activities.policy import PolicyActivities
    from domain.clause.page import State
    from domain.clause.standard import Risk, standard_kind
    from domain.contract import ContractPolicy
    from domain.policy import load
    from workflows.human_task import TaskProcess

DOCUMENTS = "-documents"
"""What the queue of those who open documents is called after the queue of the processes."""
OCR = "-ocr"
"""The same of those who read scanned pages: slowly, and one document at a time."""
SCAN_READ_WITHIN = timedelta(hours=2)
"""With the wait for other documents; then people read it."""


class ContractCheck(TaskProcess[ContractState]):
    @property
    def rules(self) -> ContractPolicy:
        return load(ContractPolicy, self.state.rules)

    async def pin_rules(self) -> None:
        if not self.state.rules:
            self.state.rules = await self._pin(ContractPolicy.kind)

    async def _pin(self, kind: str) -> dict[str, object]:
        pinned = await self.perform(PolicyActivities.pin_policy, kind, f"read the policy {kind}")
        self.state.policies[kind] = pinned.version
        return pinned.document

    async def have_it_checked(self) -> None:
        """Ends with the version where those are asked who come next, or as withdrawn."""
        state, version = self.state, self.state.versions[-1]
        kind = standard_kind(version.kind)
        if kind not in state.policies:
            await self._pin(kind)
        asked = CheckRequest(
            contract_id=state.record_id, version_no=version.no, document=version.document or "",
            deal_id=state.deal_id, customer_id=state.customer_id or "", region_id=state.region_id or "",
            amount=version.amount, currency=state.currency or "", kind=kind, standard=state.policies[kind],
        )  # fmt: skip
        reading = workflow.start_activity_method(
            ClauseActivities.check_document,
            asked,
            task_queue=workflow.info().task_queue + DOCUMENTS,
            start_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=timedelta(seconds=15),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=10)),
            summary=f"read the document of version {version.no}",
        )
        await self.wait(lambda: reading.done() or self._called_off)
        if self._called_off:
            reading.cancel()
        else:
            outcome = await _ended(reading)
            if outcome.state == State.NEEDS_OCR:
                outcome = await self._scan_read(asked, outcome)
        if self._called_off:
            self._call_off()
            return
        self._note(outcome)
        await self.checked(outcome)

    @property
    def _called_off(self) -> bool:
        """The version was taken back meanwhile, or the deal is lost."""
        return self.state.withdrawn or self.state.stage != "checking"

    def _call_off(self) -> None:
        if self.state.withdrawn:
            self.state.stage = "withdrawn"

    async def _scan_read(self, asked: CheckRequest, outcome: CheckOutcome) -> CheckOutcome:
        """What OCR adds, where it is installed; else, and where it does not end, the outcome as it is."""
        state = self.state
        state.scanning = True
        self.change("contract.scanned", version=asked.version_no)
        reading = workflow.start_activity_method(
            ScanActivities.read_scan,
            asked,
            task_queue=workflow.info().task_queue + OCR,
            schedule_to_close_timeout=SCAN_READ_WITHIN,
            start_to_close_timeout=timedelta(minutes=30),
            heartbeat_timeout=timedelta(seconds=15),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=10)),
            summary=f"read the scanned pages of version {asked.version_no}",
        )
        await self.wait(lambda: reading.done() or self._called_off)
        state.scanning = False
        if self._called_off:
            reading.cancel()
            return outcome
        try:
            return await reading
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
            return outcome

    async def checked(self, outcome: CheckOutcome) -> None:
        """A subclass sends the version to those who come next."""
        raise NotImplementedError

    def _note(self, outcome: CheckOutcome) -> None:
        state, version = self.state, self.state.versions[-1]
        state.check = outcome
        version.level, version.read, version.found = outcome.level, outcome.state, len(outcome.findings)
        said = "checked" if outcome.state == State.TEXT else "read_by_ocr" if outcome.by_ocr else "not_read"
        self.change(
            f"contract.{said}", version=version.no, document_state=outcome.state, risk=outcome.level,
            count=len(outcome.findings),
        )  # fmt: skip


async def _ended(reading: workflow.ActivityHandle[CheckOutcome]) -> CheckOutcome:
    """A check that could not be kept says so: it is high risk, and read by nobody."""
    try:
        return await reading
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
        return CheckOutcome(check_id="", state=State.UNREADABLE, level=Risk.HIGH)
