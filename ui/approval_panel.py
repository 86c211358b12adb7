"""What an approver looks at before deciding: key figures, what the policy says, the path, what was decided before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from db.contract import Approval
from db.subject import SubjectCase
from domain.approval import ApprovalPolicy, Route
from domain.approval_path import PathStep, Seat, seats
from domain.cell import Cell, Range
from domain.decision_table import Row
from domain.pipeline import PipelinePolicy
from domain.policy import load
from locales import N_
from locales.labels import label
from ui.approval_path import Looked, PathWords
from ui.policy_words import PolicyWords
from ui.subject import subject_words
from ui.table_words import currency_of

EVENTS = {
    "approved": ("check", "ok", N_("Version %(no)d approved")),
    "returned": ("undo-2", "warn", N_("Version %(no)d returned")),
    "rejected": ("x", "bad", N_("Version %(no)d rejected")),
}

MARKS = {"question": N_("Question"), "answer": N_("Answer")}
"""What a remark is, where it is no plain comment."""

_instant = TypeAdapter(datetime)

Check = tuple[Row[Route], Cell, str]
"""A row of the policy, what it wants of a fact, and the state of that: ok or warn."""


@dataclass(frozen=True)
class ApprovalPanel:
    """For one reader; `mine` is the id of the task whose turn they have, empty: none."""

    case: SubjectCase
    approval: Approval
    words: PolicyWords
    mine: str = ""
    looked: Looked | None = None

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
    def fired(self) -> list[Row[Route]]:
        """The rows of the policy that asked for this path; none where it did not understand the case."""
        if self.policy is None:
            return []
        return [self.policy.table.row(row) for row in self.approval.decision.get("fired", ())]

    # --- key figures ----------------------------------------------------------------------------------------------

    @property
    def figures(self) -> list[dict[str, Any]]:
        words, approval = self.words, self.approval
        value = {
            "name": words._(subject_words(approval.subject_kind).value),
            "value": words.formats.money(approval.amount, approval.currency),
        }
        if (before := self._amount_before) is not None and before != approval.amount:
            change = approval.amount - before
            sign = "+" if change > 0 else ""
            value["delta"] = sign + words.formats.money(change, approval.currency)
        new = self._new(approval.opened_at, approval.submitted_by)
        version = {"name": words._(N_("Version")), "value": str(approval.subject_version), "fresh": new}
        rates = [
            {"name": words.fact(key), "value": words.formats.percent(Decimal(rate) / 10_000)}
            for key in ("discount", "margin")
            if (rate := approval.facts.get(key)) is not None and approval.subject_kind == "quote"
        ]
        return [value, version, *self._document, *(rates or self._chance)]

    @property
    def _document(self) -> list[dict[str, Any]]:
        """What its check says of the version's document: whether it was read, the highest risk, how many findings."""
        no, language = self.approval.subject_version, self.words.language
        version = next((v for v in self.case.subject.versions if v["no"] == no), {})
        if not version.get("read"):
            return []
        said = label("document_state", version["read"], language)
        if version["read"] == "text":
            said = self.words._(N_("%(risk)s, findings: %(count)s")) % {
                "risk": label("risk", version["level"], language), "count": version["found"],
            }  # fmt: skip
        return [{"name": self.words._(N_("Clause check")), "value": said}]

    def _new(self, at: datetime, by: str) -> bool:
        return self.looked is not None and self.looked.new(at, by)

    @property
    def _amount_before(self) -> int | None:
        no = self.approval.subject_version
        return next((v["amount"] for v in reversed(self.case.subject.versions) if v["no"] < no), None)

    @property
    def _chance(self) -> list[dict[str, Any]]:
        if self.case.pipeline is None or self.case.deal is None:
            return []
        stage = load(PipelinePolicy, self.case.pipeline.document).stage(self.case.deal.stage)
        return [{"name": self.words._(N_("Win chance")), "value": self.words.formats.percent(stage.win_percent / 100)}]

    # --- the policy's decision ------------------------------------------------------------------------------------

    @property
    def checks(self) -> list[dict[str, Any]]:
        """What is asked beside the nearest limit of the policy, for each fact that counted."""
        if not self.fired or self.policy is None:
            return []
        table, decision = self.policy.table, self.approval.decision
        columns = {column.key: column for column in table.columns}
        # In the table's order, which storage does not keep: the last row passed over has the nearest limit.
        missed = [(row, decision["misfits"][row.id]) for row in table.rows if row.id in decision["misfits"]]
        exceeded: dict[str, Check] = {
            key: (row, row.when[key], "warn") for row, key in missed if not self._asks_more(row)
        }
        kept: dict[str, Check] = {
            key: (row, within, "ok")
            for row, key in missed
            if self._asks_more(row) and isinstance(cell := row.when[key], Range) and (within := cell.beyond)
        }
        fits: dict[str, Check] = {
            key: (row, cell, "ok") for row in reversed(self.fired) for key, cell in row.when.items()
        }
        shown = fits | kept | exceeded
        if "amount" in shown and decision["facts"].get("currency") == currency_of(shown["amount"][0]):
            shown.pop("currency", None)  # the amount is written with it
        shown.pop("kind", None)  # stands at the head of the case
        return [
            {
                "name": self.words.fact(key),
                "limit": self.words.cell(columns[key], cell, currency_of(row)),
                "asked": self.words.value(columns[key], decision["facts"][key], decision["facts"].get("currency")),
                "state": state,
            }
            for key, (row, cell, state) in sorted(shown.items(), key=lambda item: list(columns).index(item[0]))
        ]

    def _asks_more(self, row: Row[Route]) -> bool:
        """Whether a row passed over would have asked more people: what it begins at is then a limit that was kept."""
        return len(row.then.steps) > sum(len(fired.then.steps) for fired in self.fired)

    # --- the path -------------------------------------------------------------------------------------------------

    @cached_property
    def path(self) -> list[PathStep]:
        return self.case.paths[self.approval.id]

    @cached_property
    def path_words(self) -> PathWords:
        return PathWords(self.words, self.policy, self.case.holding, self.mine, self.looked)

    @property
    def steps(self) -> list[dict[str, Any]]:
        return self.path_words.steps(step for step in self.path if step.status != "void")

    @property
    def asked_before(self) -> list[dict[str, Any]]:
        """The steps as they were before a later one returned the case to them."""
        return self.path_words.steps(step for step in self.path if step.status == "void")

    @property
    def then(self) -> str:
        """Whose turn it is after an approval now; empty: nobody's, then it is approved."""
        return self.path_words.after(self.path, self.mine)

    # --- what was said and decided before --------------------------------------------------------------------------

    @property
    def earlier(self) -> list[dict[str, Any]]:
        """Decisions on versions before this one, the newest first."""
        before = [a for a in self.case.approvals if a.subject_version < self.approval.subject_version]
        return [self._event(a, seat) for a in reversed(before) for seat in reversed(self._decided(a))]

    def _decided(self, approval: Approval) -> list[Seat]:
        decided = [(seat.at, seat) for _, seat in seats(self.case.paths[approval.id]) if seat.at]
        return [seat for _, seat in sorted(decided, key=lambda one: one[0])]

    def _event(self, approval: Approval, seat: Seat) -> dict[str, Any]:
        icon, state, what = EVENTS[seat.status]
        return {
            "icon": icon,
            "state": state,
            "what": self.words._(what, no=approval.subject_version),
            "who": self.words.names.person(seat.by),
            "at": seat.at,
            "detail": seat.comment,
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
                "outcome": version.get("outcome"),
                "file": self.case.files.get(version.get("document") or ""),
            }
            for version in reversed(self.case.subject.versions)
            if version["no"] <= self.approval.subject_version
        ]

    @property
    def since(self) -> dict[str, Any] | None:
        """What changed since the reader last decided on a version of it, else since the one before; None: unknown.

        `decided` is how they did: approved, returned, rejected, or empty.
        """
        no, case = self.approval.subject_version, self.case
        version = next((v for v in case.subject.versions if v["no"] == no), None)
        diffs = {one["diff"]["old"]: one for one in (version or {}).get("compared", ())}
        if not diffs:
            return None
        mine = [
            (approval.subject_version, seat.status)
            for approval in reversed(case.approvals)
            for seat in self._decided(approval)
            if self.looked and seat.by == self.looked.reader and approval.subject_version in diffs
        ]
        old, decided = next(iter(mine), (max(diffs), ""))
        return {"no": old, "decided": decided, "diff": diffs[old]["diff"], "reopens": diffs[old]["reopens"]}

    @property
    def comments(self) -> list[dict[str, Any]]:
        """What the submitter wrote with this version, what its approvers said, and what was asked, the oldest first."""
        no = self.approval.subject_version
        notes = [v for v in self.case.subject.versions if v["no"] == no and v.get("note")]
        said = [
            *(self._said(v["by"], _instant.validate_python(v["at"]), v["note"]) for v in notes),
            *(self._said(s.by, s.at, s.comment) for s in self._decided(self.approval) if s.comment and s.by and s.at),
            *(
                self._said(r["by"], _instant.validate_python(r["at"]), r["text"], MARKS.get(r["kind"], ""))
                for r in self.approval.remarks
            ),
        ]
        return sorted(said, key=lambda one: one["at"])

    def _said(self, by: str, at: datetime, text: str, mark: str = "") -> dict[str, Any]:
        return {
            "id": by,
            "who": self.words.names.person(by),
            "at": at,
            "text": text,
            "mark": self.words._(mark) if mark else "",
            "fresh": self._new(at, by),
        }
