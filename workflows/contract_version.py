"""What a contract's next version changes: compared with those before, told to all concerned, asked again or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.approval import Earlier
    from activities.contract import ContractState, ContractVersion
    from activities.contract_version import (
        CompareAnswer,
        ComparedDiff,
        CompareRequest,
        ContractVersionActivities,
    )
    from domain.access import person_key
    from domain.approval_path import seats
    from domain.contract_version import ComparedVersion, VersionDiff
    from workflows.contract_check import DOCUMENTS
    from workflows.human_task import TaskProcess

MOST_COMPARED = 5
"""Earlier versions that a new one is compared with at once, the newest first."""
READS_WITHIN = timedelta(seconds=100)
"""Six documents, each read within 15 s of processor time at most."""


class ContractVersions(TaskProcess[ContractState]):
    @property
    def to_be_compared(self) -> bool:
        return len(self.state.versions) > 1 and not self.state.versions[-1].compared

    async def compare_version(self) -> None:
        """Once for each version after the first; what cannot be compared asks everybody again."""
        state, version = self.state, self.state.versions[-1]
        earlier = state.versions[:-1][-MOST_COMPARED:]
        request = CompareRequest(
            contract_id=state.record_id, new=_compared(version), old=[_compared(one) for one in reversed(earlier)],
            policy=state.policies.get("contract"),
        )  # fmt: skip
        answer = await self._compare(request)
        version.compared, version.ignored = answer.compared, answer.ignored
        newest = answer.compared[0]
        self.change("contract.compared", version=version.no, earlier=newest.diff.old, diff=newest.diff.model_dump())
        told = self.concerned(version.by)
        if told:
            self.notify("contract.version_came", told, title=state.title, version=version.no, **self.words())

    async def _compare(self, request: CompareRequest) -> CompareAnswer:
        try:
            return await workflow.execute_activity_method(
                ContractVersionActivities.compare_versions,
                request,
                task_queue=workflow.info().task_queue + DOCUMENTS,
                start_to_close_timeout=READS_WITHIN,
                retry_policy=RetryPolicy(maximum_attempts=3),
                summary=f"compare version {request.new.no}",
            )
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
        unread = [
            VersionDiff(old=one.no, new=request.new.no, state="unread", amount_old=one.amount,
                        amount_new=request.new.amount)
            for one in request.old
        ]  # fmt: skip
        return CompareAnswer(compared=[ComparedDiff(diff=diff, reopens=["unread"]) for diff in unread])

    def holding_approvals(self) -> Earlier | None:
        """The approvals of the version before that hold for this one as well."""
        earlier, version = self.state.earlier, self.state.versions[-1]
        if earlier is None:
            return None
        holding = {one.diff.old for one in version.compared if not one.reopens}
        void = {"status": "void"}
        path = [step if step.version in holding else step.model_copy(update=void) for step in earlier.path]
        return Earlier(facts=earlier.facts, path=path, ignored=version.ignored)

    # --- telling --------------------------------------------------------------------------------------------------

    def remember_concerned(self, earlier: Earlier | None) -> None:
        """Who decided on a version hears of the next."""
        people = [seat.by for _, seat in seats(earlier.path if earlier else []) if seat.by and seat.by != "system"]
        self.state.concerned = list(dict.fromkeys([*self.state.concerned, *people]))

    def concerned(self, *but: str | None) -> list[str]:
        """Keys of the owner and everybody who decided so far, without those who did it themselves."""
        legal = [review.by for review in self.state.reviews]
        people = dict.fromkeys([self.state.owner_id, self.state.versions[-1].by, *legal, *self.state.concerned])
        return [person_key(one) for one in people if one and one not in but]

    def words(self) -> dict[str, Any]:
        """What a notice says of the newest version's changes; empty for a first version."""
        compared = self.state.versions[-1].compared
        if not compared:
            return {}
        return {"diff": compared[0].diff.model_dump(), "currency": self.state.currency}

    def tell_outcome(self, outcome: str, by: str, comment: str | None) -> None:
        told = self.concerned(by)
        if told and outcome in ("approved", "returned"):
            version = self.state.versions[-1].no
            words = self.words()
            kind = "contract.approved" if outcome == "approved" and not words else f"contract.version_{outcome}"
            self.notify(kind, told, title=self.state.title, version=version, comment=comment or "", **words)


def _compared(version: ContractVersion) -> ComparedVersion:
    return ComparedVersion(no=version.no, amount=version.amount, document=version.document)
