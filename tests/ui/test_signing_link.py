"""The other party in the browser: they look, get a code, sign on a phone; a second click is thanked like the first."""

from __future__ import annotations

from uuid import uuid4

import pytest
from httpx import AsyncClient
from playwright.async_api import expect
from sqlalchemy import select

from commands.signing_link import InvitationLinks
from db.contract import Contract
from db.customer import Contact
from db.signing import Signing
from db.signing_invitation import SigningInvitation
from keys import master_key
from tests.selling import Selling
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.ui.conftest import Site
from tests.ui.test_signing import to_be_signed

pytestmark = pytest.mark.usefixtures("worker")


async def asked_by_link(selling: Selling, title: str) -> tuple[str, SigningInvitation, InvitationLinks]:
    """The contract's id, and the customer's link: nobody of ours signs."""
    contract_id, _ = await to_be_signed(selling, title, {"customer": True, "ours": "none"}, kind="choose_signatory")
    services = selling.services
    async with services.db.session() as session:
        signing = await session.scalar(select(Signing).where(Signing.contract_id == contract_id))
        assert signing
        contact = await session.scalar(select(Contact).where(Contact.customer_id == signing.customer_id))
        assert contact
        contact.email = "zhou.ming@example.com"
    await services.invitations.invite(
        await selling.actor("li.wei"), uuid4().hex, signing.id, contact_id=contact.id, language="en"
    )

    async def written() -> SigningInvitation | None:
        async with services.db.session() as session:
            return await session.scalar(select(SigningInvitation).where(SigningInvitation.signing_id == signing.id))

    return contract_id, await selling.until(written), InvitationLinks(master_key(services.settings))


async def test_the_customer_signs_on_a_phone_and_a_second_click_is_thanked(
    site: Site, visit: Visit, selling: Selling
) -> None:
    contract_id, invitation, links = await asked_by_link(selling, "冷链签署")
    path = links.path(invitation.id)
    page = (await visit(path, look=PHONE)).page
    await expect(page.locator(".sign-pages img")).to_have_count(2)
    await page.get_by_role("button", name="Send me a code").click()
    await expect(page.get_by_text("A code of six digits is on its way to z***@example.com")).to_be_visible()
    code = links.code(invitation.id, 1)
    await page.get_by_label("Code from the mail").fill(code)
    await page.get_by_label("I have read the contract").check()
    await page.get_by_role("button", name="Sign the contract").click()
    await expect(page.get_by_text("Thank you.")).to_be_visible()
    await expect(page.locator("#sign")).to_have_count(0)
    form = {"outcome": "signed", "code": code, "name": "周明", "consent": "1"}
    async with AsyncClient(base_url=site.url, headers={"origin": site.url, "accept": "text/html"}) as browser:
        again = await browser.post(path, data=form)
        assert (again.status_code, again.headers["location"].partition("&")[2]) == (303, "done=signed")
        await selling.row(Contract, contract_id, status="signed")
        forged = await browser.post(path, data=form, headers={"origin": "http://elsewhere.example"})
        assert forged.status_code == 403
    await page.reload()
    await expect(page.get_by_text("The contract is signed by everybody")).to_be_visible()


async def test_what_the_customer_sees_reads_well_everywhere(visit: Visit, selling: Selling) -> None:
    _, invitation, links = await asked_by_link(selling, "冷链阅读")
    await check_everywhere(visit, links.path(invitation.id), "customer-signs")
