"""A customer's statement of account: drawn as a PDF, and sent to them as a letter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from activities.letter import LetterRequest
from commands.desk import Desk
from commands.document import DocumentStore
from commands.idempotency import claim_once
from commands.paper import draw
from db.audit import record
from db.customer import Contact, Customer
from db.customer_case import find_customer
from db.customer_statement import Account, account_of
from db.document import remember_document
from db.letter import write_letter
from domain.access import Action, Actor
from domain.file_type import PDF
from domain.refusal import invalid, not_found
from locales.formats import Formats
from locales.statement import heading_text, kind_text

LAYOUT = """
#let d = json(bytes(sys.inputs.data))
#set page(paper: "a4", margin: (x: 18mm, y: 20mm), footer: context align(center, text(8pt, fill: luma(110))[
  #d.company · #counter(page).display("1 / 1", both: true)]))
#set text(font: "Noto Sans CJK SC", size: 9.5pt, lang: d.lang)
#text(9pt, fill: luma(110))[#d.company]
#v(2mm)
#text(17pt, weight: "bold")[#d.title]
#v(1mm)
#grid(columns: (auto, 1fr), column-gutter: 8mm, row-gutter: 2.5mm,
  text(fill: luma(110))[#d.words.for], [#d.customer],
  text(fill: luma(110))[#d.words.as_of], [#d.as_of])
#for account in d.accounts [
  #v(6mm)
  #text(11pt, weight: "bold")[#account.currency]
  #v(1mm)
  #table(columns: (auto, 1fr, auto, auto, auto, auto), stroke: none, inset: (x: 1.5mm, y: 1.6mm),
    align: (left, left, left, right, right, right),
    table.header(..d.columns.map(c => text(8pt, fill: luma(110))[#c])),
    table.hline(stroke: 0.5pt + luma(180)),
    [], [#d.words.opening], [], [], [], [#account.opening],
    ..account.rows.flatten().map(cell => [#cell]),
    table.hline(stroke: 0.5pt + luma(180)),
    [], strong[#d.words.closing], [], [], [], strong[#account.closing])
]
"""


@dataclass(frozen=True)
class CustomerAccount:
    """`accounts` by currency, from `first` (None: the beginning) until `last`."""

    customer: Customer
    accounts: Sequence[Account]
    first: date | None
    last: date


class CustomerStatements:
    def __init__(self, desk: Desk, store: DocumentStore) -> None:
        self.desk = desk
        self.db = desk.db
        self.store = store

    async def read(self, actor: Actor, customer_id: str, first: date | None, last: date | None) -> CustomerAccount:
        """Of the collections this person may see. Raises Refused: 403, 404, 422 dates_order."""
        actor.require(Action.COLLECTION_READ)
        until = last or datetime.now(ZoneInfo(self.desk.settings.zone)).date()
        if first and first > until:
            raise invalid("dates_order", "last")
        async with self.db.session(actor.id) as session:
            customer = await find_customer(session, actor, customer_id)
            accounts = await account_of(session, actor, customer_id, first=first, last=until)
        return CustomerAccount(customer, accounts, first, until)

    async def pdf(self, statement: CustomerAccount, language: str) -> bytes:
        """Raises Refused as `draw` does."""
        return await draw(LAYOUT, self._data(statement, language))

    async def send(
        self, actor: Actor, key: str, customer_id: str, *, first: date | None, last: date | None,
        contact_id: str | None, language: str,
    ) -> str:  # fmt: skip
        """The letter's id; the PDF goes with it. Only who works collections sends one. Raises Refused."""
        actor.require(Action.COLLECTION_WORK)
        statement = await self.read(actor, customer_id, first, last)
        if not statement.accounts:
            raise invalid("statement_empty", "customer")
        content = await self.pdf(statement, language)

        async def whole() -> AsyncIterator[bytes]:
            yield content

        digest, size = await self.store.put(whole(), lambda _: None)
        name = f"{heading_text('title', language)} {statement.customer.name} {statement.last.isoformat()}.pdf"
        asked = {"contact": contact_id, "language": language, "first": first, "last": statement.last}
        async with self.db.session(actor.id) as session:
            if contact_id:
                contact = await session.get(Contact, contact_id)
                if contact is None or contact.customer_id != customer_id:
                    raise not_found("contact")
            claimed = await claim_once(session, actor, key, "SendStatement", f"customer/{customer_id}", asked)
            await remember_document(session, hash=digest, name=name, media_type=PDF, size=size, added_by=actor.id)
            letter = LetterRequest(
                key=f"customer/{customer_id}/statement/{claimed.id}", customer_id=customer_id, contact_id=contact_id,
                template="statement", language=language, params=_owed(statement),
            )  # fmt: skip
            row = letter.model_dump(exclude={"to", "attachments"}) | {"documents": [digest]}
            letter_id = await write_letter(session, row)
            await record(session, actor.id, "SendStatement", f"letter/{letter_id}")
        return letter_id

    def _data(self, statement: CustomerAccount, language: str) -> dict[str, Any]:
        settings = self.desk.settings
        formats = Formats(language, settings.zone, settings.currency)
        columns = ("day", "what", "number", "charged", "settled", "balance")
        return {
            "lang": "zh" if language != "en" else "en",
            "company": settings.company,
            "title": heading_text("title", language),
            "customer": statement.customer.name,
            "as_of": statement.last.isoformat(),
            "columns": [heading_text(key, language) for key in columns],
            "words": {key: heading_text(key, language) for key in ("for", "as_of", "opening", "closing")},
            "accounts": [
                {
                    "currency": account.currency,
                    "opening": formats.money(account.opening, account.currency),
                    "closing": formats.money(account.closing, account.currency),
                    "rows": [
                        [
                            posting.on.isoformat(),
                            f"{kind_text(posting.kind, language)} · {posting.title}",
                            posting.number,
                            formats.money(posting.amount, account.currency) if posting.amount > 0 else "",
                            formats.money(-posting.amount, account.currency) if posting.amount < 0 else "",
                            formats.money(posting.balance, account.currency),
                        ]
                        for posting in account.postings
                    ],
                }
                for account in statement.accounts
            ],
        }


def _owed(statement: CustomerAccount) -> dict[str, Any]:
    """What the letter says in one figure: only where there is one currency."""
    said: dict[str, Any] = {"as_of": statement.last.isoformat()}
    if len(statement.accounts) == 1:
        [account] = statement.accounts
        said |= {"outstanding": account.closing, "currency": account.currency}
    return said
