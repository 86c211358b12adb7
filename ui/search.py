"""The records that the palette offers to somebody who types."""

from __future__ import annotations

from fastapi import Request

from api.services import services_of
from db.palette import find_records
from locales import N_, translate
from ui.environment import pages_of
from ui.shell import Hit

KINDS = {
    "customer": (N_("Customer"), "building-2", "/customers"),
    "pooled": (N_("Customer in the pool"), "inbox", "/customers"),
    "deal": (N_("Deal"), "kanban", "/deals"),
    "lead": (N_("Lead"), "megaphone", "/leads"),
    "quote": (N_("Quote"), "file-check", "/quotes"),
    "contract": (N_("Contract"), "file-text", "/contracts"),
    "collection": (N_("Collection"), "wallet", "/collections"),
    "person": (N_("Person"), "circle-user", "/people"),
}


async def search_records(request: Request, text: str) -> list[Hit]:
    actor = request.state.actor
    gettext = translate(pages_of(request).language(request)).gettext
    async with services_of(request).db.session(actor.id) as session:
        found = await find_records(session, actor, text)
    hits = []
    for record in found:
        label, icon, home = KINDS[record.kind]
        detail = " · ".join(filter(None, (gettext(label), record.customer, record.number)))
        hits.append(Hit(record.title, detail, f"{home}/{record.id}", icon))
    return hits
