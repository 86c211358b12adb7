"""Views of the customer list that the demo company's managers share with their regions."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from db.actor import actor_of
from db.customer_view import keep_view


def _asks(fact: str, op: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "op": op} | ({"values": list(values)} if values else {})


class DemoView(NamedTuple):
    """Shared by its `owner` with the people of a region."""

    owner: str
    region: str
    name: str
    filter: tuple[dict[str, Any], ...]
    sort: str = ""

    @property
    def address(self) -> str:
        said = json.dumps({"all": list(self.filter)}, ensure_ascii=False, separators=(",", ":"))
        return urlencode({"filter": said} | ({"sort": self.sort} if self.sort else {}))


VIEWS = (
    DemoView("zhao.min", "east", "华东重点客户", (_asks("tags", "is", "重点"),)),
    DemoView("zhao.min", "east", "华东 C 级以上，先回公海的在前", (_asks("tier", "is", "A", "B", "C"),), "due"),
    DemoView("huang.bo", "south", "华南待认领", (_asks("owner", "empty"),)),
    DemoView("huang.bo", "south", "华南 C 级以上，先回公海的在前", (_asks("tier", "is", "A", "B", "C"),), "due"),
)


async def load_views(session: AsyncSession, ids: dict[str, str]) -> None:
    """Each once: loaded again, it takes its own place."""
    for view in VIEWS:
        actor = await actor_of(session, ids[view.owner])
        await keep_view(session, actor, view.name, view.address, ids[view.region])
