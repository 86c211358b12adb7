"""Numbers and addresses that are masked for somebody are so wherever they write to customers or answer them, and what
they send arrives all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from db.base import new_id
from db.collection import Collection
from db.customer import Contact
from db.letter import Letter, write_letter
from db.policy import current_policy
from db.quote import Quote
from db.signing import Signing
from db.signing_invitation import SigningInvitation
from db.ticket import TicketMessage
from db.ticket_intake import note_inbound
from db.ticket_message import letter_key
from domain.customer_field import CustomerFieldPolicy
from tests.api.test_ticket import act, bring_in, standing
from tests.conftest import SignIn
from tests.fields import publish_fields
from tests.selling import Selling
from tests.ui.test_signing import to_be_signed
from tests.workflows.test_statement import Bank

pytestmark = pytest.mark.usefixtures("worker", "masked")

MAIL, PHONE = "zhou.ming@landing.example", "+8613912345678"
SHOWN, CALLED = "z****@landing.example", "139****5678"
SECRETS = ("zhou.ming@", "12345678", "39 1234 5678")
WHO = {"masked_for": ["sales", "finance", "support_agent", "support_lead"]}
FORM = {"accept": "text/html"}


@pytest.fixture
async def masked(selling: Selling) -> None:
    """For everybody of these stories."""
    async with selling.services.db.session() as session:
        _, now = await current_policy(session, CustomerFieldPolicy.kind)
    if not now["builtin"]:
        rules = {"phone": WHO, "email": WHO}
        await publish_fields(selling.services.policies, await selling.actor("gu.ming"), builtin=rules)


async def reachable(selling: Selling, customer_id: str) -> str:
    """The id of the customer's contact, who can be called and written to."""
    async with selling.services.db.session() as session:
        of = select(Contact).where(Contact.customer_id == customer_id).order_by(Contact.id).limit(1)
        contact = await session.scalar(of)
        if contact is None:
            contact = Contact(customer_id=customer_id, name="周明")
            session.add(contact)
        contact.phone, contact.email = PHONE, MAIL
        await session.flush()
        return contact.id


async def seen(browser: AsyncClient, path: str, *told: str) -> str:
    answer = await browser.get(path, headers={} if path.startswith("/api/") else FORM)
    assert answer.status_code == 200, path
    for part in told:
        assert part in answer.text, (path, part)
    for secret in SECRETS:
        assert secret not in answer.text, (path, secret)
    return answer.text


async def posts(browser: AsyncClient, path: str, **form: str) -> Response:
    answer = await browser.post(path, data={"idempotency_key": uuid4().hex, **form}, headers=FORM)
    assert answer.status_code == 303, answer.text
    return answer


async def written(selling: Selling, key: str) -> Letter:
    async def there() -> Letter | None:
        async with selling.services.db.session() as session:
            return await session.scalar(select(Letter).where(Letter.key.startswith(key)))

    return await selling.until(there)


async def test_a_quote_goes_to_an_address_that_its_seller_does_not_read(selling: Selling, sign_in: SignIn) -> None:
    services, owner, deal_id = selling.services, await selling.actor("li.wei"), await selling.deal("遮掩报价")
    quote_id, _ = await services.quotes.open(owner, uuid4().hex, deal_id)
    quote = await selling.row(Quote, quote_id)
    await services.quotes.submit(owner, uuid4().hex, quote_id, version=quote.version, edits=quote.edits)
    quote = await selling.row(Quote, quote_id, status="approved")
    contact_id = await reachable(selling, quote.customer_id)
    seller = await sign_in("li.wei")
    await seen(seller, f"/quotes/{quote_id}", f"周明 · {SHOWN}")
    await posts(seller, f"/quotes/{quote_id}/send", version=str(quote.version), contact_id=contact_id, language="en")
    assert (await written(selling, f"quote/{quote_id}/")).address == MAIL
    await seen(seller, f"/quotes/{quote_id}")


async def test_a_contract_is_sent_to_be_signed_to_an_address_that_its_owner_does_not_read(
    selling: Selling, sign_in: SignIn
) -> None:
    contract_id, task_id = await to_be_signed(
        selling, "遮掩签署", {"customer": True, "ours": "none"}, kind="choose_signatory"
    )
    async with selling.services.db.session() as session:
        signing = (await session.scalars(select(Signing).where(Signing.contract_id == contract_id))).one()
    contact_id = await reachable(selling, signing.customer_id)
    seller = await sign_in("li.wei")
    for path in (f"/contracts/{contract_id}", f"/tasks/{task_id}"):
        await seen(seller, path, f"周明 · {SHOWN}")
    await posts(seller, f"/signings/{signing.id}/invite", contact_id=contact_id)

    async def asked() -> SigningInvitation | None:
        async with selling.services.db.session() as session:
            return await session.scalar(select(SigningInvitation).where(SigningInvitation.signing_id == signing.id))

    assert (await selling.until(asked)).contact_id == contact_id


async def test_a_statement_and_the_letters_about_money_tell_no_more_of_an_address_than_the_customers_page(
    app: FastAPI, selling: Selling, people: dict[str, str], sign_in: SignIn
) -> None:
    owed: Collection = await Bank(app.state.services, people).owes("遮掩对账", 300_000)
    contact_id = await reachable(selling, owed.customer_id)
    async with selling.services.db.session() as session:
        reminder = {
            "key": f"collection/{owed.id}/overdue/1", "customer_id": owed.customer_id, "contact_id": contact_id,
            "template": "reminder", "language": "en", "params": {}, "documents": [], "line_id": owed.line_id,
        }  # fmt: skip
        await write_letter(session, reminder)
    finance, path = await sign_in("he.jie"), f"/customers/{owed.customer_id}/statement"
    await seen(finance, path, f"周明 · {SHOWN}")
    await seen(finance, f"/collections/{owed.id}", SHOWN)
    await posts(finance, path, contact_id=contact_id, language="en")
    assert (await written(selling, f"customer/{owed.customer_id}/statement/")).address == MAIL
    assert (await seen(finance, path)).count(SHOWN) == 3, "who is written to, and two letters"


