"""What forms that act on a record share: what was typed, and what is said once it is done or accepted."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.document import chunks_of
from api.language import language_of
from api.services import Services
from db.scope import within_sight
from domain.access import Actor
from domain.process import Answer
from domain.refusal import invalid
from locales import N_, translate
from ui.environment import pages_of
from ui.render import redirect, toasted, wants_fragment
from ui.toast import Kind

B = TypeVar("B", bound=BaseModel)

PATIENCE = 3.0
"""Seconds that a new record may take to be there before a page without it is shown."""
SOON = N_("It is accepted and shows here in a moment.")


async def typed(request: Request) -> dict[str, str]:
    """The form's fields as text, without the white space around them; files are left out."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


def body(model: type[B], form: dict[str, str], *names: str, **more: Any) -> B:
    """The fields of these names, checked; an empty one counts as left out. Raises ValidationError."""
    return model.model_validate({name: form[name] for name in names if form.get(name)} | more)


def local_instant(request: Request, name: str, text: str) -> datetime:
    """A local time as a browser's field writes it, in the reader's zone. Raises Refused (422)."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(pages_of(request).formats(request).zone))
    except ValueError:
        raise invalid("time_unreadable", name) from None


async def sent_file(request: Request) -> UploadFile | None:
    """The form's `file`, if one was sent along."""
    file = (await request.form()).get("file")
    return file if isinstance(file, UploadFile) and file.filename else None


async def kept_file(request: Request, actor: Actor, services: Services) -> str | None:
    """The hash of the form's `file`, if one was sent along. Raises Refused for one that cannot be taken."""
    file = await sent_file(request)
    if file is None:
        return None
    return (await services.documents.add(actor, file.filename or "", chunks_of(file))).hash


def say(request: Request, text: str, **words: str) -> str:
    said = translate(language_of(request)).gettext(text)
    return said % words if words else said


def done(request: Request, url: str, answer: Answer, text: str, undo: str = "") -> Response:
    """Says `text`, in the reader's language, or that it is accepted: on the page at `url`, or for htmx in place."""
    kind: Kind = "done" if answer.seen else "info"
    said = text if answer.seen else say(request, SOON)
    undo = undo if answer.seen else ""
    if not wants_fragment(request):
        return redirect(request, url, said, kind, undo)
    return toasted(Response(status_code=200 if answer.seen else 202), said, kind, undo, acted=True)


async def appears(services: Services, actor: Actor, kind: str, record_id: str) -> bool:
    """Whether a record that its process makes, or gives to somebody, is in the person's sight in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                async with services.db.session(actor.id) as session:
                    if await within_sight(session, actor, kind, record_id):
                        return True
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
