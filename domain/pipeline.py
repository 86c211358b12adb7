"""A pipeline: the stages a deal moves through, what it needs on the way, and what each stage sets going.

Each pipeline is a policy of its own (`pipeline`, `pipeline.<key>`), with its own drafts and versions.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import InitErrorDetails

from domain.column import BoolColumn, Column, EnumColumn, NumberColumn, column_faults
from domain.condition import Tree, leaves, tree_faults, unmet
from domain.deal import LOST_REASONS, WON_REASONS, Reasons
from domain.decision_table import MAX_COLUMNS
from domain.document import (
    Duration,
    Key,
    Label,
    PolicyDocument,
    Problem,
    Sentence,
    Strict,
    duplicates,
    fault,
    refuse_faults,
)
from domain.refusal import Refused, invalid
from domain.stage_action import StageAction
from domain.table_check import check_gate

SALES = "sales"
"""Key of the pipeline every installation begins with."""

FIELDS = ("amount", "close_on", "next_step")
"""What a stage may require to be filled in before a deal enters it."""

MAX_ACTIONS = 10

FACTS: dict[str, Column] = {
    column.key: column
    for column in (
        NumberColumn(key="amount", type="money", nullable=True),
        NumberColumn(key="priority", type="int", min=0, max=3),
        NumberColumn(key="close_on", type="date", nullable=True),
        BoolColumn(key="next_step", type="bool"),
        EnumColumn(
            key="contract_status", type="enum", nullable=True, open=True,
            values=("draft", "checking", "in_legal", "in_approval", "approved", "signed", "rejected", "withdrawn"),
        ),
        EnumColumn(
            key="quote_status", type="enum", nullable=True, open=True,
            values=("draft", "in_approval", "approved", "sent", "accepted", "refused", "lapsed", "withdrawn"),
        ),
    )
}  # fmt: skip
"""What a gate may ask a deal for, each as the gates of every pipeline read it."""

NO_CONTRACT = (None, "rejected", "withdrawn")
"""A contract's status where entering its stage opens a new one."""


class Stage(Strict):
    """`needs` and `gate` are asked when a deal moves forward into the stage, never when it moves back.

    `expected` is how long a deal usually stays; `entry` and `leave` are done once for each visit.
    """

    key: Key
    name: Label
    kind: Literal["open", "won", "lost"] = "open"
    win_percent: Annotated[int, Field(ge=0, le=100)]
    expected: Duration | None = None
    needs: Annotated[tuple[Literal["amount", "close_on", "next_step"], ...], Field(max_length=len(FIELDS))] = ()
    gate: Tree | None = None
    entry: Annotated[tuple[StageAction, ...], Field(max_length=MAX_ACTIONS)] = ()
    leave: Annotated[tuple[StageAction, ...], Field(max_length=MAX_ACTIONS)] = ()

    @property
    def opens_contract(self) -> bool:
        return any(action.do == "contract" for action in self.entry)


class Stall(Strict):
    """Without any activity for so long: amber and the owner told; red and the owner reminded; the manager told."""

    amber: Duration = timedelta(days=7)
    red: Duration = timedelta(days=14)
    manager: Duration = timedelta(days=21)

    @property
    def steps(self) -> tuple[timedelta, timedelta, timedelta]:
        return self.amber, self.red, self.manager


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "name": {"zh": "销售", "en": "Sales"},
    "won_reasons": WON_REASONS,
    "lost_reasons": LOST_REASONS,
    "facts": [FACTS["contract_status"].model_dump(mode="json", exclude_defaults=True)],
    "stages": [
        {"key": "contact", "name": {"zh": "初步接触", "en": "First contact"}, "win_percent": 10, "expected": "P7D"},
        {"key": "needs", "name": {"zh": "需求分析", "en": "Needs analysis"}, "win_percent": 25, "expected": "P14D"},
        {
            "key": "proposal", "name": {"zh": "方案报价", "en": "Proposal"}, "win_percent": 50, "expected": "P14D",
            "needs": ["amount"], "entry": [{"do": "quote"}, {"do": "invoice_draft"}],
        },
        {
            "key": "negotiation", "name": {"zh": "谈判", "en": "Negotiation"}, "win_percent": 75, "expected": "P14D",
            "entry": [{"do": "contract"}, {"do": "payment_reminder"}],
        },
        {
            "key": "won", "name": {"zh": "赢单", "en": "Won"}, "kind": "won", "win_percent": 100,
            "gate": {
                "fact": "contract_status",
                "cell": {"op": "in", "values": ["approved", "signed"]},
                "message": "contract_not_approved",
            },
        },
        {"key": "lost", "name": {"zh": "输单", "en": "Lost"}, "kind": "lost", "win_percent": 0},
    ],
}  # fmt: skip


