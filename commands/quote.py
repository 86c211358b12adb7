"""Quotes: opened, drafted, submitted, sent with their PDF, revised, taken back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.quote import product_line
from commands.desk import Desk
from commands.document import Documents
from commands.idempotency import claim
from commands.paper import draw
from commands.quote_link import QuoteLinks
from commands.quote_paper import Paper
from commands.temporal import update_id
from db.customer import Contact, Customer
from db.deal import Deal
from db.person import Person
from db.policy import find_version
from db.process import Process
from db.product import PriceBook, Product, prices_of
from db.quote import Quote
from db.scope import visible
from domain.access import Action, Actor
from domain.policy import load
from domain.process import Answer, Command
from domain.quote import QuoteBody, QuoteLine, reckon
from domain.quote_template import QuotePolicy
from domain.refusal import Refused, forbidden, invalid
from locales.formats import Formats
from workflows.quote import QuoteWorkflow
from workflows.quote_message import (
    EditQuote,
    QuoteStart,
    ReviseQuote,
    SendQuote,
    SubmitQuote,
    TakeBackQuote,
    quote_workflow_id,
)

LANGUAGES = ("zh_CN", "en")


@dataclass(frozen=True)
class PaperCase:
    """What a quote's page says beside the quote: `policy` is the version it runs under."""

    customer: Customer
    owner: Person
    policy: QuotePolicy

    @property
    def until(self) -> datetime:
        """How long it would be valid, sent now."""
        return datetime.now(UTC) + self.policy.validity


class QuoteCommands:
    def __init__(self, desk: Desk, documents: Documents, links: QuoteLinks) -> None:
        self.desk = desk
        self.documents = documents
        self.links = links
        self.zone = ZoneInfo(desk.settings.zone)

    async def open(self, actor: Actor, key: str, deal_id: str, *, template: str | None = None) -> tuple[str, Answer]:
        """A new quote for a deal: its id. Raises Refused (409) where the deal is won or lost."""
        async with self.desk.db.session(actor.id) as session:
            deal: Deal = await visible(session, actor, "deal", deal_id)
            if not actor.reaches(Action.QUOTE_WORK, owner=deal.owner_id, region=deal.region_id):
                raise forbidden(Action.QUOTE_WORK)
            if deal.closed_at is not None or deal.order_id is not None:
                raise Refused("deal_closed", 409, stage=deal.stage)
            quote_id = await claim(session, actor, key, "OpenQuote", "quote", {"deal": deal_id, "template": template})
        start = QuoteStart(
            quote_id=quote_id, deal_id=deal.id, line_id=deal.line_id, customer_id=deal.customer_id,
            region_id=deal.region_id, owner_id=deal.owner_id, title=deal.title, amount=deal.amount,
            currency=deal.currency, by=actor.id, template=template,
        )  # fmt: skip
        opened = Command(actor=actor, key=update_id(actor, key))
        answer = await self.desk.processes.open(
            QuoteWorkflow.run, start, quote_workflow_id(quote_id), QuoteWorkflow.opened, opened
        )
        return quote_id, answer

    async def edit(self, actor: Actor, key: str, quote_id: str, *, version: int, edits: int, body: QuoteBody) -> Answer:
        """Raises Refused (422) for a product that is not known, or a price book of another currency."""
        return await self._update(
            actor, key, quote_id, QuoteWorkflow.edit, EditQuote,
            version=version, edits=edits, body=await self.checked(actor, quote_id, body),
        )  # fmt: skip

    async def submit(
        self, actor: Actor, key: str, quote_id: str, *, version: int, edits: int, note: str | None = None
    ) -> Answer:
        return await self._update(
            actor, key, quote_id, QuoteWorkflow.submit, SubmitQuote, version=version, edits=edits, note=note
        )

    async def revise(
        self, actor: Actor, key: str, quote_id: str, *, version: int, body: QuoteBody | None = None
    ) -> Answer:
        """The next version, as a draft; the one before can no longer be accepted."""
        return await self._update(actor, key, quote_id, QuoteWorkflow.revise, ReviseQuote, version=version, body=body)

    async def take_back(self, actor: Actor, key: str, quote_id: str, *, version: int) -> Answer:
        return await self._update(actor, key, quote_id, QuoteWorkflow.take_back, TakeBackQuote, version=version)

    async def take_prices(self, actor: Actor, key: str, quote_id: str, *, version: int) -> Answer:
        """What its price book says now: in the draft, or in the next version of a quote that is out."""
        async with self.desk.db.session(actor.id) as session:
            quote: Quote = await visible(session, actor, "quote", quote_id)
            body = await repriced(session, QuoteBody.model_validate(quote.body))
        if quote.status == "draft":
            return await self.edit(actor, key, quote_id, version=version, edits=quote.edits, body=body)
        return await self.revise(actor, key, quote_id, version=version, body=body)

    async def checked(self, actor: Actor, quote_id: str, body: QuoteBody) -> QuoteBody:
        """Costs and list prices are ours to say, never a form's."""
        async with self.desk.db.session(actor.id) as session:
            quote: Quote = await visible(session, actor, "quote", quote_id)
            ids = {line.product_id for line in body.lines if line.product_id}
            products = {p.id: p for p in await session.scalars(select(Product).where(Product.id.in_(ids)))}
            if missing := ids - products.keys():
                raise invalid("product_unknown", "lines", product=sorted(missing)[0])
            before = {line.product_id: line for line in QuoteBody.model_validate(quote.body).lines if line.product_id}
            book = await session.get(PriceBook, body.price_book_id) if body.price_book_id else None
            if body.price_book_id and (book is None or book.currency != quote.currency):
                raise invalid("price_book_unknown", "price_book_id")
            asked = [(line.product_id, Decimal(line.quantity)) for line in body.lines if line.product_id]
            prices = await prices_of(session, book.id, asked) if book else {}
        lines = []
        for line in body.lines:
            if line.product_id is None:
                lines.append(line.model_copy(update={"list_price": None}))
                continue
            known = before.get(line.product_id)
            same = known is not None and known.quantity == line.quantity
            now = prices.get((line.product_id, Decimal(line.quantity)))  # a line at this price has taken it
            listed = known.list_price if known and same and line.unit_price != now else now
            update = {"list_price": listed, "cost": products[line.product_id].cost}
            lines.append(line.model_copy(update=update))
        return body.model_copy(update={"lines": lines})

    # --- the PDF, and sending -------------------------------------------------------------------------------------

    async def preview(self, actor: Actor, quote_id: str, language: str) -> bytes:
        """The PDF as it would be sent now."""
        async with self.desk.db.session(actor.id) as session:
            quote: Quote = await visible(session, actor, "quote", quote_id)
            case = await _paper_case(session, quote)
        return await self._draw(quote, case, QuoteBody.model_validate(quote.body), language, None)

    async def send(
        self, actor: Actor, key: str, quote_id: str, *, version: int, contact_id: str | None, language: str,
        by_mail: bool = True,
    ) -> Answer:  # fmt: skip
        """Draws the PDF in both languages, keeps it, and writes to the contact. Not `by_mail`: the link is handed over
        by other means."""
        if language not in LANGUAGES:
            raise invalid("language_unknown", "language")
        async with self.desk.db.session(actor.id) as session:
            quote: Quote = await visible(session, actor, "quote", quote_id)
            case = await _paper_case(session, quote)
            contact = await session.get(Contact, contact_id) if contact_id else None
        if by_mail and (contact is None or contact.customer_id != quote.customer_id or not contact.email):
            raise invalid("contact_without_mail", "contact_id")
        if quote.status != "approved" or quote.version != version:
            raise Refused("quote_not_approved", 409, stage=quote.status)
        body = QuoteBody.model_validate(quote.body)
        drawn = await asyncio.gather(*(self._draw(quote, case, body, lang, contact) for lang in LANGUAGES))
        kept = {
            lang: await self.documents.keep(actor, f"{quote.number}-{version}-{lang[:2]}.pdf", pdf)
            for lang, pdf in zip(LANGUAGES, drawn, strict=True)
        }
        letter = {
            "number": quote.number, "title": quote.title, "amount": quote.amount, "currency": quote.currency,
            "valid_until": case.until.astimezone(self.zone).date().isoformat(),
            "link": self.links.address(quote_id, version) + f"?lang={language}",
            "owner": case.owner.called(language),
            "language": language,
        }  # fmt: skip
        return await self._update(
            actor, key, quote_id, QuoteWorkflow.send, SendQuote,
            version=version, documents=kept, language=language, letter=letter if by_mail else None,
            contact_id=contact_id if by_mail else None,
        )  # fmt: skip

    async def _draw(
        self, quote: Quote, case: PaperCase, body: QuoteBody, language: str, contact: Contact | None
    ) -> bytes:
        settings = self.desk.settings
        paper = Paper(Formats(language, settings.zone, settings.currency), quote.currency)
        data = paper.quote(
            company=settings.company, number=quote.number, version=quote.version, title=quote.title,
            customer=case.customer.name, contact=contact.name if contact else "",
            owner=case.owner.called(language), body=body, totals=reckon(body), on=datetime.now(UTC), until=case.until,
        )  # fmt: skip
        return await draw(case.policy.page, data)

    async def _update(
        self, actor: Actor, key: str, quote_id: str, update: Any, message: type[Command], **fields: Any
    ) -> Answer:
        return await self.desk.update(actor, key, "quote", quote_id, update, message, **fields)


