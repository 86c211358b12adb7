"""The public lead form as a page of its own, to be linked or framed by the company's sites: no sign-in, no cookie."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import Visiting
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided
from commands.lead_form import UTM, Enquiry, OpenForm
from domain.refusal import Refused
from ui.csp import CSP
from ui.form import mistakes
from ui.render import page

router = APIRouter(prefix="/f", include_in_schema=False)

FormKey = Annotated[str, Path(pattern="^[a-z0-9-]{1,64}$")]


@router.get("/{form_key}")
async def show(request: Request, form_key: FormKey, services: Provided) -> HTMLResponse:
    return await _form(request, await services.lead_forms.open(form_key))


@router.post("/{form_key}")
async def submit(
    request: Request, form_key: FormKey, key: IdempotencyKey, visitor: Visiting, services: Provided
) -> Response:
    found = await services.lead_forms.open(form_key)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    utm = {name: typed[name] for name in UTM if typed.get(name)}
    try:
        enquiry = Enquiry.model_validate({**typed, "consent": "consent" in typed, "utm": utm})
        await services.lead_forms.submit(form_key, enquiry, key=key, address=visitor.address, origin=None)
    except Refused as error:
        return await _form(request, found, typed=typed, error=error)
    # The address remembers the language: there is no cookie to do it.
    thanks = f"/f/{form_key}/thanks?{urlencode({'lang': language_of(request)})}"
    return RedirectResponse(thanks, 303)


@router.get("/{form_key}/thanks")
async def thank(request: Request, form_key: FormKey, services: Provided) -> HTMLResponse:
    found = await services.lead_forms.open(form_key)
    return _framed(await page(request, "lead_form/thanks.html", form_key=form_key, utm={}), found)


async def _form(
    request: Request, found: OpenForm, *, typed: dict[str, str] | None = None, error: Refused | None = None
) -> HTMLResponse:
    language = language_of(request)
    context: dict[str, Any] = {
        "form_key": found.form.key,
        "choices": [(unit.code, unit.called(language)) for unit in found.choices],
        "lengths": found.lengths,
        "utm": {name: value for name in UTM if (value := (typed or request.query_params).get(name))},
        "typed": typed or {},
        "errors": mistakes(request, error) if error else {},
    }
    status = error.status if error else 200
    return _framed(await page(request, "lead_form/page.html", status=status, **context), found)


def _framed(answer: HTMLResponse, found: OpenForm) -> HTMLResponse:
    """Only the form's own sites may show it inside their pages."""
    allowed = " ".join(["'self'", *found.form.origins])
    answer.headers["Content-Security-Policy"] = CSP.replace("frame-ancestors 'none'", f"frame-ancestors {allowed}")
    return answer
