"""Asks how quotes are made: limits, validity, terms and the page, whose PDF is drawn before it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from commands.paper import draw
from commands.quote_paper import sample
from domain.access import Action
from domain.money import parse_amount, plain_amount
from domain.policy import canonical
from domain.quote_template import QuotePolicy
from domain.refusal import Refused, invalid
from locales.formats import Formats
from ui.acting import typed
from ui.form import mistakes
from ui.policy_editor import Editing, editing, kept, refusal_shown
from ui.quote_form import rate_text, read_rate
from ui.render import page

KIND = QuotePolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
DAYS = ("validity", "remind")


@router.get("/page")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    return await _form(request, now, _shown(now, services.settings.currency), now.revision)


@router.post("/page")
async def keep(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)],
    do: Literal["save", "zh_CN", "en"] = "save",
) -> Response:  # fmt: skip
    """Saves, or draws a quote made up as it would look in a language."""
    now = await editing(request, services, actor, KIND)
    form = await typed(request)
    try:
        if do != "save":
            return await _drawn(services, form.get("page", ""), do)
        await draw(form.get("page", ""), _sample(services, "zh_CN"))
        await services.policy_drafts.save(
            actor, KIND, {**now.document, **_read(form, now, services.settings.currency)}, revision=revision
        )
    except ValidationError as error:
        return await _form(request, now, form, revision, mistakes(request, error))
    except Refused as refused:
        if refused.status != 422:
            return await refusal_shown(request, services, actor, KIND, refused)
        return await _form(request, now, form, revision, mistakes(request, refused))
    return kept(request, KIND)


async def _drawn(services: Services, source: str, language: str) -> Response:
    pdf = await draw(source, _sample(services, language))
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})


def _sample(services: Services, language: str) -> dict[str, Any]:
    settings = services.settings
    formats = Formats(language, settings.zone, settings.currency)
    return sample(formats, settings.currency, settings.company, datetime.now(UTC))


def _shown(now: Editing, currency: str) -> dict[str, str]:
    policy = QuotePolicy.model_validate_json(canonical(now.document))
    template = policy.template(None)
    return {
        "validity": _days(policy.validity), "remind": _days(policy.remind),
        "discount": rate_text(policy.free.discount), "margin": rate_text(policy.free.margin),
        "amount": plain_amount(policy.free.amount, currency), "terms": template.terms, "terms_en": template.terms_en,
        "lines": "\n".join(f"{line.product} {line.quantity}" for line in template.lines), "page": policy.page,
    }  # fmt: skip


def _days(span: timedelta) -> str:
    return f"{(Decimal(int(span.total_seconds())) / 86_400).normalize():f}"


def _read(form: dict[str, str], now: Editing, currency: str) -> dict[str, Any]:
    spans = {}
    for name in DAYS:
        try:
            seconds = int(Decimal(form.get(name, "")) * 86_400)
        except ArithmeticError:
            raise invalid("number_format", name) from None
        spans[name] = f"PT{seconds}S"
    lines = [line.split() for line in form.get("lines", "").splitlines() if line.strip()]
    template = {
        "lines": [{"product": parts[0], "quantity": parts[1] if len(parts) > 1 else "1"} for parts in lines],
        "terms": form.get("terms", "").replace("\r\n", "\n"),
        "terms_en": form.get("terms_en", "").replace("\r\n", "\n"),
    }  # fmt: skip
    templates = now.document.get("templates", {})
    first = next(iter(templates), "standard")
    free = {
        "discount": read_rate(form.get("discount", ""), "discount"),
        "margin": read_rate(form.get("margin", ""), "margin"),
        "amount": parse_amount(form.get("amount", ""), currency),
    }
    changed = {
        **spans, "free": free, "templates": {**templates, first: template},
        "page": form.get("page", "").replace("\r\n", "\n"),
    }  # fmt: skip
    QuotePolicy.model_validate_json(canonical({"engine": 1, **changed}))
    return changed


async def _form(
    request: Request, now: Editing, filled: dict[str, str], revision: int, errors: dict[str, str] | None = None
) -> Response:
    return await page(
        request, "policy/quote_form.html", status=422 if errors else 200, filled=filled, revision=revision,
        errors=errors or {},
    )  # fmt: skip
