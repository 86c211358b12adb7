"""A quote is approved where its discount needs it, sent with its PDF, answered once by its customer, and lapses."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from commands.credentials import Visitor
from commands.document import Documents, DocumentStore
from commands.invoice import InvoiceCommands
from commands.policy import Policies
from commands.product import PriceBookBody, ProductBody, ProductCommands
from commands.quote import QuoteCommands, moved_prices
from commands.quote_link import QuoteLinks, QuotesForCustomers
from db.contract import Approval
from db.customer import Contact
from db.deal import Deal
from db.letter import Letter
from db.policy import current_policy
from db.process import Notification, Task
from db.quote import Invoice, Quote
from domain.quote import QuoteBody, QuoteLine
from domain.quote_template import DEFAULT
from domain.refusal import Refused
from tests.workflows.office import KEY, YUAN, Office

BUYER = Visitor("203.0.113.9")


class Quoting:
    def __init__(self, office: Office) -> None:
        self.office = office
        settings = office.desk.settings
        self.documents = Documents(office.db, DocumentStore(settings.home / "documents"))
        links = QuoteLinks(KEY, "https://crm.example")
        self.quotes = QuoteCommands(office.desk, self.documents, links)
        self.customers = QuotesForCustomers(office.desk, links)
        self.links = links
        self.products = ProductCommands(office.db)

    async def quote(self, deal: Deal, by: str = "li.wei") -> Quote:
        quote_id, _ = await self.quotes.open(await self.office.actor(by), uuid4().hex, deal.id)
        return await self.when(quote_id, edits=0, revision_after=0)

    async def when(self, quote_id: str, *, revision_after: int = -1, **where: Any) -> Quote:
        async def look() -> Quote | None:
            row = await self.office.row(Quote, id=quote_id, **where)
            return row if row and (revision_after < 0 or row.totals["gross"]) else None

        return await self.office.until(look, f"a quote with {where}")

    async def offers(self, quote: Quote, *lines: QuoteLine, by: str = "li.wei", **more: Any) -> Quote:
        actor, body = await self.office.actor(by), QuoteBody(lines=list(lines), **more)
        await self.quotes.edit(actor, uuid4().hex, quote.id, version=quote.version, edits=quote.edits, body=body)
        return await self.when(quote.id, edits=quote.edits + 1)

    async def submits(self, quote: Quote, by: str = "li.wei") -> None:
        actor = await self.office.actor(by)
        await self.quotes.submit(actor, uuid4().hex, quote.id, version=quote.version, edits=quote.edits)

    async def sends(self, quote: Quote, by: str = "li.wei") -> str:
        """The link's token."""
        async with self.office.db.session() as session:
            contact = Contact(customer_id=quote.customer_id, name="周明", email="zhou@landing.example")
            session.add(contact)
            await session.flush()
            contact_id = contact.id
        actor = await self.office.actor(by)
        await self.quotes.send(
            actor, uuid4().hex, quote.id, version=quote.version, contact_id=contact_id, language="zh_CN"
        )
        await self.when(quote.id, status="sent")
        return self.links.path(quote.id, quote.version).removeprefix("/q/")

    async def sent(self, deal: Deal) -> tuple[Quote, str]:
        quote = await self.quote(deal)
        await self.submits(quote)
        quote = await self.when(quote.id, status="approved")
        return quote, await self.sends(quote)

    async def accepts(self, token: str, **more: str) -> None:
        offer = await self.customers.read(token, BUYER)
        given = {"outcome": "accepted", "name": "周明", "note": "", "po_number": "PO-7", **more}
        await self.customers.answer(offer, BUYER, **given)  # type: ignore[arg-type]


@pytest.fixture
def quoting(office: Office) -> Quoting:
    return Quoting(office)


def licence(yuan: int, discount: int = 0) -> QuoteLine:
    return QuoteLine(name="三年平台许可", name_en="Platform licence", unit="年", unit_price=yuan * YUAN,
                     discount_amount=discount, tax=1_300)  # fmt: skip


async def test_a_quote_within_the_limits_is_sent_opened_once_and_accepted(office: Office, quoting: Quoting) -> None:
    deal = await office.deal(80_000 * YUAN)
    quote, token = await quoting.sent(deal)
    assert quote.amount == deal.amount
    letter = await office.until(lambda: office.row(Letter, key=f"quote/{quote.id}/1"), "the letter")
    for _ in range(2):
        await quoting.customers.opened(await quoting.customers.read(token, BUYER))
    await quoting.accepts(token)
    await quoting.accepts(token)  # a second click
    accepted = await quoting.when(quote.id, status="accepted")
    assert accepted.closed_at is not None
    line = await office.line(deal.line_id)
    assert line.count("quote.seen") == line.count("quote.accepted") == 1
    assert letter.documents == [accepted.versions[0]["document"]]
    document, path = await quoting.documents.find(await office.actor("li.wei"), letter.documents[0])
    reader = PdfReader(io.BytesIO(path.read_bytes()))
    assert "报价单" in reader.pages[0].extract_text()
    fonts = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    assert all("NotoSansCJK" in font.get_object()["/BaseFont"] for font in fonts)
    assert document.name == f"{quote.number}-1-zh.pdf"


