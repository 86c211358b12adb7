"""Asks how sure a match of a bank line must be to be booked by itself, and which lines are no payments at all."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.bank_heading import ROLES
from domain.bank_policy import BankPolicy
from domain.money import parse_amount, plain_amount
from domain.policy import canonical
from domain.refusal import Refused, invalid
from ui.acting import typed
from ui.form import mistakes
from ui.policy_editor import editing, kept, refusal_shown
from ui.render import page

KIND = BankPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)


@router.get("/matching")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    return await _form(request, _shown(now.document, services.settings.currency), now.revision)


@router.post("/matching")
async def keep(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)]
) -> Response:
    now = await editing(request, services, actor, KIND)
    form = await typed(request)
    try:
        changed = _read(form, services.settings.currency)
        await services.policy_drafts.save(actor, KIND, {**now.document, **changed}, revision=revision)
    except ValidationError as error:
        # A word's own place in the list means nothing to whoever typed them into one field.
        errors = {field.partition(".")[0]: text for field, text in mistakes(request, error).items()}
        return await _form(request, form, revision, errors)
    except Refused as refused:
        if refused.status != 422 or refused.field == "document":
            return await refusal_shown(request, services, actor, KIND, refused)
        return await _form(request, form, revision, mistakes(request, refused))
    return kept(request, KIND)


def _shown(document: dict[str, Any], currency: str) -> dict[str, str]:
    policy = BankPolicy.model_validate_json(canonical(document))
    return {
        "automatic": "yes" if policy.automatic else "", "book_from": str(policy.book_from), "ahead": str(policy.ahead),
        "near": plain_amount(policy.near, currency), "not_payments": "\n".join(policy.not_payments),
        **{f"heading_{role}": "\n".join(policy.headings.get(role, ())) for role in ROLES},
    }  # fmt: skip


def _read(form: dict[str, str], currency: str) -> dict[str, Any]:
    """Raises Refused (422) or ValidationError for what the policy cannot be."""
    changed = {
        "automatic": form.get("automatic") == "yes",
        **{name: _points(form.get(name, ""), name) for name in ("book_from", "ahead")},
        "near": parse_amount(form.get("near", ""), currency, "near"),
        "not_payments": _lines(form, "not_payments"),
        "headings": {role: said for role in ROLES if (said := _lines(form, f"heading_{role}"))},
    }
    BankPolicy.model_validate_json(canonical({"engine": 1, **changed}))
    return changed


def _lines(form: dict[str, str], name: str) -> list[str]:
    return [*dict.fromkeys(line.strip() for line in form.get(name, "").splitlines() if line.strip())]


def _points(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise invalid("number_unreadable", name)
    return int(text)


async def _form(
    request: Request, filled: dict[str, str], revision: int, errors: dict[str, str] | None = None
) -> Response:
    return await page(
        request, "policy/bank_form.html", status=422 if errors else 200, filled=filled, revision=revision,
        errors=errors or {}, roles=ROLES,
    )  # fmt: skip