class PipelinePolicy(PolicyDocument):
    """Open stages in the order a deal takes them, then won, then lost. `facts` are what the gates may ask for.

    `messages` are the words of the gates' conditions. `replaced` says where the deals of a stage that is gone belong,
    when they go over to this version. No deal is begun in a `retired` pipeline.
    """

    kind: ClassVar[str] = "pipeline"
    default: ClassVar[dict[str, Any]] = DEFAULT

    name: Label = Label(zh="销售", en="Sales")
    retired: bool = False
    facts: Annotated[tuple[Column, ...], Field(max_length=MAX_COLUMNS)] = ()
    messages: dict[Key, Sentence] = Field(default_factory=dict)
    stages: Annotated[tuple[Stage, ...], Field(min_length=3, max_length=30)]
    won_reasons: Reasons = ()
    lost_reasons: Reasons = ()
    stall: Stall = Stall()
    replaced: dict[Key, Key] = Field(default_factory=dict)

    @model_validator(mode="after")
    def stages_lead_from_open_to_closed(self) -> Self:
        faults: list[InitErrorDetails] = list(column_faults(self.facts, ("facts",)))
        faults += [
            fault(("facts",), "deal_fact_unknown", "No deal says {key}.", key=column.key)
            for column in self.facts
            if column.key not in FACTS
        ]
        faults += [
            fault(("stages",), "stage_doubled", "Two stages are called {key}.", key=key)
            for key in duplicates([stage.key for stage in self.stages])
        ]
        faults += [
            fault((which,), "reason_doubled", "Two reasons have the key {key}.", key=key)
            for which, reasons in (("won_reasons", self.won_reasons), ("lost_reasons", self.lost_reasons))
            for key in duplicates([reason.key for reason in reasons])
        ]
        if [s.kind for s in self.stages] != ["open"] * (len(self.stages) - 2) + ["won", "lost"]:
            faults.append(fault(("stages",), "stages_order", "Put the open stages first, then one won and one lost."))
        for no, stage in enumerate(self.stages):
            if stage.gate is not None:
                faults += tree_faults(stage.gate, self.columns, ("stages", no, "gate"))
        if list(self.stall.steps) != sorted(self.stall.steps):
            faults.append(fault(("stall",), "stall_order", "Amber comes first, then red, then the manager."))
        known = {stage.key for stage in self.stages}
        faults += [
            fault(("replaced", gone), "stage_unknown", "There is no stage {key}.", key=to)
            for gone, to in self.replaced.items()
            if to not in known
        ]
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
    def won(self) -> Stage:
        return self.stages[-2]

    def find(self, key: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.key == key), None)

    def stage(self, key: str) -> Stage:
        """Raises Refused `stage_unknown`."""
        stage = self.find(key)
        if stage is None:
            raise invalid("stage_unknown", "stage", stage=key)
        return stage

    def next_after(self, key: str) -> Stage | None:
        """The one stage a deal may move forward to; none from a closed stage."""
        stage = self.stage(key)
        return self.stages[self.stages.index(stage) + 1] if stage.kind == "open" else None

    def taken_over(self, key: str) -> Stage | None:
        """Where a deal stands that goes over to this version from a stage of another; None: nowhere, it stays there."""
        return self.find(key) or self.find(self.replaced.get(key, ""))


class Standing(Protocol):
    """A deal's row or state, as far as stages ask for it."""

    @property
    def amount(self) -> int | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def close_on(self) -> date | None: ...
    @property
    def next_step(self) -> str | None: ...
    @property
    def contract_status(self) -> str | None: ...
    @property
    def quote_status(self) -> str | None: ...


def facts_of(deal: Standing, **instead: Any) -> dict[str, Any]:
    """What needs and gates see of a deal; `instead`: what is filled in as it moves, None changes nothing."""

    def said(name: str) -> Any:
        given = instead.get(name)
        return getattr(deal, name) if given is None else given

    close_on = said("close_on")
    return {
        "amount": said("amount"),
        "priority": deal.priority,
        "close_on": close_on.toordinal() if close_on else None,
        "next_step": bool(said("next_step")),
        "contract_status": deal.contract_status,
        "quote_status": deal.quote_status,
    }


def pipeline_kind(key: str) -> str:
    """The policy kind of a pipeline."""
    return PipelinePolicy.kind if key == SALES else f"{PipelinePolicy.kind}.{key}"


def pipeline_key(kind: str) -> str:
    """The pipeline of a policy kind."""
    return kind.partition(".")[2] or SALES


def is_pipeline(kind: str) -> bool:
    return kind.partition(".")[0] == PipelinePolicy.kind


def may_move(pipeline: PipelinePolicy, from_: str, to: str, facts: Mapping[str, Any]) -> None:
    """Whether a deal may move between two stages: one forward at a time, back to any earlier one, lost from any.

    `facts` are those of `facts_of`. Raises Refused: `stage_unknown`, `stage_closed`, `stage_same`, `stage_skipped`
    (`next`: the stage to take first), `fields_missing` (`fields`), `gate_failed` (`conditions`: message, fact and value
    of each, and under `said` the policy's own words for it).
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
    if missing := missing_fields(target, facts):
        raise Refused("fields_missing", stage=target.key, fields=[*missing])
    _pass_gate(pipeline, target, facts)


def missing_fields(stage: Stage, facts: Mapping[str, Any]) -> list[str]:
    return [name for name in stage.needs if not is_filled(name, facts.get(name))]


def is_filled(name: str, value: Any) -> bool:
    """Whether a stage that needs the field is content with what stands in it."""
    return value is not None and value > 0 if name == "amount" else bool(value)


def _pass_gate(pipeline: PipelinePolicy, target: Stage, facts: Mapping[str, Any]) -> None:
    if target.gate is None:
        return
    missing = unmet(target.gate, pipeline.columns, facts)
    if missing:
        conditions: list[JsonValue] = []
        for condition in missing:
            said = pipeline.messages.get(condition.message)
            shown = condition.model_dump(mode="json")
            conditions.append(shown | {"said": said.model_dump(mode="json")} if said else shown)
        raise Refused("gate_failed", stage=target.key, conditions=conditions)


def used_facts(stages: Iterable[Stage]) -> set[str]:
    """The facts that the stages' gates ask for."""
    return {leaf.fact for stage in stages if stage.gate is not None for leaf in leaves(stage.gate)}
