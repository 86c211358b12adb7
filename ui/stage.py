"""The pipelines as pages show them: their stages, and where a deal may go from where it stands."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.deal import Deal
from db.pipeline import Pinned, pinned_pipelines, pipelines_in_force, stage_names
from domain.pipeline import NO_CONTRACT, SALES, PipelinePolicy, Stage, facts_of, is_filled, may_move, used_facts
from domain.policy import load
from domain.refusal import Refused
from locales import N_, translate
from locales.labels import label
from locales.refusals import refusal_text

SWATCHES = ("grey", "blue", "violet", "amber", "teal")
"""Of the open stages, in their order and around again; won and lost have the colours of their states."""


@dataclass(frozen=True)
class StageView:
    """`chance`: from 0 to 1, how many of the deals in it are won. `known`: the version in force has it."""

    key: str
    name: str
    kind: str
    swatch: str
    chance: float
    expected: timedelta | None = None
    known: bool = True


@dataclass(frozen=True)
class Move:
    """A stage a deal might go to. `refused` says why it may not now; `hint` what entering it would do.

    `missing` are fields to fill in first. `asks`: it wants them, a confirmation or a reason first.
    """

    key: str
    name: str
    kind: str
    hint: str = ""
    refused: str = ""
    missing: Sequence[str] = ()

    @property
    def asks(self) -> bool:
        return self.kind != "open" or bool(self.missing)


@dataclass(frozen=True)
class Pipelines:
    """What is in force of every pipeline, and the versions that deals under way run under. `key`: the one looked at.

    `current_versions` are those in force by version; `found` are the moves already reckoned for a deal alike.
    `former`: by pipeline, the names of stages of earlier versions too, where a story may speak of them.
    """

    language: str
    in_force: Mapping[str, PipelinePolicy]
    versions: Mapping[Pinned, PipelinePolicy]
    key: str = SALES
    current_versions: Mapping[Pinned, PipelinePolicy] = field(default_factory=dict)
    former: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    found: dict[Hashable, list[Move]] = field(default_factory=dict, compare=False)

    @property
    def current(self) -> PipelinePolicy:
        return self.in_force[self.key]

    def of(self, deal: Deal, version: int | None) -> PipelinePolicy:
        """The pipeline a deal runs under, as it was when it began."""
        pinned = self.versions.get(Pinned(deal.pipeline_key, version or 0))
        return pinned or self.in_force.get(deal.pipeline_key) or self.current

    async def with_versions(self, session: AsyncSession, pinned: Iterable[Pinned]) -> Pipelines:
        """The same, with versions that deals run under."""
        wanted = set(pinned)
        known = {one: self.current_versions[one] for one in wanted & set(self.current_versions)}
        found = await pinned_pipelines(session, wanted - set(known))
        read = {one: load(PipelinePolicy, document) for one, document in found.items()}
        return replace(self, versions=known | read, found={})

    def choices(self) -> list[tuple[str, str]]:
        """Every pipeline by key, with its name."""
        return [(key, pipeline.name.called(self.language)) for key, pipeline in self.in_force.items()]

    def stages(self) -> list[StageView]:
        return [self._view(stage, no) for no, stage in enumerate(self.current.stages)]

    def stage(self, key: str, pipeline: str | None = None) -> StageView:
        """By its name of today; also one that only an older version has, or that none has any more."""
        at = pipeline or self.key
        found = self._find(self.in_force[at], key) if at in self.in_force else None
        if found is not None:
            return found
        for pinned, policy in sorted(self.versions.items(), reverse=True):
            if pinned.key == at and (older := self._find(policy, key, known=False)):
                return older
        return StageView(key, self._former(key, at) or key, "open", "grey", 0, known=False)

    def _former(self, key: str, at: str) -> str:
        """A customer's story tells of deals of several pipelines: the one looked at comes first."""
        names = [self.former.get(at, {}), *self.former.values()]
        name = next((stages[key] for stages in names if key in stages), {})
        return name.get("en" if self.language == "en" else "zh", "")

    def _find(self, policy: PipelinePolicy, key: str, *, known: bool = True) -> StageView | None:
        return next(
            (self._view(stage, no, known=known) for no, stage in enumerate(policy.stages) if stage.key == key), None
        )

    def name(self, key: str) -> str:
        return self.stage(key).name

    def _view(self, stage: Stage, no: int, *, known: bool = True) -> StageView:
        swatch = {"won": "ok", "lost": "bad"}.get(stage.kind, SWATCHES[no % len(SWATCHES)])
        name = stage.name.called(self.language)
        return StageView(stage.key, name, stage.kind, swatch, stage.win_percent / 100, stage.expected, known)

    def reasons(self, deal: Deal, version: int | None, kind: str) -> list[tuple[str, str]]:
        """Why a deal may have been won or lost, as keys and words; none for an open stage."""
        pipeline = self.of(deal, version)
        listed = {"won": pipeline.won_reasons, "lost": pipeline.lost_reasons}.get(kind, ())
        return [(reason.key, reason.name.called(self.language)) for reason in listed]

    def moves(self, deal: Deal, version: int | None) -> list[Move]:
        """Every other stage of the pipeline the deal runs under."""
        pipeline = self.of(deal, version)
        if pipeline.find(deal.stage) is None:
            return []
        alike = (deal.pipeline_key, version, deal.stage, *_told_apart(pipeline, facts_of(deal)))
        if alike not in self.found:
            stages = [stage for stage in pipeline.stages if stage.key != deal.stage]
            self.found[alike] = [self._move(pipeline, deal, stage) for stage in stages]
        return self.found[alike]

    def _move(self, pipeline: PipelinePolicy, deal: Deal, stage: Stage) -> Move:
        refused, missing = "", list[str]()
        try:
            may_move(pipeline, deal.stage, stage.key, facts_of(deal))
        except Refused as refusal:
            if refusal.code == "fields_missing":
                missing = refusal.params["fields"]
            else:
                refused = self.why_not(pipeline, refusal)
        name = self.stage(stage.key, deal.pipeline_key).name
        return Move(stage.key, name, stage.kind, self._hint(deal, stage, missing), refused, missing)

    def _hint(self, deal: Deal, stage: Stage, missing: Sequence[str]) -> str:
        """What a drop would do, or ask for, said before it."""
        _ = translate(self.language).gettext
        if missing:
            return _(N_("Asks for: %(fields)s")) % {"fields": self.fields(missing)}
        if stage.kind == "won":
            return _(N_("Drop to win: the order is placed"))
        if stage.opens_contract and deal.contract_status in NO_CONTRACT:
            return _(N_("Drop to open the contract"))
        if stage.entry:
            made = [label("stage_action", action.do, self.language) for action in stage.entry]
            return _(N_("Drop to start: %(actions)s")) % {"actions": self._listed(dict.fromkeys(made))}
        return ""

    def fields(self, fields: Iterable[str]) -> str:
        return self._listed(label("field", name, self.language) for name in fields)

    def _listed(self, parts: Iterable[str]) -> str:
        return translate(self.language).gettext(N_(", ")).join(parts)

    def why_not(self, pipeline: PipelinePolicy, refused: Refused) -> str:
        if refused.code == "stage_skipped" and (ahead := refused.params.get("next")):
            next_stage = pipeline.stage(str(ahead)).name.called(self.language)
            return translate(self.language).gettext(N_("One stage at a time: next is %(stage)s")) % {
                "stage": next_stage
            }
        return refusal_text(refused, self.language)

    def can_be_undone(self, deal: Deal, version: int | None, *, was: str) -> bool:
        """Whether a deal just moved here from `was` may simply go back: the move set nothing going, the way is open."""
        pipeline = self.of(deal, version)
        stage, left = pipeline.find(deal.stage), pipeline.find(was)
        if stage is None or left is None or stage.kind != "open" or stage.entry or left.leave:
            return False
        back = next((move for move in self.moves(deal, version) if move.key == was), None)
        return back is not None and not back.refused and not back.asks


def _told_apart(pipeline: PipelinePolicy, facts: Mapping[str, Any]) -> Iterable[Hashable]:
    """By what the moves of two deals in one stage differ: statuses and what a gate asks for as they are.

    Of the others it only matters whether they are filled in.
    """
    asked = used_facts(pipeline.stages) | {"contract_status", "quote_status"}
    return (value if name in asked else is_filled(name, value) for name, value in facts.items())


async def pipelines(
    session: AsyncSession, language: str, pinned: Iterable[Pinned] = (), *, key: str = SALES, former: bool = False
) -> Pipelines:
    """`key` is the pipeline looked at; one there is not is the one an installation begins with.

    `former`: also the names of stages that only earlier versions have, for what tells a story.
    """
    found = await pipelines_in_force(session)
    in_force = {one: load(PipelinePolicy, policy.document) for one, policy in found.items()}
    numbered = {Pinned(one, policy.version): in_force[one] for one, policy in found.items()}
    names = await stage_names(session) if former else {}
    known = Pipelines(language, in_force, {}, key if key in in_force else SALES, numbered, names)
    return await known.with_versions(session, pinned)
