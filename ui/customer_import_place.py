"""Where an import's customers went, in words, and the address of the list of those it made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from db.customer_import import CustomerImport
from db.customer_import_known import pools_of
from db.person import OrgUnit
from domain.customer_filter import IMPORT
from locales import N_, translate
from locales.formats import Formats
from ui.names import Names

MODES = {
    "both": N_("are updated, others are new"),
    "create": N_("stay as they are, others are new"),
    "update": N_("are updated, others are left out"),
}


class Place(NamedTuple):
    """`said`: what was chosen, and how; `made` is the list of the customers it made, "" for none."""

    said: Sequence[tuple[str, str]]
    made: str


async def place_of(session: AsyncSession, row: CustomerImport, called: Names, formats: Formats) -> Place | None:
    """None for one that has not begun."""
    region = await session.get(OrgUnit, row.region_id) if row.region_id else None
    if region is None:
        return None
    text = translate(formats.language).gettext
    said = [
        (text(N_("Region of rows that name none")), region.called(formats.language)),
        (text(N_("Whose new customers are")), await _whose(session, row, region, called, formats.language)),
        (text(N_("Customers that are there already")), text(MODES[row.mode])),
    ]
    return Place(said, _made(row) if row.created else "")


async def _whose(session: AsyncSession, row: CustomerImport, region: OrgUnit, called: Names, language: str) -> str:
    text = translate(language).gettext
    if row.target == "rule":
        return text(N_("As the rules for new customers say"))
    if row.owner_id:
        return called.person(row.owner_id)
    pool = next((one.name for one in await pools_of(session, region) if one.key == row.pool), None)
    if pool is None:
        return text(N_("Nobody yet: the region's pool"))
    return text(N_("The pool %(pool)s")) % {"pool": pool.called(language)}


def _made(row: CustomerImport) -> str:
    conditions = {"all": [{"fact": IMPORT, "op": "is", "values": [row.id]}]}
    return "/customers?" + urlencode({"filter": json.dumps(conditions)})