async def test_a_ticket_is_answered_by_who_does_not_read_whose_it_is_and_not_found_by_trying(
    selling: Selling, sign_in: SignIn
) -> None:
    agent, stranger = await sign_in("gao.fei"), "zhou.ming@nowhere.example"
    ticket_id = await bring_in(agent, name="", email=stranger, phone="13812345678", text="遮掩工单")
    await standing(agent, ticket_id, "triage", "queued", "assigned")
    for path in ("/tickets?whose=region", "/tickets/board?whose=region"):
        await seen(agent, path, "z****@nowhere.example")
    for path in (f"/tickets/{ticket_id}", f"/api/tickets/{ticket_id}", "/api/tickets"):
        await seen(agent, path, "z****@nowhere.example", "138****5678")
    for part, found in (("遮掩工单", True), (stranger, False), ("12345678", False)):
        listed = (await agent.get("/api/tickets", params={"text": part})).json()["items"]
        assert [one["id"] for one in listed] == [ticket_id] * found
    replied = await act(agent, ticket_id, "reply", text="正在查看。", anyway=True)
    assert replied.status_code == 200
    message = replied.json()["result"]["message_id"]
    assert (await written(selling, letter_key(message))).address == stranger


async def test_a_caller_is_found_by_the_number_they_call_from_and_shown_by_a_part_of_it(
    selling: Selling, sign_in: SignIn
) -> None:
    customer_id = await selling.customer("遮掩来电")
    await reachable(selling, customer_id)
    form = {"idempotency_key": uuid4().hex, "phone": "139 1234 5678"}
    found = (await (await sign_in("gao.fei")).post("/tickets/new/caller", data=form, headers=FORM)).text
    assert "周明 · 遮掩来电" in found
    assert CALLED in found
    assert all(secret not in found for secret in SECRETS)
    agent = await sign_in("gao.fei")
    taken = await posts(agent, "/tickets/new", phone="139 1234 5678", region="east")
    await seen(agent, taken.headers["location"].partition("?")[0], CALLED)


async def test_a_mail_that_did_not_arrive_is_told_without_the_whole_address(selling: Selling, sign_in: SignIn) -> None:
    agent = await sign_in("gao.fei")
    ticket_id = await bring_in(agent, email=MAIL, text="遮掩退信")
    async with selling.services.db.session() as session:
        when = {"ticket_id": ticket_id, "at": datetime.now(UTC), "references": [], "attachments": []}
        note = TicketMessage(
            id=new_id(), author="system", direction="note", status="received", body=f"发给 {MAIL} 的邮件未送达：550",
            automatic=True, **when,
        )  # fmt: skip
        said = TicketMessage(
            id=new_id(), author="agent", direction="out", status="failed", body="您好", error=f"550 <{MAIL}>: unknown",
            automatic=False, **when,
        )  # fmt: skip
        session.add_all([note, said])
    await seen(agent, f"/api/tickets/{ticket_id}", f"发给 {SHOWN} 的邮件未送达")
    await seen(agent, f"/tickets/{ticket_id}", f"发给 {SHOWN} 的邮件未送达", f"550 &lt;{SHOWN}&gt;: unknown")


async def test_mail_without_a_ticket_tells_a_part_of_who_wrote_it_and_a_mail_as_it_came_is_kept_back(
    selling: Selling, sign_in: SignIn
) -> None:
    async with selling.services.db.session() as session:
        kept = {"key": f"mail/{uuid4().hex}", "channel": "mail", "kind": "automatic", "why": "Auto-Submitted"}
        await note_inbound(session, **kept, subject="不在办公室", sender=MAIL)
    await seen(await sign_in("shen.yu"), "/tickets/mail", "不在办公室", SHOWN)
    agent = await sign_in("gao.fei")
    ticket_id = await bring_in(agent, email=MAIL)

    async def came() -> AsyncIterator[bytes]:
        yield f"From: {MAIL}".encode()

    digest, _ = await selling.services.documents.store.put(came(), lambda _: None)
    async with selling.services.db.session() as session:
        kept = {"key": f"mail/{uuid4().hex}", "channel": "mail", "kind": "person"}
        await note_inbound(session, **kept, ticket_id=ticket_id, raw=digest, sender=MAIL)
    for who, status in (("gao.fei", 404), ("zhao.min", 200)):
        told = await (await sign_in(who)).get(f"/tickets/{ticket_id}/mails/{digest}")
        assert told.status_code == status


async def test_the_people_of_a_deal_are_reached_as_far_as_their_customers_page_tells(
    selling: Selling, sign_in: SignIn
) -> None:
    deal_id = await selling.deal("遮掩商机")
    quoted = (await (await sign_in("li.wei")).get(f"/api/deals/{deal_id}")).json()
    contact_id = await reachable(selling, quoted["customer_id"])
    await selling.services.deals.keep_person(
        await selling.actor("li.wei"), uuid4().hex, deal_id, contact_id=contact_id, role="decides",
        attitude="supports", note="",
    )  # fmt: skip
    seller = await sign_in("li.wei")
    await seen(seller, f"/deals/{deal_id}", CALLED)
    await seen(seller, f"/api/deals/{deal_id}/parts", CALLED, SHOWN)