@pytest.mark.parametrize(("discount", "asked"), [(1_000_000, False), (1_000_001, True)])
async def test_the_manager_is_asked_from_one_fen_above_ten_percent(
    office: Office, quoting: Quoting, discount: int, asked: bool
) -> None:
    deal = await office.deal(100_000 * YUAN)
    quote = await quoting.offers(await quoting.quote(deal), licence(100_000, discount))
    await quoting.submits(quote)
    if not asked:
        assert (await quoting.when(quote.id, status="approved")).versions[0]["totals"]["discount_rate"] == 1_000
        return
    task = await office.open_task("approve", line_id=deal.line_id)
    approval = await office.row(Approval, id=task.record_id)
    assert approval is not None
    assert (approval.subject_kind, approval.decision["fired"]) == ("quote", ["quote"])
    with pytest.raises(Refused, match="not_yours"):
        await office.decide("li.wei", task, "approve")
    await office.decide("zhao.min", task, "return", "12 % is too much")
    again = await quoting.when(quote.id, status="draft", version=2)
    await quoting.submits(again)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    await quoting.when(quote.id, status="approved", version=2)


async def test_a_quote_lapses_and_is_then_not_accepted_but_renewed(office: Office, quoting: Quoting) -> None:
    async with office.db.session() as session:
        follows, _ = await current_policy(session, "quote_template")
    document = {**DEFAULT, "validity": "PT20S", "remind": "PT5S"}
    admin = await office.actor("gu.ming")
    await Policies(office.db).publish(admin, uuid4().hex, "quote_template", document, follows=follows)
    deal = await office.deal(80_000 * YUAN)
    quote, token = await quoting.sent(deal)
    await office.days_pass(0.001)
    await quoting.when(quote.id, status="lapsed")
    with pytest.raises(Refused, match="quote_lapsed"):
        await quoting.accepts(token)
    offer = await quoting.customers.read(token, BUYER)
    await quoting.customers.ask_renewal(offer)
    told = await office.rows(Notification, link=f"/quotes/{quote.id}")
    assert [n.kind for n in sorted(told, key=lambda n: n.created_at)] == [
        "quote.lapses_soon", "quote.lapsed", "quote.renewal_asked",
    ]  # fmt: skip
    await quoting.quotes.revise(await office.actor("li.wei"), uuid4().hex, quote.id, version=1)
    renewed = await quoting.when(quote.id, status="draft", version=2)
    await quoting.submits(renewed)
    second = await quoting.sends(await quoting.when(quote.id, status="approved", version=2))
    with pytest.raises(Refused, match="quote_superseded"):
        await quoting.accepts(token)
    await quoting.accepts(second)
    await quoting.when(quote.id, status="accepted", version=2)


async def test_a_price_book_changed_under_an_open_quote_changes_nothing_until_it_is_asked_to(
    office: Office, quoting: Quoting
) -> None:
    director, seller = await office.actor("gu.ming"), await office.actor("li.wei")
    product = await quoting.products.save(director, uuid4().hex, ProductBody(code=uuid4().hex[:8], name="冷链网关"))
    book = await quoting.products.save_book(director, uuid4().hex, PriceBookBody(name="标准", currency="CNY"))
    await quoting.products.set_price(director, book, product, Decimal(0), 1_000 * YUAN)
    deal = await office.deal(10_000 * YUAN)
    line = QuoteLine(product_id=product, name="冷链网关", quantity="10", unit_price=1_000 * YUAN)
    quote = await quoting.offers(await quoting.quote(deal), line, price_book_id=book)
    await quoting.submits(quote)
    token = await quoting.sends(await quoting.when(quote.id, status="approved"))
    await quoting.products.set_price(director, book, product, Decimal(0), 1_200 * YUAN)
    async with office.db.session() as session:
        assert await moved_prices(session, QuoteBody.model_validate(quote.body)) == {0: 1_200 * YUAN}
    assert (await quoting.customers.read(token, BUYER)).totals.total == 10_000 * YUAN
    await quoting.quotes.take_prices(seller, uuid4().hex, quote.id, version=1)
    again = await quoting.when(quote.id, status="draft", version=2)
    assert again.amount == 12_000 * YUAN
    assert again.versions[0]["outcome"] == "superseded"


