"""One more condition for the list of customers: what is asked about, how, and which values, in a dialog or a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Query, Request
from pydantic import StringConstraints
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.problem import worded
from api.services import Provided
from db.customer_reader import CustomerReader, reader_of
from db.person import list_people
from domain.access import Action
from domain.customer_filter import IMPORT, ME, WITHOUT_VALUE, Fact
from domain.field_value import NO_WORD, YES_WORD
from domain.refusal import Refused, invalid
from locales import translate
from ui.customer_selection import OP_WORDS, Selection, value_words, with_condition
from ui.environment import pages_of
from ui.names import Names, names
from ui.render import fragment, page, redirect, wants_fragment

router = APIRouter(
    prefix="/customers/condition", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_READ))]
)
PEOPLE, IMPORTS = 200, 100


class Asked(Selection):
    """`beside`: the part of the filter that the condition stands beside as an or. `value` may come several times."""

    at: ClassVar[str] = "/customers/condition"
    fact: Annotated[str, StringConstraints(max_length=60)] = ""
    op: Annotated[str, StringConstraints(max_length=20)] = ""
    value: list[Annotated[str, StringConstraints(max_length=200)]] = []
    beside: Annotated[str, StringConstraints(max_length=3)] = ""

    @property
    def selection(self) -> Selection:
        return Selection(text=self.text, filter=self.filter, sort=self.sort, columns=self.columns)

    def condition(self) -> dict[str, Any]:
        values = [one.strip() for one in self.value if one.strip()]
        return {"fact": self.fact, "op": self.op} | ({} if self.op in WITHOUT_VALUE else {"values": values})


@router.get("")
async def ask(request: Request, asked: Annotated[Asked, Query()], actor: CurrentActor, services: Provided) -> Response:
    """Without a fact, which one; with a way of asking, leads to the list with one condition more."""
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        imports = IMPORTS if asked.fact == IMPORT else 0
        reader = await reader_of(session, actor, services.settings.zone, datetime.now(UTC), imports=imports)
        called = await names(session, language, ())
        if asked.fact and asked.fact in reader.facts and reader.facts[asked.fact].field.type in ("person", "people"):
            people = [one.person.id for one in await list_people(session)][:PEOPLE]
            called = await called.with_people(session, people)
    error = ""
    if asked.op:
        try:
            beside = int(asked.beside) if asked.beside.isascii() and asked.beside.isdigit() else None
            if asked.fact not in reader.facts:
                raise invalid("filter_fact_unknown", "fact")
            return redirect(
                request,
                asked.selection.but(filter=with_condition(asked.filter, asked.condition(), beside, reader.facts)),
            )
        except Refused as refused:
            error = worded(request, refused)
    return await _form(request, asked, reader, called, error)


async def _form(request: Request, asked: Asked, reader: CustomerReader, called: Names, error: str) -> HTMLResponse:
    fact = reader.facts.get(asked.fact)
    gettext = translate(called.language).gettext
    shown: dict[str, Any] = {
        "asked": asked, "fact": fact, "error": error, "aside": wants_fragment(request),
        "facts": [(one.key, _label(one, called.language)) for one in reader.facts.values()],
        "ops": [(op, gettext(OP_WORDS[op])) for op in fact.ops] if fact else [],
        "choices": _choices(fact, called) if fact else [], "today": datetime.now(UTC).date().isoformat(),
        "label": _label(fact, called.language) if fact else "",
    }  # fmt: skip
    status = 422 if error else 200
    if shown["aside"]:
        return await fragment(request, "customer/condition.html", "dialog", status=status, **shown)
    return await page(request, "customer/condition_page.html", status=status, **shown)


def _label(fact: Fact, language: str) -> str:
    return fact.field.label.called(language)


def _choices(fact: Fact, called: Names) -> list[tuple[str, str]]:
    """What may be ticked; empty: it is typed."""
    gettext = translate(called.language).gettext
    match fact.field.type:
        case "yes_no":
            return [("yes", gettext(YES_WORD)), ("no", gettext(NO_WORD))]
        case "person" | "people":
            people = [(one.id, one.called(called.language)) for one in called.people.values()]
            return [(ME, gettext("Me")), *sorted(people, key=lambda each: each[1])]
        case "department":
            units = called.units.values()
            wanted = [one for one in units if one.kind == "region" or fact.key != "region"]
            return [(one.id, one.called(called.language)) for one in wanted]
    return [(one.value, value_words(fact, one.value, called)) for one in fact.field.options]
