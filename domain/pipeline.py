"""A pipeline: the stages a deal moves through, and the gates it must pass on the way."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import InitErrorDetails

from domain.column import Column, column_faults
from domain.condition import Tree, tree_faults, unmet
from domain.deal import LOST_REASONS, WON_REASONS, Reasons
from domain.decision_table import MAX_COLUMNS
from domain.document import Duration, Key, Label, PolicyDocument, Problem, Strict, duplicates, fault, refuse_faults
from domain.refusal import Refused, invalid
from domain.table_check import check_gate

SALES = "sales"
"""Key of the pipeline every installation begins with."""


class Stage(Strict):
    """`gate` is asked when a deal moves forward into the stage, never when it moves back."""

    key: Key
    name: Label
    kind: Literal["open", "won", "lost"] = "open"
    win_percent: Annotated[int, Field(ge=0, le=100)]
    expected: Duration | None = None
    gate: Tree | None = None


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "won_reasons": WON_REASONS,
    "lost_reasons": LOST_REASONS,
    "facts": [
        {"key": "amount", "type": "money", "nullable": True},
        {"key": "contract_status", "type": "enum", "nullable": True, "open": True, "values": ["approved"]},
    ],
    "stages": [
        {"key": "contact", "name": {"zh": "初步接触", "en": "First contact"}, "win_percent": 10, "expected": "P7D"},
        {"key": "needs", "name": {"zh": "需求分析", "en": "Needs analysis"}, "win_percent": 25, "expected": "P14D"},
        {
            "key": "proposal", "name": {"zh": "方案报价", "en": "Proposal"}, "win_percent": 50, "expected": "P14D",
            "gate": {"fact": "amount", "cell": {"op": "range", "gt": 0}, "message": "amount_needed"},
        },
        {"key": "negotiation", "name": {"zh": "谈判", "en": "Negotiation"}, "win_percent": 75, "expected": "P14D"},
        {
            "key": "won", "name": {"zh": "赢单", "en": "Won"}, "kind": "won", "win_percent": 100,
            "gate": {
                "fact": "contract_status",
                "cell": {"op": "in", "values": ["approved"]},
                "message": "contract_not_approved",
            },
        },
        {"key": "lost", "name": {"zh": "输单", "en": "Lost"}, "kind": "lost", "win_percent": 0},
    ],
}  # fmt: skip


class PipelinePolicy(PolicyDocument):
    """Open stages in the order a deal takes them, then won, then lost. `facts` are what the gates may ask for."""

    kind: ClassVar[str] = "pipeline"
    default: ClassVar[dict[str, Any]] = DEFAULT

    facts: Annotated[tuple[Column, ...], Field(max_length=MAX_COLUMNS)] = ()
    stages: Annotated[tuple[Stage, ...], Field(min_length=3, max_length=30)]
    won_reasons: Reasons = ()
    lost_reasons: Reasons = ()

    @model_validator(mode="after")
    def stages_lead_from_open_to_closed(self) -> Self:
        faults: list[InitErrorDetails] = list(column_faults(self.facts, ("facts",)))
        faults += [
            fault(("stages",), "stage_doubled", "Two stages are called {key}.", key=key)
            for key in duplicates([stage.key for stage in self.stages])
        ]
        if [s.kind for s in self.stages] != ["open"] * (len(self.stages) - 2) + ["won", "lost"]:
            faults.append(fault(("stages",), "stages_order", "Put the open stages first, then one won and one lost."))
        for no, stage in enumerate(self.stages):
            if stage.gate is not None:
                faults += tree_faults(stage.gate, self.columns, ("stages", no, "gate"))
        refuse_faults(self, faults)
        return self

    def problems(self) -> list[Problem]:
        return [
            Problem(where=f"stages.{no}.gate", code="gate_never_opens", what=f"No deal ever enters {stage.key}.")
            for no, stage in enumerate(self.stages)
            if stage.gate is not None and check_gate(stage.gate, self.facts) == "never"
        ]

    @cached_property
    def columns(self) -> dict[str, Column]:
        return {column.key: column for column in self.facts}

    @property
    def first(self) -> Stage:
        return self.stages[0]

    @property
    def last_open(self) -> Stage:
        """Where terms are agreed: a deal that enters it gets its contract."""
        return self.stages[-3]

    def stage(self, key: str) -> Stage:
        """Raises Refused `stage_unknown`."""
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise invalid("stage_unknown", "stage", stage=key)

    def next_after(self, key: str) -> Stage | None:
        """The one stage a deal may move forward to; none from a closed stage."""
        stage = self.stage(key)
        return self.stages[self.stages.index(stage) + 1] if stage.kind == "open" else None


def may_move(pipeline: PipelinePolicy, from_: str, to: str, facts: Mapping[str, Any]) -> None:
    """Whether a deal may move between two stages: one forward at a time, back to any earlier one, lost from any.

    `facts` are those the target's gate asks for. Raises Refused: `stage_unknown`, `stage_closed`, `stage_same`,
    `stage_skipped` (`next`: the stage to take first), `gate_failed` (`conditions`: message, fact and value of each).
    """
    current, target = pipeline.stage(from_), pipeline.stage(to)
    if current.kind != "open":
        raise Refused("stage_closed", stage=current.key)
    if target is current:
        raise Refused("stage_same", stage=current.key)
    if target.kind == "open" and pipeline.stages.index(target) < pipeline.stages.index(current):
        return
    next_stage = pipeline.next_after(from_)
    if target.kind != "lost" and target is not next_stage:
        raise Refused("stage_skipped", stage=target.key, next=next_stage.key if next_stage else None)
    _pass_gate(pipeline, target, facts)


def _pass_gate(pipeline: PipelinePolicy, target: Stage, facts: Mapping[str, Any]) -> None:
    if target.gate is None:
        return
    missing = unmet(target.gate, pipeline.columns, facts)
    if missing:
        conditions: JsonValue = [condition.model_dump(mode="json") for condition in missing]
        raise Refused("gate_failed", stage=target.key, conditions=conditions)