async def test_a_stale_page_and_a_stranger_change_nothing(office: Office, quoting: Quoting) -> None:
    deal = await office.deal(80_000 * YUAN)
    first = await quoting.quote(deal)
    await quoting.offers(first, licence(70_000))
    with pytest.raises(Refused, match="stale_version"):
        await quoting.offers(first, licence(60_000))
    with pytest.raises(Refused) as refused:
        await quoting.submits(first, by="wang.fang")
    assert refused.value.status in (403, 404)
    with pytest.raises(Refused, match="link_unknown"):
        await quoting.customers.read("x" * 120, BUYER)


async def test_finance_prepares_the_invoice_once_from_the_quotes_lines(office: Office, quoting: Quoting) -> None:
    deal = await office.deal(80_000 * YUAN)
    quote, token = await quoting.sent(deal)
    await quoting.accepts(token)
    await quoting.when(quote.id, status="accepted")
    invoices = InvoiceCommands(office.desk, quoting.documents)
    invoice_id, _ = await invoices.open(await office.actor("li.wei"), uuid4().hex, deal.id)
    task: Task = await office.open_task("prepare_invoice", record_id=invoice_id)
    clerk = await office.actor("he.jie")
    with pytest.raises(Refused, match="tax_number_wrong"):
        await invoices.prepare(clerk, uuid4().hex, invoice_id, task.id, invoice_title="蓝港", number="123")
    given: dict[str, Any] = {"invoice_title": "蓝港食品有限公司", "number": "91350100M000100Y43"}
    await invoices.prepare(clerk, uuid4().hex, invoice_id, task.id, **given)
    with pytest.raises(Refused, match="already_decided"):
        await invoices.prepare(clerk, uuid4().hex, invoice_id, task.id, **given)
    prepared = await office.until(lambda: office.row(Invoice, id=invoice_id, status="prepared"), "the draft")
    assert prepared.amount == quote.amount


async def test_an_invoice_draft_begun_beside_the_quote_bills_what_was_offered_in_the_end(
    office: Office, quoting: Quoting
) -> None:
    deal = await office.deal(80_000 * YUAN)
    for stage in ("needs", "proposal"):
        await office.move(deal.id, stage)
    draft = await office.until(lambda: office.row(Invoice, deal_id=deal.id), "the draft")
    quote = await office.until(lambda: office.row(Quote, deal_id=deal.id), "the quote")
    assert draft.amount == deal.amount
    await office.deal_when(deal.id, quote_id=quote.id)
    quote = await quoting.offers(quote, licence(90_000, 500_000))
    await quoting.submits(quote)
    await quoting.sends(await quoting.when(quote.id, status="approved"))
    billed = await office.until(lambda: office.row(Invoice, id=draft.id, amount=quote.amount), "the lines to be taken")
    assert [line["name"] for line in billed.body["lines"]] == ["三年平台许可"]


async def test_a_won_deal_takes_its_draft_back_and_leaves_what_the_customer_may_still_answer(
    office: Office, quoting: Quoting
) -> None:
    drafted, draft = await approved(office, 40_000 * YUAN)
    offered, sent = await approved(office, 40_000 * YUAN)
    line = QuoteLine(name="实施", unit="次", unit_price=40_000 * YUAN, tax=600)
    await quoting.submits(await quoting.offers(sent, line))
    token = await quoting.sends(await quoting.when(sent.id, status="approved"))
    await office.deal_when(offered.id, quote_status="sent")
    for deal in (drafted, offered):
        await office.deal_when(deal.id, contract_status="approved")
        await office.move(deal.id, "won")
    await quoting.when(draft.id, status="withdrawn")
    with pytest.raises(Refused, match="deal_closed"):
        await quoting.quotes.open(await office.actor("li.wei"), uuid4().hex, drafted.id)
    await quoting.accepts(token)
    await quoting.when(sent.id, status="accepted")
    assert (await office.line(drafted.line_id)).count("quote.withdrawn") == 1


async def test_a_lost_deal_leaves_no_refused_quote_open(office: Office, quoting: Quoting) -> None:
    deal = await office.deal(40_000 * YUAN)
    quote, token = await quoting.sent(deal)
    await quoting.accepts(token, outcome="refused", note="太贵")
    await quoting.when(quote.id, status="refused")
    await office.deal_when(deal.id, quote_status="refused")
    await office.move(deal.id, "lost", reason="budget")
    await quoting.when(quote.id, status="withdrawn")


async def approved(office: Office, amount: int) -> tuple[Deal, Quote]:
    """A deal in negotiation whose contract is approved, and the quote that its proposal began."""
    deal, _ = await office.submitted(amount)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    quote = await office.until(lambda: office.row(Quote, deal_id=deal.id), "the proposal's quote")
    return deal, quote
