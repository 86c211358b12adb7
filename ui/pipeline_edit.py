"""The editor of a pipeline's draft: its stages, its name and stall, where the deals of a stage that goes belong."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided
from db.policy import current_policy
from db.webhook import targets
from domain.access import Action, Role
from domain.letter import LetterPolicy
from domain.pipeline import FACTS, FIELDS, SALES, PipelinePolicy, Stage, Stall, is_pipeline, pipeline_kind
from domain.pipeline_draft import keep_stage, move_stage, remove_stage, set_replaced, stage_of
from domain.policy import canonical, load
from domain.refusal import Refused, invalid, not_found
from domain.stage_action import KINDS
from locales import N_
from locales.labels import LABELS, label
from ui.acting import say, typed
from ui.form import mistakes
from ui.pipeline_form import (
    ACTION_PARTS,
    ConditionTyped,
    StageTyped,
    length_text,
    read_length,
    shown,
    stage_document,
)
from ui.pipeline_form import typed as typed_stage
from ui.policy_edit import Do, Revision
from ui.policy_editor import Editing, changed, editing, kept, refusal_shown, words_for
from ui.render import page, redirect
from ui.stage import pipelines

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])

Kind = Annotated[str, Path(max_length=60)]
Key = Annotated[str, Query(max_length=60)]
STAGE: TypeAdapter[Stage] = TypeAdapter(Stage)
STALL = ("amber", "red", "manager")


def pipeline_only(kind: Kind) -> str:
    if not is_pipeline(kind):
        raise not_found("policy")
    return kind


PipelineKind = Annotated[str, Depends(pipeline_only)]


# --- a new pipeline ---------------------------------------------------------------------------------------------------


@router.get("/pipelines/new")
async def ask_new(request: Request, actor: CurrentActor, services: Provided) -> Response:
    return await _new(request, actor, services, {})


@router.post("/pipelines/new")
async def create(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    try:
        kind = await services.pipelines.create(
            actor, key, pipeline=form.get("pipeline", ""), zh=form.get("zh", ""), en=form.get("en", ""),
            like=form.get("like", SALES),
        )  # fmt: skip
    except Refused as refused:
        if refused.status != 422:
            raise
        return await _new(request, actor, services, form, mistakes(request, refused))
    return redirect(request, f"/policies/{kind}/edit", say(request, N_("The pipeline is there. Now make it your own.")))


async def _new(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    form: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    async with services.db.session(actor.id) as session:
        known = await pipelines(session, language_of(request))
    return await page(
        request, "policy/pipeline_new.html", status=422 if errors else 200, typed=form, errors=errors or {},
        choices=known.choices(),
    )  # fmt: skip


# --- its stages -------------------------------------------------------------------------------------------------------


@router.post("/{kind}/edit/stages")
async def arrange(
    request: Request, kind: PipelineKind, actor: CurrentActor, services: Provided, revision: Revision, do: Do
) -> Response:
    """One change by a button: `up needs`, `down needs`, `remove needs`."""
    now = await editing(request, services, actor, kind)
    act, _, key = do.partition(" ")
    try:
        if now.revision != revision:
            raise Refused("draft_changed", by=now.draft.changed_by if now.draft else None)
        match act:
            case "up" | "down":
                document = move_stage(now.document, key, -1 if act == "up" else 1)
            case "remove":
                document = remove_stage(now.document, key)
            case _:
                raise invalid("invalid", "do", fields="do")
    except Refused as refused:
        return await refusal_shown(request, services, actor, kind, refused)
    return await changed(request, services, actor, kind, document, revision)


@router.post("/{kind}/edit/replaced")
async def replace_stages(
    request: Request, kind: PipelineKind, actor: CurrentActor, services: Provided, revision: Revision
) -> Response:
    """Where the deals of stages that go belong."""
    now = await editing(request, services, actor, kind)
    form = await typed(request)
    chosen = {name.removeprefix("stage."): to for name, to in form.items() if name.startswith("stage.")}
    return await changed(request, services, actor, kind, set_replaced(now.document, chosen), revision)


@router.get("/{kind}/edit/stage")
async def ask_stage(
    request: Request, kind: PipelineKind, actor: CurrentActor, services: Provided, key: Key = ""
) -> Response:
    now = await editing(request, services, actor, kind)
    return await _form(request, actor, services, now, _stage(now, key, services.settings.currency), now.revision)


@router.post("/{kind}/edit/stage")
async def set_stage(
    request: Request, kind: PipelineKind, actor: CurrentActor, services: Provided, revision: Revision,
    key: Key = "", do: Do = "save",
) -> Response:  # fmt: skip
    """`do`: save; `fact <key>`, another condition; `entry task`, another action; `drop c 0`, one less."""
    now = await editing(request, services, actor, kind)
    currency = services.settings.currency
    form = await request.form()
    filled = typed_stage(form, _stage(now, key, currency))
    try:
        if do != "save":
            return await _form(request, actor, services, now, _rearranged(filled, do), revision)
        stage, messages = stage_document(filled, key or f"s_{secrets.token_hex(4)}", currency)
        STAGE.validate_json(canonical(stage))
        await services.policy_drafts.save(
            actor, kind, keep_stage(now.document, key, stage, messages), revision=revision
        )
    except ValidationError as error:
        wrong = {_place(fault["loc"]): "" for fault in error.errors()}
        said = say(request, N_("Something here needs another look."))
        return await _form(request, actor, services, now, filled, revision, dict.fromkeys(wrong, said))
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, actor, services, now, filled, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, kind, refused)
    return kept(request, kind)


def _place(place: tuple[int | str, ...]) -> str:
    """Which field of the form a fault of the stage concerns."""
    match [str(part) for part in place]:
        case ["name", language, *_]:
            return f"name_{language}"
        case [when, no, *_] if when in ("entry", "leave"):
            return f"{when}{no}"
        case ["gate", *_]:
            return "gate"
        case [name, *_]:
            return name
        case _:
            return ""


def _rearranged(filled: StageTyped, do: str) -> StageTyped:
    act, _, what = do.partition(" ")
    if act == "drop":
        where, _, no = what.partition(" ")
        if where == "c":
            return replace(filled, conditions=[c for n, c in enumerate(filled.conditions) if str(n) != no])
        left = [one for n, one in enumerate(filled.actions.get(where, ())) if str(n) != no]
        return replace(filled, actions={**filled.actions, where: left})
    if act == "fact" and what in FACTS:
        first = {"money": "ge", "int": "ge", "date": "ge", "enum": "in", "bool": "in"}[FACTS[what].type]
        return replace(filled, conditions=[*filled.conditions, ConditionTyped(what, first, values=("true",))])
    if act in ("entry", "leave") and what in KINDS:
        who = "finance" if what == "payment_reminder" else "owner"
        action = dict.fromkeys(ACTION_PARTS, "") | {"do": what, "who": who, "within_unit": "d"}
        return replace(filled, actions={**filled.actions, act: [*filled.actions[act], action]})
    return filled


def _stage(now: Editing, key: str, currency: str) -> StageTyped:
    if not key:
        return StageTyped()
    messages = now.document.get("messages")
    return shown(stage_of(now.document, key), messages if isinstance(messages, dict) else {}, currency)


async def _form(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    now: Editing,
    filled: StageTyped,
    revision: int,
    errors: Mapping[str, str] | None = None,
) -> Response:
    words = words_for(request, now.called)
    async with services.db.session(actor.id) as session:
        registered = [(one.key, one.name) for one in await targets(session)]
        _, letters = await current_policy(session, LetterPolicy.kind)
    named = load(LetterPolicy, letters).letters
    return await page(
        request,
        "policy/stage_form.html",
        status=422 if errors else 200,
        kind=now.kind,
        typed=filled,
        revision=revision,
        errors=errors or {},
        words=words,
        facts=[(key, words.fact(key)) for key in FACTS],
        columns=FACTS,
        fields=[(name, label("field", name, words.language)) for name in FIELDS],
        values={
            key: [(value, words.value(column, value)) for value in column.values]
            for key, column in FACTS.items()
            if column.type == "enum"
        },
        kinds=[(name, label("stage_action", name, words.language)) for name in KINDS],
        roles=[("owner", say(request, N_("the deal's owner")))]
        + [(role.value, label("role", role, words.language)) for role in Role if role in LABELS["role"]],
        templates=[(key, letter.name.called(words.language)) for key, letter in named.items()],
        targets=registered,
    )


# --- its name and stall -----------------------------------------------------------------------------------------------


@router.get("/{kind}/edit/pipeline")
async def ask_pipeline(request: Request, kind: PipelineKind, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, kind)
    name = now.document.get("name", PipelinePolicy.model_fields["name"].default.model_dump())
    stall = Stall().model_dump(mode="json") | (now.document.get("stall") or {})
    shown_ = {"zh": name.get("zh", ""), "en": name.get("en", ""), "retired": "1" if now.document.get("retired") else ""}
    for step in STALL:
        shown_[step], shown_[f"{step}_unit"] = length_text(stall[step])
    return await _pipeline_form(request, now, shown_, now.revision)


@router.post("/{kind}/edit/pipeline")
async def set_pipeline(
    request: Request, kind: PipelineKind, actor: CurrentActor, services: Provided, revision: Revision
) -> Response:
    now = await editing(request, services, actor, kind)
    form = await typed(request)
    try:
        for language in ("zh", "en"):
            if not form.get(language):
                raise invalid("field_needed", language)
        stall = {step: read_length(form.get(step, ""), form.get(f"{step}_unit", "d"), step) for step in STALL}
        for step, length in stall.items():
            if length is None:
                raise invalid("field_needed", step)
        document = {
            **now.document, "name": {"zh": form["zh"][:60], "en": form["en"][:60]}, "stall": stall,
            "retired": bool(form.get("retired")),
        }  # fmt: skip
        await services.policy_drafts.save(actor, kind, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _pipeline_form(request, now, form, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, kind, refused)
    return kept(request, kind)


async def _pipeline_form(
    request: Request, now: Editing, form: Mapping[str, Any], revision: int, errors: Mapping[str, str] | None = None
) -> Response:
    return await page(
        request, "policy/pipeline_form.html", status=422 if errors else 200, kind=now.kind, typed=form,
        revision=revision, errors=errors or {}, first=now.kind == pipeline_kind(SALES),
    )  # fmt: skip
