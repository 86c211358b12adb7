"""Money is asked for before it is due, missed when it is late, and counted to the fen."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from pypdf import PdfReader

from commands.document import Documents, DocumentStore
from commands.invoice import InvoiceCommands
from db.collection import Collection, Instalment
from db.letter import Letter
from db.process import Notification, Task
from db.quote import Invoice
from domain.payment_plan import local_day
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office


async def won(office: Office, fen: int) -> Collection:
    deal, _ = await office.submitted(fen)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    return await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")


def today(office: Office, days: int) -> date:
    return local_day(datetime.now(UTC), office.settings.zone) + timedelta(days=days)


async def seen(office: Office, collection: Collection, kind: str) -> list[str] | None:
    line = await office.line(collection.line_id)
    return line if kind in line else None


async def test_finance_has_each_instalment_as_a_task_on_its_day_and_not_before(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    assert not await office.rows(Task, record_id=collection.id)
    plan = sorted(await office.rows(Instalment, collection_id=collection.id), key=lambda i: i.no)
    assert (plan[0].due_on, plan[1].due_on) == (today(office, 7), today(office, 37))
    await office.days_pass(7.5)
    task = await office.open_task("record_payment", record_id=collection.id)
    assert (task.holders, task.amount, task.params["no"]) == (["role:finance:*"], 15_000 * YUAN, 1)


async def test_a_late_instalment_is_reminded_before_and_goes_through_the_levels_in_order(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    await office.days_pass(6)
    line = await office.until(lambda: seen(office, collection, "collection.reminder"), "the reminder")
    assert "collection.overdue" not in line
    assert [letter.template for letter in await office.rows(Letter, line_id=collection.line_id)] == ["payment_reminder"]
    await office.days_pass(2.5)
    await office.until(lambda: office.row(Collection, id=collection.id, status="overdue"), "the overdue mark")
    owner = office.people["li.wei"]
    assert await office.rows(Notification, person_id=owner, kind="collection.overdue")
    await office.days_pass(15)
    await office.until(lambda: office.row(Collection, id=collection.id, level=3), "the third level")
    line = [kind for kind in await office.line(collection.line_id) if kind.startswith("collection.")]
    assert line == ["collection.opened", "collection.reminder", "collection.overdue", *["collection.level"] * 3]
    manager = office.people["zhao.min"]
    assert len(await office.rows(Notification, person_id=manager, kind="collection.level")) == 1


async def test_the_reminder_carries_the_invoice_that_finance_prepared_and_the_collections_number(
    office: Office,
) -> None:
    collection = await won(office, 30_000 * YUAN)
    task = await office.open_task("prepare_invoice", line_id=collection.line_id)
    documents = Documents(office.db, DocumentStore(office.settings.home / "documents"))
    invoices, finance, key = InvoiceCommands(office.desk, documents), await office.actor("he.jie"), uuid4().hex
    for _ in range(2):  # a second click
        await invoices.prepare(finance, key, task.record_id, task.id, invoice_title="蓝港食品有限公司", number=None)
    invoice = await office.until(lambda: office.row(Invoice, id=task.record_id, status="prepared"), "the invoice")
    await office.days_pass(6)
    letter = await office.until(lambda: office.row(Letter, line_id=collection.line_id), "the reminder's letter")
    assert (letter.documents, letter.params["number"]) == ([invoice.document], collection.number)
    document, path = await documents.find(await office.actor("li.wei"), letter.documents[0])
    text = PdfReader(io.BytesIO(path.read_bytes())).pages[0].extract_text()
    assert document.name == f"{invoice.number}.pdf"
    assert "蓝港食品有限公司" in text
    assert invoice.number in text


async def test_a_reminder_goes_out_without_an_invoice_where_none_is_prepared(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    await office.days_pass(6)
    letter = await office.until(lambda: office.row(Letter, line_id=collection.line_id), "the reminder's letter")
    assert (letter.documents, letter.params["number"]) == ([], collection.number)


@pytest.mark.parametrize(
    ("fen", "code"), [(0, "amount_positive"), (-1, "amount_positive"), (30_000 * YUAN + 1, "more_than_owed")]
)
async def test_a_payment_that_cannot_be_right_is_refused(office: Office, fen: int, code: str) -> None:
    collection = await won(office, 30_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.collections.record_payment(
            await office.actor("he.jie"), uuid4().hex, collection.id,
            amount=fen, received_on=date(2026, 11, 20), reference=None,
        )  # fmt: skip
    assert (refused.value.code, refused.value.field) == (code, "amount")


async def test_sales_do_not_record_payments(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.collections.record_payment(
            await office.actor("li.wei"), uuid4().hex, collection.id,
            amount=1, received_on=date(2026, 11, 20), reference=None,
        )  # fmt: skip
    assert refused.value.status == 403


async def test_the_same_bank_transfer_sent_twice_is_one_payment(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    finance, key = await office.actor("he.jie"), uuid4().hex
    for _ in range(2):
        await office.collections.record_payment(
            finance, key, collection.id, amount=15_000 * YUAN, received_on=date(2026, 11, 20), reference="R1"
        )
    paid = await office.row(Collection, id=collection.id)
    assert paid is not None
    assert paid.paid == 15_000 * YUAN
