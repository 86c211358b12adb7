"""Files sent in, begun and waited for, as the stories of imports do it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from api.services import Services
from db.actor import actor_of
from db.customer_import import CustomerImport, CustomerImportRow
from domain.access import Actor
from domain.customer_import import Choices


class Imports:
    def __init__(self, services: Services, people: dict[str, str]) -> None:
        self.services = services
        self.people = people
        self.commands = services.customer_imports

    async def actor(self, name: str = "zhao.min") -> Actor:
        async with self.services.db.session() as session:
            return await actor_of(session, self.people[name])

    async def add(self, content: bytes | Sequence[str], by: str = "zhao.min", name: str = "客户.csv") -> str:
        raw = content if isinstance(content, bytes) else "\n".join([*content, ""]).encode()

        async def chunks() -> AsyncIterator[bytes]:
            yield raw

        return (await self.commands.add(await self.actor(by), name, chunks())).id

    async def start(self, import_id: str, by: str = "zhao.min", **chosen: Any) -> None:
        row = await self.row(import_id)
        choices = Choices(**{"mapping": row.mapping, "region_id": self.people["east"], **chosen})
        await self.commands.start(await self.actor(by), uuid4().hex, import_id, choices)

    async def row(self, import_id: str) -> CustomerImport:
        async with self.services.db.session() as session:
            return await session.get_one(CustomerImport, import_id)

    async def ended(self, import_id: str, *stages: str) -> CustomerImport:
        for _ in range(1_200):
            row = await self.row(import_id)
            if row.stage in (stages or ("done", "failed", "cancelled")):
                return row
            await asyncio.sleep(0.05)
        raise AssertionError(f"{row.stage} {row.step} {row.problem}")

    async def take_in(
        self, content: bytes | Sequence[str], by: str = "zhao.min", name: str = "客户.csv", **chosen: Any
    ) -> CustomerImport:
        import_id = await self.add(content, by, name)
        await self.start(import_id, by, **chosen)
        return await self.ended(import_id)

    async def all(self, table: Any, *where: Any) -> list[Any]:
        async with self.services.db.session() as session:
            return list(await session.scalars(select(table).where(*where)))

    async def told(self, import_id: str) -> dict[int, str]:
        rows = await self.all(CustomerImportRow, CustomerImportRow.import_id == import_id)
        return {row.no: row.verdict for row in rows}