async def _paper_case(session: AsyncSession, quote: Quote) -> PaperCase:
    process = await session.get(Process, quote_workflow_id(quote.id))
    pinned = process.policies.get(QuotePolicy.kind) if process else None
    found = await find_version(session, QuotePolicy.kind, pinned)
    return PaperCase(
        customer=await session.get_one(Customer, quote.customer_id),
        owner=await session.get_one(Person, quote.owner_id),
        policy=load(QuotePolicy, found.document),
    )


async def repriced(session: AsyncSession, body: QuoteBody) -> QuoteBody:
    """The same at what the price book says now; a line without a price there keeps its own."""
    if body.price_book_id is None:
        return body
    asked = [(line.product_id, Decimal(line.quantity)) for line in body.lines if line.product_id]
    prices = await prices_of(session, body.price_book_id, asked)
    lines = []
    for line in body.lines:
        price = prices.get((line.product_id, Decimal(line.quantity))) if line.product_id else None
        lines.append(line if price is None else line.model_copy(update={"unit_price": price, "list_price": price}))
    return body.model_copy(update={"lines": lines})


async def moved_prices(session: AsyncSession, body: QuoteBody) -> dict[int, int]:
    """The lines (by place) whose list price the price book has changed since they took it, with the price now."""
    new = await repriced(session, body)
    return {
        no: line.list_price
        for no, (line, was) in enumerate(zip(new.lines, body.lines, strict=True))
        if line.list_price is not None and was.list_price is not None and line.list_price != was.list_price
    }


async def new_line(session: AsyncSession, product_id: str, book_id: str | None) -> QuoteLine:
    """One unit of a product at the price book's price. Raises Refused `product_unknown`."""
    product = await session.get(Product, product_id)
    if product is None or not product.active:
        raise invalid("product_unknown", "lines", product=product_id)
    prices = await prices_of(session, book_id, [(product.id, Decimal(1))]) if book_id else {}
    return product_line(product, "1", prices.get((product.id, Decimal(1))))
