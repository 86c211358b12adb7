"""Asks for the words of one letter to customers, in Chinese and English, and shows how it would read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, Form, Query, Request
from jinja2 import TemplateError
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.letter import VARIABLES, Filled, LetterPolicy, Wording, fill
from domain.letter_default import DEFAULT
from domain.policy import canonical, problems_of
from domain.refusal import Refused, invalid
from locales.formats import Formats
from settings import Settings
from ui.acting import typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.problem_words import ProblemWords
from ui.render import fragment, page, wants_fragment

LETTER = LetterPolicy.kind
router = APIRouter(
    prefix=f"/policies/{LETTER}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
Key = Annotated[str, Query(max_length=60)]
LANGUAGES = {"zh": "zh_CN", "en": "en"}
FIELDS = ("key", "name_zh", "name_en", "zh_subject", "zh_body", "en_subject", "en_body")


@router.get("/words")
async def ask_words(request: Request, actor: CurrentActor, services: Provided, key: Key = "") -> Response:
    now = await editing(request, services, actor, LETTER)
    return await _form(request, now, services.settings, key, _shown(now, key), now.revision)


@router.post("/words")
async def set_words(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    revision: Annotated[int, Form(ge=0)],
    key: Key = "",
    do: Do = "save",
) -> Response:
    """`do`: save, preview or remove."""
    now = await editing(request, services, actor, LETTER)
    form = await typed(request)
    filled = {name: form.get(name, "").replace("\r\n", "\n") for name in FIELDS}
    if do == "preview":
        return await _form(request, now, services.settings, key, filled, revision)
    try:
        letters = {**now.document.get("letters", {})}
        letters.pop(key, None)
        if do != "remove":
            letters[filled["key"]] = _checked(filled, letters)
        elif key in DEFAULT["letters"]:
            raise invalid("letter_needed", "key")
        await services.policy_drafts.save(actor, LETTER, {**now.document, "letters": letters}, revision=revision)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        said = {_field(problem.where): words.said(problem) for problem in problems_of(error)}
        return await _form(request, now, services.settings, key, filled, revision, said)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(
                request, now, services.settings, key, filled, revision, mistakes(request, refused)
            )  # fmt: skip
        return await refusal_shown(request, services, actor, LETTER, refused)
    return kept(request, LETTER)


def _shown(now: Editing, key: str) -> dict[str, str]:
    letters = now.document.get("letters")
    known = letters.get(key) if isinstance(letters, dict) else None
    empty = dict.fromkeys(FIELDS, "") | {"key": key}
    if not isinstance(known, dict):
        return empty
    words = {
        f"{tongue}_{part}": known.get(tongue, {}).get(part, "") for tongue in LANGUAGES for part in Wording.model_fields
    }
    return empty | words | {f"name_{tongue}": known.get("name", {}).get(tongue, "") for tongue in LANGUAGES}


def _checked(filled: dict[str, str], others: dict[str, Any]) -> dict[str, Any]:
    """The letter as the document has it. Raises Refused and ValidationError."""
    key = filled["key"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key):
        raise invalid("key_unusable", "key")
    if key in others:
        raise invalid("letter_doubled", "key")
    letter: dict[str, Any] = {"name": {tongue: filled[f"name_{tongue}"] for tongue in LANGUAGES}}
    for tongue in LANGUAGES:
        letter[tongue] = {part: filled[f"{tongue}_{part}"] for part in Wording.model_fields}
    LetterPolicy.model_validate_json(canonical({"engine": 1, "letters": {key: letter}}))
    return letter


def _field(where: str) -> str:
    """`letters.quote_sent.zh.body` -> zh_body; `letters.quote_sent.name.en` -> name_en."""
    return "_".join(where.split(".")[2:4])


def _preview(filled: dict[str, str], formats: Formats, tongue: str, settings: Settings) -> Filled | None:
    """How it reads with a case made up; None for what is no letter yet."""
    wording = {part: filled[f"{tongue}_{part}"] for part in Wording.model_fields}
    try:
        letter = {"name": {"zh": "x", "en": "x"}, "zh": wording, "en": wording}
        policy = LetterPolicy.model_validate_json(canonical({"engine": 1, "letters": {"x": letter}}))
        return fill(policy.letters["x"].wording(LANGUAGES[tongue]), _sample(formats, settings))
    except (ValidationError, TemplateError):
        return None


def _sample(formats: Formats, settings: Settings) -> dict[str, str]:
    chinese = formats.language != "en"
    today = datetime.now(UTC).date()

    def day(after: int) -> str:
        return str(format_date(today + timedelta(days=after), "long", locale=formats.language))

    return {
        "company": settings.company,
        "customer": "宁波远洋" if chinese else "Ocean Freight Ltd",
        "contact": "王芳" if chinese else "Grace Wang",
        "number": "Q-2026-000018",
        "title": "冷链车队" if chinese else "Cold chain fleet",
        "amount": formats.money(128_400_00),
        "paid": formats.money(64_200_00),
        "outstanding": formats.money(64_200_00),
        "due_on": day(7),
        "valid_until": day(30),
        "as_of": day(0),
        "days": "12",
        "instalment": "2",
        "reference": "P-2026-000007",
        "link": f"{settings.base_url}/…",
        "owner": "李伟" if chinese else "Li Wei",
        "text": "请您重启网关。" if chinese else "Please restart the gateway.",
    }


async def _form(
    request: Request,
    now: Editing,
    settings: Settings,
    key: str,
    filled: dict[str, str],
    revision: int,
    errors: dict[str, str] | None = None,
) -> Response:
    pages = pages_of(request)
    formats = pages.formats(request)
    previews = {
        tongue: _preview(filled, Formats(language, formats.zone, formats.currency), tongue, settings)
        for tongue, language in LANGUAGES.items()
    }
    context: dict[str, Any] = {
        "editing": now,
        "key": key,
        "typed": filled,
        "revision": revision,
        "previews": previews,
        "variables": VARIABLES,
        "needed": key in DEFAULT["letters"],
        "errors": errors or {},
    }
    if wants_fragment(request) and not errors:
        return await fragment(request, "policy/letter_form.html", "preview", **context)
    return await page(request, "policy/letter_form.html", status=422 if errors else 200, **context)
