from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from db.engine import Database
from settings import Settings
from tests.workflows.office import Office, open_office


@pytest.fixture
async def office(db: Database, people: dict[str, str], settings: Settings) -> AsyncIterator[Office]:
    async with open_office(db, people, settings) as scene:
        yield scene
