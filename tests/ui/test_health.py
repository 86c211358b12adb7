"""Operators look at the installation, and from there into Temporal, where payloads are readable."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.collecting import open_collection
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def test_health_reads_well_everywhere(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await open_collection(site.services, people)
    await check_everywhere(visit, "/health", as_person="han.xue")


async def test_an_operator_opens_a_case_in_temporal_from_its_page(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    collection_id = await open_collection(site.services, people, customer="兰芷医疗")
    page = (await visit(f"/collections/{collection_id}", as_person="gu.ming")).page
    await page.get_by_role("link", name="This case in Temporal").click()
    await expect(page.get_by_text(f"collection/{collection_id}").first).to_be_visible(timeout=30_000)
