"""What an approver looks at before deciding: key figures, what the policy says, the path, what was decided before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from db.contract import Approval
from db.contract_case import ContractCase
from domain.approval import ApprovalPolicy, Route
from domain.decision_table import Row
from domain.pipeline import PipelinePolicy
from domain.policy import load
from locales import N_
from locales.labels import label
from ui.policy_words import PolicyWords
from ui.table_words import currency_of

STATES = {
    "approved": "done", "returned": "returned", "rejected": "refused", "open": "current", "pending": "next",
    "withdrawn": "skipped",
}  # fmt: skip
"""A step's status -> how `ui.steps` shows it."""

EVENTS = {
    "approved": ("check", "ok", N_("Version %(no)d approved")),
    "returned": ("undo-2", "warn", N_("Version %(no)d returned")),
    "rejected": ("x", "bad", N_("Version %(no)d rejected")),
}

_duration = TypeAdapter(timedelta)
_instant = TypeAdapter(datetime)


@dataclass(frozen=True)
class ApprovalPanel:
    """For one reader, whose turn it may be: then `yours`."""

    case: ContractCase
    approval: Approval
    words: PolicyWords
    yours: bool

    @cached_property
    def policy(self) -> ApprovalPolicy | None:
        """The version it runs under; None until its process has shown which."""
        pinned = self.case.policies.get(self.approval.id)
        return load(ApprovalPolicy, pinned.document) if pinned else None

    @property
    def policy_version(self) -> int | None:
        pinned = self.case.policies.get(self.approval.id)
        return pinned.version if pinned else None

    @property
    def fired(self) -> Row[Route] | None:
        """The row of the policy that asked for this path."""
        if self.policy is None or not self.approval.decision:
            return None
        return self.policy.table.row(self.approval.decision["fired"][0])

    # --- key figures ----------------------------------------------------------------------------------------------

    @property
    def figures(self) -> list[dict[str, Any]]:
        words, approval = self.words, self.approval
        value = {
            "name": words._(N_("Contract value")),
            "value": words.formats.money(approval.amount, approval.currency),
        }
        if (before := self._amount_before) is not None and before != approval.amount:
            change = approval.amount - before
            sign = "+" if change > 0 else ""
            value["delta"] = sign + words.formats.money(change, approval.currency)
        version = {"name": words._(N_("Version")), "value": str(approval.subject_version)}
        return [value, version, *self._chance]

    @property
    def _amount_before(self) -> int | None:
        no = self.approval.subject_version
        return next((v["amount"] for v in reversed(self.case.contract.versions) if v["no"] < no), None)

    @property
    def _chance(self) -> list[dict[str, Any]]:
        if self.case.pipeline is None:
            return []
        stage = load(PipelinePolicy, self.case.pipeline.document).stage(self.case.deal.stage)
        return [{"name": self.words._(N_("Win chance")), "value": self.words.formats.percent(stage.win_percent / 100)}]

    # --- the policy's decision ------------------------------------------------------------------------------------

    @property
    def checks(self) -> list[dict[str, Any]]:
        """What is asked beside the nearest limit of the policy, for each fact that counted."""
        if self.fired is None or self.policy is None:
            return []
        table, decision = self.policy.table, self.approval.decision
        columns = {column.key: column for column in table.columns}
        passed = {key: (table.row(row_id), "warn") for row_id, key in decision["misfits"].items()}
        fits = dict.fromkeys(self.fired.when, (self.fired, "ok"))
        shown = fits | passed
        if "amount" in shown and decision["facts"].get("currency") == currency_of(shown["amount"][0]):
            shown.pop("currency", None)  # the amount is written with it
        return [
            {
                "name": self.words.fact(key),
                "limit": self.words.cell(columns[key], row.when[key], currency_of(row)),
                "asked": self.words.value(columns[key], decision["facts"][key], decision["facts"].get("currency")),
                "state": state,
            }
            for key, (row, state) in sorted(shown.items(), key=lambda item: list(columns).index(item[0]))
        ]

    # --- the path -------------------------------------------------------------------------------------------------

    @property
    def steps(self) -> list[dict[str, Any]]:
        return [self._step(step) for step in self.approval.path]

    def _step(self, step: dict[str, Any]) -> dict[str, Any]:
        task = self.case.tasks.get(step["task_id"] or "")
        shown = {
            "state": STATES[step["status"]],
            "role": label("role", step["role"], self.words.language),
            "who": self._who(step),
            "note": self._why(step),
        }
        if step["at"]:
            return shown | {"at": _instant.validate_python(step["at"])}
        if step["status"] == "open" and task and task.due_at:
            return shown | {"due": task.due_at, "start": task.opened_at}
        allowed = self.words.formats.span(_duration.validate_python(step["allowed"]))
        return shown | {"end": allowed if step["status"] == "pending" else ""}

    def _who(self, step: dict[str, Any]) -> str:
        if step["by"]:
            return self.words.names.person(step["by"])
        if step["status"] == "open" and self.yours:
            return self.words._(N_("you"))
        asked, holder = f"role:{step['role']}:", step["holder"] or ""
        return self.words.names.holder(holder) if holder and not holder.startswith(asked) else ""

    def _why(self, step: dict[str, Any]) -> str:
        if self.policy is None:
            return ""
        table = self.policy.table
        if all(step["key"] in {s.key for s in row.then.steps} for row in table.rows):
            return self.words._(N_("Approves every request"))
        return self.words.when(table, table.row(step["reason"]))

    @property
    def then(self) -> str:
        """Whose turn it is after an approval now; empty: nobody's, then it is approved."""
        turn = next((s for s in self.approval.path if s["status"] == "pending"), None)
        return label("role", turn["role"], self.words.language) if turn else ""

    # --- what was said and decided before --------------------------------------------------------------------------

    @property
    def earlier(self) -> list[dict[str, Any]]:
        """Decisions on versions before this one, the newest first."""
        before = [a for a in self.case.approvals if a.subject_version < self.approval.subject_version]
        return [self._event(a, step) for a in reversed(before) for step in reversed(a.path) if step["by"]]

    def _event(self, approval: Approval, step: dict[str, Any]) -> dict[str, Any]:
        icon, state, what = EVENTS[step["status"]]
        return {
            "icon": icon,
            "state": state,
            "what": self.words._(what, no=approval.subject_version),
            "who": self.words.names.person(step["by"]),
            "at": _instant.validate_python(step["at"]),
            "detail": step["comment"],
        }

    @property
    def versions(self) -> list[dict[str, Any]]:
        """Every version up to this one, the newest first, each with its file where it has one."""
        return [
            {
                "no": version["no"],
                "amount": version["amount"],
                "by": self.words.names.person(version["by"]),
                "at": _instant.validate_python(version["at"]),
                "outcome": version["outcome"],
                "file": self.case.files.get(version["document"] or ""),
            }
            for version in reversed(self.case.contract.versions)
            if version["no"] <= self.approval.subject_version
        ]

    @property
    def comments(self) -> list[dict[str, Any]]:
        """What the submitter wrote with this version, and what its approvers said, the oldest first."""
        written = [
            (v["by"], v["at"], v["note"])
            for v in self.case.contract.versions
            if v["no"] == self.approval.subject_version
        ]
        said = [(step["by"], step["at"], step["comment"]) for step in self.approval.path]
        return list(self._comments([*written, *said]))

    def _comments(self, remarks: Iterable[tuple[str | None, str | None, str | None]]) -> Iterable[dict[str, Any]]:
        for by, at, text in remarks:
            if text and by:
                yield {"id": by, "who": self.words.names.person(by), "at": _instant.validate_python(at), "text": text}
