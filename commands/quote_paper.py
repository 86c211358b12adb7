"""A quote or an invoice draft as its page shows it: every word in the reader's language, every number written out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from commands.paper import draw
from domain.quote import QuoteBody, QuoteLine, Totals, reckon
from locales import N_, translate
from locales.formats import Formats

COLUMNS = (N_("Item no."), N_("Item"), N_("Quantity"), N_("Unit price"), N_("Discount"), N_("Tax"), N_("Amount"))


class Paper:
    """For one language; amounts are in `currency`."""

    def __init__(self, formats: Formats, currency: str) -> None:
        self.formats = formats
        self.currency = currency
        self.english = formats.language == "en"

    def _(self, text: str, **words: object) -> str:
        said = translate(self.formats.language).gettext(text)
        return said % words if words else said

    def quote(
        self, *, company: str, number: str, version: int, title: str, customer: str, contact: str, owner: str,
        body: QuoteBody, totals: Totals, on: datetime, until: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        """The data of `domain.quote_page`."""
        facts = {
            N_("Number"): f"{number} / {version}",
            N_("Date"): self.formats.long_date(on),
            N_("Valid until"): self.formats.long_date(until),
            N_("Contact"): owner,
        }
        return self.page(
            N_("Quote"), facts, company=company, number=number, title=title, customer=customer, contact=contact,
            body=body, totals=totals, closing=N_("We look forward to working with you."),
        )  # fmt: skip

    def invoice(
        self, *, company: str, number: str, title: str, buyer: str, tax_number: str, owner: str, body: QuoteBody,
        on: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        """The data of `domain.quote_page`; `buyer` is who the invoice is made out to."""
        facts = {
            N_("Number"): number,
            N_("Date"): self.formats.long_date(on),
            N_("Tax number"): tax_number,
            N_("Contact"): owner,
        }
        return self.page(
            N_("Invoice details"), facts, company=company, number=number, title=title, customer=buyer, contact="",
            body=body, totals=reckon(body), closing=N_("What is invoiced. The tax invoice itself comes separately."),
        )  # fmt: skip

    def page(
        self, heading: str, facts: Mapping[str, str], *, body: QuoteBody, totals: Totals, closing: str, **given: str
    ) -> dict[str, Any]:
        return given | {
            "heading": self._(heading),
            "language": "en" if self.english else "zh",
            "words": {"to": self._(N_("To")), "terms": self._(N_("Terms")), "closing": self._(closing)},
            "facts": [{"name": self._(name), "value": value} for name, value in facts.items() if value],
            "columns": [self._(column) for column in COLUMNS],
            "lines": [
                self._line(no, line, amount)
                for no, (line, amount) in enumerate(zip(body.lines, totals.amounts, strict=True), 1)
            ],
            "sums": self._sums(body, totals),
            "terms": body.terms_en or body.terms if self.english else body.terms,
        }  # fmt: skip

    def _line(self, no: int, line: QuoteLine, amount: int) -> dict[str, str]:
        quantity = self.formats.number(Decimal(line.quantity))
        if line.discount_amount:
            discount = "-" + self._money(line.discount_amount)
        else:
            discount = self._rate(line.discount) if line.discount else ""
        return {
            "no": str(no),
            "name": line.name_en or line.name if self.english else line.name,
            "quantity": f"{quantity} {line.unit}".strip(),
            "price": self._money(line.unit_price),
            "discount": discount,
            "tax": self._rate(line.tax),
            "amount": self._money(amount),
        }

    def _sums(self, body: QuoteBody, totals: Totals) -> list[dict[str, Any]]:
        sums = []
        if totals.discount:
            sums += [(N_("Before discounts"), totals.gross), (N_("Discount"), -totals.discount)]
        sums.append((N_("Without tax"), totals.net))
        shown = [{"name": self._(name), "value": self._money(value), "strong": False} for name, value in sums]
        shown += [
            {"name": self._(N_("Tax %(rate)s"), rate=self._rate(tax.rate)), "value": self._money(tax.tax),
             "strong": False}
            for tax in totals.taxes
        ]  # fmt: skip
        return [*shown, {"name": self._(N_("Total")), "value": self._money(totals.total), "strong": True}]

    def _money(self, minor: int) -> str:
        return self.formats.money(minor, self.currency)

    def _rate(self, rate: int) -> str:
        return self.formats.percent(Decimal(rate) / 10_000)


def sample(formats: Formats, currency: str, company: str, now: datetime) -> dict[str, Any]:
    """A quote made up, to try a page on."""
    lines = [
        QuoteLine(name="三年平台许可", name_en="Platform licence, three years", unit="年", quantity="3",
                  unit_price=9_000_000, discount=500, tax=600),
        QuoteLine(name="冷链网关", name_en="Cold chain gateway", unit="台", quantity="12.5",
                  unit_price=120_000, tax=1_300),
    ]  # fmt: skip
    body = QuoteBody(lines=lines, discount=200, terms="付款方式：30 天", terms_en="Payment within 30 days")
    return Paper(formats, currency).quote(
        company=company, number="Q-2026-000001", version=1, title="冷链可视化", customer="蓝港食品", contact="周明",
        owner="李伟", body=body, totals=reckon(body), on=now, until=now,
    )  # fmt: skip


async def try_page(source: str) -> None:
    """Draws the made-up quote. Raises Refused `page_broken` with what the compiler says."""
    formats = Formats("zh_CN", "Asia/Shanghai", "CNY")
    await draw(source, sample(formats, "CNY", "Throughline", datetime.now(UTC)))
