"""The box to answer in: macros and answers at hand put into what is typed, before anything is sent."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.canned_answer import count_use, find_answer, find_answers
from db.person import people_by_id
from db.policy import current_policy
from db.ticket_list import Listed
from domain.access import Action, Actor
from domain.ids import RecordId, is_id
from domain.macro import MacroPolicy, filled
from domain.policy import load
from ui.acting import typed
from ui.render import fragment, page, wants_fragment
from ui.ticket_record import record

router = APIRouter(prefix="/tickets", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_WORK))])
OFFERED = 6


@router.post("/{ticket_id}/prepare")
async def prepare(request: Request, ticket_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """`macro` or `answer` goes into the text where it ends; `find` looks answers up. Nothing is sent."""
    form = await typed(request)
    context = await record(request, actor, services, ticket_id)
    async with services.db.session(actor.id) as session:
        typed_again = dict(form)
        if key := form.get("macro"):
            typed_again |= await _macro(session, actor, services, context["shown"], key, form)
        elif is_id(form.get("answer", "")):
            answer = await find_answer(session, form["answer"])
            await count_use(session, answer.id)
            values = await _values(session, actor, services, context["shown"])
            typed_again["text"] = _joined(form.get("text", ""), filled(answer.body, values))
        language = context["shown"].ticket.language
        offered = await find_answers(session, form.get("find", ""), language=language, limit=OFFERED)
    context |= {"typed": typed_again, "answers": offered, "mode": form.get("mode", "reply")}
    if wants_fragment(request):
        block = "answers" if request.headers.get("HX-Target") == "answers" else "say"
        return await fragment(request, "ticket/say.html", block, **context)
    return await page(request, "ticket/page.html", **context)


async def _macro(
    session: AsyncSession, actor: Actor, services: Services, shown: Listed, key: str, form: dict[str, str]
) -> dict[str, str]:
    """What a macro types: its words, and what else it does."""
    policy = load(MacroPolicy, (await current_policy(session, MacroPolicy.kind))[1])
    macro = policy.macros.get(key)
    if macro is None:
        return {}
    words = filled(macro.words(shown.ticket.language), await _values(session, actor, services, shown))
    also = {"set_priority": macro.priority, "set_kind": macro.kind, "set_queue": macro.queue, "note": macro.note}
    return {
        "text": _joined(form.get("text", ""), words),
        "then": macro.then,
        **{name: value for name, value in also.items() if value},
    }


def _joined(text: str, words: str) -> str:
    return f"{text}\n\n{words}" if text and words else text or words


async def _values(session: AsyncSession, actor: Actor, services: Services, shown: Listed) -> dict[str, str]:
    ticket = shown.ticket
    agent = (await people_by_id(session, [actor.id])).get(actor.id)
    return {
        "contact": shown.contact.name if shown.contact else ticket.from_name or "",
        "customer": shown.customer.name if shown.customer else "",
        "number": ticket.number,
        "subject": ticket.subject,
        "agent": agent.called(ticket.language) if agent else "",
        "company": services.settings.company,
    }
