"""Quotes: what a new one begins with, and their row with every version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from temporalio import activity

from activities.approval import Earlier
from activities.process import ProcessActivities
from db.customer import Customer
from db.customer_signpost import living
from db.policy import current_policy
from db.product import Product, books_for, prices_of
from db.projection import write_record
from db.quote import Quote
from domain.policy import load
from domain.process import ProcessState
from domain.quote import QuoteBody, QuoteLine, Totals, reckon
from domain.quote_template import QuotePolicy


class QuoteVersion(BaseModel):
    """What was submitted. `document` is the PDF that was sent, `documents` it in each language, `outcome` what
    became of it."""

    no: int
    amount: int
    body: QuoteBody
    totals: Totals
    by: str
    at: datetime
    document: str | None = None
    documents: dict[str, str] = {}
    note: str | None = None
    outcome: str | None = None
    conditions: list[str] = []
    valid_until: datetime | None = None


class QuoteTerms(BaseModel):
    """The rules of the policy version it runs under."""

    validity: timedelta
    remind: timedelta
    free_discount: int
    free_margin: int
    free_amount: int


class QuoteState(ProcessState):
    """`stage` is the quote's status: draft, in_approval, approved, sent, accepted, refused, lapsed, withdrawn.

    `body` is the newest version's; while it is a draft it changes, and `edits` counts how often. `terms` are the
    policy's, pinned when it began. `told` is what its deal knows, `taken_back` says that it is to end.
    """

    stage: str = "draft"
    deal_id: str
    version: int = 1
    edits: int = 0
    body: QuoteBody = QuoteBody()
    versions: list[QuoteVersion] = []
    approval_id: str | None = None
    earlier: Earlier | None = None
    valid_until: datetime | None = None
    remind_at: datetime | None = None
    sent_at: datetime | None = None
    seen_at: datetime | None = None
    answer_id: str | None = None
    letter: dict[str, Any] | None = None
    told: str = ""
    taken_back: str | None = None
    terms: QuoteTerms | None = None

    @property
    def totals(self) -> Totals:
        return reckon(self.body)


class QuoteBeginning(BaseModel):
    template: str | None
    customer_id: str
    region_id: str
    currency: str
    title: str
    amount: int


class Begun(BaseModel):
    policy_version: int
    terms: QuoteTerms
    body: QuoteBody


class QuoteActivities(ProcessActivities):
    @activity.defn
    async def begin_quote(self, asked: QuoteBeginning) -> Begun:
        """Terms and lines of the policy of this moment, at today's prices; without lines, the deal's amount as one."""
        today = datetime.now(UTC).astimezone(self.zone).date()
        async with self.db.session() as session:
            version, document = await current_policy(session, QuotePolicy.kind)
            policy = load(QuotePolicy, document)
            template = policy.template(asked.template)
            customer_id = await living(session, asked.customer_id)
            tier = await session.scalar(select(Customer.service_tier).where(Customer.id == customer_id))
            books = await books_for(session, asked.currency, asked.region_id, tier, today)
            codes = [line.product for line in template.lines]
            products = {p.code: p for p in await session.scalars(select(Product).where(Product.code.in_(codes)))}
            found = [(products[line.product], line.quantity) for line in template.lines if line.product in products]
            prices = await prices_of(session, books[0].id, ((p.id, Decimal(q)) for p, q in found)) if books else {}
        lines = [
            product_line(product, quantity, prices.get((product.id, Decimal(quantity)))) for product, quantity in found
        ]
        if not lines and asked.amount:
            lines = [QuoteLine(name=asked.title or "-", quantity="1", unit_price=asked.amount)]
        body = QuoteBody(
            lines=lines, tax_included=books[0].tax_included if books else True,
            price_book_id=books[0].id if books else None, terms=template.terms, terms_en=template.terms_en,
        )  # fmt: skip
        terms = QuoteTerms(
            validity=policy.validity, remind=policy.remind, free_discount=policy.free.discount,
            free_margin=policy.free.margin, free_amount=policy.free.amount,
        )  # fmt: skip
        return Begun(policy_version=version, terms=terms, body=body)

    @activity.defn
    async def project_quote(self, state: QuoteState) -> None:
        async with self.projecting("quote", state) as session:
            if session is None:
                return
            fields = {
                "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount", "currency", "version",
                "edits", "approval_id", "valid_until", "sent_at", "seen_at", "answer_id", "opened_at", "closed_at",
                "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id,
                "status": state.stage,
                "body": state.body.model_dump(mode="json"),
                "totals": state.totals.model_dump(mode="json"),
                "versions": [version.model_dump(mode="json") for version in state.versions],
                **state.model_dump(include=fields),
            }
            await write_record(session, Quote, row, prefix="Q", year=self.year(state))


def product_line(product: Product, quantity: str, price: int | None) -> QuoteLine:
    return QuoteLine(
        product_id=product.id, name=product.name, name_en=product.name_en, unit=product.unit, quantity=quantity,
        unit_price=price or 0, list_price=price, tax=product.tax, cost=product.cost,
    )  # fmt: skip
