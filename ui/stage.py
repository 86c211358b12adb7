"""The pipeline as pages show it: its stages, and where a deal may go from where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from db.deal import Deal
from db.policy import current_policy, documents
from domain.pipeline import PipelinePolicy, Stage, may_move
from domain.policy import load
from domain.refusal import Refused
from locales import N_, translate
from locales.refusals import refusal_text

SWATCHES = ("grey", "blue", "violet", "amber", "teal")
"""Of the open stages, in their order and around again; won and lost have the colours of their states."""


@dataclass(frozen=True)
class StageView:
    """`chance`: from 0 to 1, how many of the deals in it are won."""

    key: str
    name: str
    kind: str
    swatch: str
    chance: float


@dataclass(frozen=True)
class Move:
    """A stage a deal might go to. `refused` says why it may not now; `hint` what entering it would do.

    `asks`: it wants a confirmation or a reason first.
    """

    key: str
    name: str
    kind: str
    hint: str = ""
    refused: str = ""

    @property
    def asks(self) -> bool:
        return self.kind != "open"


@dataclass(frozen=True)
class Pipelines:
    """The pipeline of today for the board, and the versions that deals under way were started with."""

    language: str
    current: PipelinePolicy
    versions: Mapping[int, PipelinePolicy]

    def of(self, version: int | None) -> PipelinePolicy:
        return self.versions.get(version or 0, self.current)

    def stages(self) -> list[StageView]:
        return [self._view(stage, no) for no, stage in enumerate(self.current.stages)]

    def stage(self, key: str) -> StageView:
        """Also one that only an older version has, or that none has any more: then its key is its name."""
        for pipeline in (self.current, *self.versions.values()):
            for no, stage in enumerate(pipeline.stages):
                if stage.key == key:
                    return self._view(stage, no)
        return StageView(key, key, "open", "grey", 0)

    def name(self, key: str) -> str:
        return self.stage(key).name

    def _view(self, stage: Stage, no: int) -> StageView:
        swatch = {"won": "ok", "lost": "bad"}.get(stage.kind, SWATCHES[no % len(SWATCHES)])
        return StageView(stage.key, self._called(stage), stage.kind, swatch, stage.win_percent / 100)

    def _called(self, stage: Stage) -> str:
        return stage.name.en if self.language == "en" else stage.name.zh

    def reasons(self, version: int | None, kind: str) -> list[tuple[str, str]]:
        """Why a deal may have been won or lost, as keys and words; none for an open stage."""
        pipeline = self.of(version)
        listed = {"won": pipeline.won_reasons, "lost": pipeline.lost_reasons}.get(kind, ())
        return [(reason.key, reason.name.en if self.language == "en" else reason.name.zh) for reason in listed]

    def moves(self, deal: Deal, version: int | None) -> list[Move]:
        """Every other stage of the pipeline the deal runs under."""
        pipeline = self.of(version)
        return [self._move(pipeline, deal, stage) for stage in pipeline.stages if stage.key != deal.stage]

    def _move(self, pipeline: PipelinePolicy, deal: Deal, stage: Stage) -> Move:
        _ = translate(self.language).gettext
        hint = ""
        if stage.kind == "won":
            hint = _(N_("Drop to win: the order is placed"))
        elif stage is pipeline.last_open and deal.contract_status in (None, "rejected", "withdrawn"):
            hint = _(N_("Drop to open the contract"))
        refused = ""
        try:
            may_move(pipeline, deal.stage, stage.key, {"amount": deal.amount, "contract_status": deal.contract_status})
        except Refused as refusal:
            refused = self.why_not(pipeline, refusal)
        return Move(stage.key, self._called(stage), stage.kind, hint, refused)

    def why_not(self, pipeline: PipelinePolicy, refused: Refused) -> str:
        if refused.code == "stage_skipped" and (ahead := refused.params.get("next")):
            next_stage = self._called(pipeline.stage(str(ahead)))
            return translate(self.language).gettext(N_("One stage at a time: next is %(stage)s")) % {
                "stage": next_stage
            }
        return refusal_text(refused, self.language)

    def can_be_undone(self, deal: Deal, version: int | None, *, was: str) -> bool:
        """Whether a deal just moved here from `was` may simply go back: nothing outside followed, the way is open."""
        pipeline = self.of(version)
        quiet = {stage.key for stage in pipeline.stages if stage.kind == "open"} - {pipeline.last_open.key}
        back = next((move for move in self.moves(deal, version) if move.key == was), None)
        return {deal.stage, was} <= quiet and back is not None and not back.refused


async def pipelines(session: AsyncSession, language: str, versions: Iterable[int] = ()) -> Pipelines:
    """Raises Refused (404) where no pipeline was ever published."""
    _, current = await current_policy(session, PipelinePolicy.kind)
    older = await documents(session, PipelinePolicy.kind, versions)
    return Pipelines(
        language,
        load(PipelinePolicy, current),
        {version: load(PipelinePolicy, document) for version, document in older.items()},
    )
