"""The public lead form as a page of its own, to be linked or framed by the company's sites: no sign-in, no cookie."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import Visiting
from api.body import IdempotencyKey
from api.document import chunks_of
from api.language import language_of
from api.services import Provided, Services
from commands.lead_form import BEHAVIOUR, UTM, Enquiry, OpenForm
from domain.lead_form_words import shown_form
from domain.refusal import Refused
from ui.csp import CSP
from ui.form import FILE_KINDS, mistakes
from ui.render import page

router = APIRouter(prefix="/f", include_in_schema=False)

FormKey = Annotated[str, Path(pattern="^[a-z0-9-]{1,64}$")]
PASSED_ON = (*UTM, *BEHAVIOUR)
"""What the address brings along, and the form sends with it."""

EMBED = """(function () {
  var script = document.currentScript, address = %(address)s, query = new URLSearchParams();
  new URLSearchParams(location.search).forEach(function (value, name) {
    if (%(names)s.indexOf(name) >= 0) query.set(name, value);
  });
  query.set("page", location.href.slice(0, 500));
  if (document.referrer) query.set("referrer", document.referrer.slice(0, 500));
  if (script.dataset.lang) query.set("lang", script.dataset.lang);
  var frame = document.createElement("iframe");
  frame.src = address + "?embed=1&" + query;
  frame.title = %(title)s;
  frame.style.cssText = "border:0;width:100%%;max-width:520px;height:760px";
  window.addEventListener("message", function (event) {
    if (event.source === frame.contentWindow && event.data && event.data.throughlineForm)
      frame.style.height = Math.min(4000, Number(event.data.throughlineForm) || 760) + "px";
  });
  script.parentNode.insertBefore(frame, script.nextSibling);
})();
"""
"""Puts the form where its `<script>` stands, as high as it is, and tells it the campaign that led to the page."""


@router.get("/{form_key}")
async def show(request: Request, form_key: FormKey, services: Provided) -> HTMLResponse:
    return await _form(request, services, await services.lead_forms.open(form_key))


@router.post("/{form_key}")
async def submit(
    request: Request, form_key: FormKey, key: IdempotencyKey, visitor: Visiting, services: Provided
) -> Response:
    found = await services.lead_forms.open(form_key)
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    many = {field.key: [str(value) for value in form.getlist(field.key)] for field in found.design.fields}
    sent = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
    files = [(file.filename or "", chunks_of(file)) for file in sent]
    enquiry = Enquiry(
        sent={name: values if len(values) > 1 else (values or [""])[0] for name, values in many.items()},
        region=typed.get("region", ""), consent="consent" in typed, language=language_of(request),
        consented=_version(typed.get("consent_version", "")),
        website=typed.get("website", ""), utm={name: typed[name] for name in UTM if typed.get(name)},
        behaviour={name: typed[name] for name in BEHAVIOUR if typed.get(name)},
    )  # fmt: skip
    try:
        services.lead_forms.check_token(form_key, typed.get("token", ""))
        await services.lead_forms.submit(form_key, enquiry, key=key, address=visitor.address, origin=None, files=files)
    except Refused as error:
        return await _form(request, services, found, typed=typed, chosen=many, error=error, had_files=bool(files))
    # The address remembers the language: there is no cookie to do it.
    query = {"lang": language_of(request)} | ({"embed": "1"} if "embed" in request.query_params else {})
    return RedirectResponse(f"/f/{form_key}/thanks?{urlencode(query)}", 303)


@router.get("/{form_key}/thanks")
async def thank(request: Request, form_key: FormKey, services: Provided) -> HTMLResponse:
    found = await services.lead_forms.open(form_key)
    shown = shown_form(found.design, language_of(request), services.settings.company)
    context: dict[str, Any] = {
        "form_key": form_key,
        "form": shown,
        "passed_on": {},
        "embedded": "embed" in request.query_params,
    }
    return framed(await page(request, "lead_form/thanks.html", **context), found.form.origins)


@router.get("/{form_key}/embed.js")
async def embed(form_key: FormKey, services: Provided) -> Response:
    """The small script of the embed snippet; a closed form's site shows nothing."""
    found = await services.lead_forms.open(form_key)
    address = f"{services.settings.base_url}/f/{form_key}"
    title = found.form.name or services.settings.company
    words = {"address": json.dumps(address), "names": json.dumps(UTM), "title": json.dumps(title)}
    return Response(
        EMBED % words, media_type="text/javascript; charset=utf-8", headers={"Cache-Control": "public, max-age=300"}
    )


async def _form(
    request: Request, services: Services, found: OpenForm, *, typed: dict[str, str] | None = None,
    chosen: dict[str, list[str]] | None = None, error: Refused | None = None, had_files: bool = False,
) -> HTMLResponse:  # fmt: skip
    language = language_of(request)
    context: dict[str, Any] = {
        "form_key": found.form.key,
        "form": shown_form(found.design, language, services.settings.company, found.lengths),
        "consent_version": found.design.consent_version,
        "takes_files": found.takes_files,
        "had_files": had_files,
        "file_kinds": FILE_KINDS,
        "choices": [(unit.code, unit.called(language)) for unit in found.choices],
        "passed_on": {name: value for name in PASSED_ON if (value := (typed or request.query_params).get(name))},
        "typed": typed or {},
        "chosen": chosen or {},
        "errors": mistakes(request, error) if error else {},
        "token": services.lead_forms.token(found.form.key),
        "embedded": "embed" in request.query_params,
    }
    answer = await page(request, "lead_form/page.html", status=error.status if error else 200, **context)
    return framed(answer, found.form.origins)


def framed(answer: HTMLResponse, origins: list[str]) -> HTMLResponse:
    """Only the form's own sites may show it inside their pages."""
    allowed = " ".join(["'self'", *origins])
    answer.headers["Content-Security-Policy"] = CSP.replace("frame-ancestors 'none'", f"frame-ancestors {allowed}")
    return answer


def _version(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None
