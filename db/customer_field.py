"""Beside customers' own fields: which values are taken, how far numbers were counted, and which files they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.customer import Customer
from db.engine import take_time
from db.policy import current_policy
from domain.access import Actor
from domain.customer_field import BUILT_IN, CustomerFieldPolicy, Field, Readable, fields, for_reader
from domain.field_value import decimal_text
from domain.policy import load
from domain.refusal import invalid
from domain.serial import period, serial

FOLLOW_UP = "@follow_up"
"""In `CustomerFile.field`, of a file that was hung on a follow-up."""


LONGEST = 20
"""Seconds that customers' values may take to be looked through for repeats."""


class CustomerUnique(Base):
    """A value of a field of which no two customers may have the same."""

    __tablename__ = "customer_unique"

    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)  # lower case
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))

    __table_args__ = (Index("ix_customer_unique_customer", "customer_id"),)


class CustomerSerial(Base):
    """The last number given out of a field that counts, within a year or month."""

    __tablename__ = "customer_serial"

    field: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class CustomerFile(Base):
    """A file that a customer's field or follow-up refers to: who may see the one may see the other."""

    __tablename__ = "customer_file"

    hash: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_customer_file_customer", "customer_id"),)


class CustomerChange(Base):
    """What somebody changed of a customer's fields; of the values, a reader sees what they may see of the fields."""

    __tablename__ = "customer_change"

    id: Mapped[Id] = mapped_column(default=new_id)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    by: Mapped[Ref]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_customer_change_customer", "customer_id", "at"),)


def values_of(customer: Customer) -> dict[str, Any]:
    """Everything that is known of a customer, by the key of its field; nothing is left out."""
    built_in = {field.key: getattr(customer, field.key) for field in BUILT_IN}
    known = {**customer.custom, **built_in}
    return {key: value for key, value in known.items() if value not in (None, "", [])}


async def field_policy(session: AsyncSession) -> CustomerFieldPolicy:
    """The one in force."""
    return load(CustomerFieldPolicy, (await current_policy(session, CustomerFieldPolicy.kind))[1])


async def readable_by(session: AsyncSession, actor: Actor) -> Readable:
    """What somebody may see of customers."""
    return for_reader(actor, fields(await field_policy(session)))


async def claim_unique(
    session: AsyncSession, customer_id: str, known: Iterable[Field], values: Mapping[str, Any]
) -> None:
    """Takes the values of unique fields for this customer and gives back those it had.

    Raises Refused (422) `field_taken` naming the field whose value another customer has. Two who take the same value
    at once wait for each other here; the second is refused.
    """
    unique = {field.key: field for field in known if field.unique}
    if not unique:
        return
    wanted = {key: value.lower() for key in unique if (value := text_of(values.get(key)))}
    mine = select(CustomerUnique).where(CustomerUnique.customer_id == customer_id, CustomerUnique.field.in_(unique))
    for row in await session.scalars(mine):
        if wanted.get(row.field) != row.value:
            await session.delete(row)
    await session.flush()
    for key, value in sorted(wanted.items()):
        await _claim(session, customer_id, unique[key], value)


async def _claim(session: AsyncSession, customer_id: str, field: Field, value: str) -> None:
    row = insert(CustomerUnique).values(field=field.key, value=value, customer_id=customer_id)
    await session.execute(row.on_conflict_do_nothing())
    taken = select(CustomerUnique.customer_id).where(CustomerUnique.field == field.key, CustomerUnique.value == value)
    holder = await session.scalar(taken)
    if holder == customer_id and field.builtin:
        # An import writes columns in bulk and claims nothing: the column's own index says whether one has it.
        column = getattr(Customer, field.key)
        others = select(Customer.id).where(column.in_({value, value.upper()}), Customer.id != customer_id)
        holder = await session.scalar(others.where(Customer.merged_into.is_(None)).limit(1)) or customer_id
    if holder != customer_id:
        raise invalid("field_taken", field.key, value=value)


def text_of(value: Any) -> str:
    """A value as it is compared."""
    return decimal_text(value) if isinstance(value, int | float) else str(value or "")


async def fill_unique(session: AsyncSession, field: Field) -> tuple[int, str]:
    """Takes the values that customers have already, when a field of the company's own becomes unique.

    How many customers repeat another's value, and one such value: then the field cannot be unique yet. Whoever writes
    a customer just now is waited for; who comes later, and reads the policy then, waits until it is published.
    """
    await take_time(session, LONGEST)
    await session.execute(text("lock table customer in exclusive mode"))
    repeated = text(
        "select lower(custom ->> :key), count(*) from customer "
        "where custom ->> :key is not null and merged_into is null group by 1 having count(*) > 1 order by 2 desc"
    )
    found = (await session.execute(repeated, {"key": field.key})).all()
    if found:
        return sum(count - 1 for _, count in found), found[0][0]
    await session.execute(
        text(
            "insert into customer_unique (field, value, customer_id) "
            "select :key, lower(custom ->> :key), id from customer "
            "where custom ->> :key is not null and merged_into is null on conflict do nothing"
        ),
        {"key": field.key},
    )
    return 0, ""


async def next_serials(session: AsyncSession, field: Field, many: int, on: date) -> list[str]:
    """The next numbers of a field that counts; whoever else counts waits until the transaction ends."""
    within = period(field.pattern, on)
    row = insert(CustomerSerial).values(field=field.key, period=within, last=many)
    counted = row.on_conflict_do_update(
        index_elements=["field", "period"], set_={"last": CustomerSerial.last + many}
    ).returning(CustomerSerial.last)
    last = (await session.scalars(counted)).one()
    return [serial(field.pattern, no, on) for no in range(last - many + 1, last + 1)]


async def keep_files(session: AsyncSession, customer_id: str, field: str, hashes: Sequence[str]) -> None:
    """What a field holds now; files of a follow-up only ever come on top."""
    if field != FOLLOW_UP:
        gone = delete(CustomerFile).where(CustomerFile.customer_id == customer_id, CustomerFile.field == field)
        await session.execute(gone.where(CustomerFile.hash.not_in(hashes)))
    if hashes:
        rows = [{"hash": one, "customer_id": customer_id, "field": field} for one in hashes]
        await session.execute(insert(CustomerFile).values(rows).on_conflict_do_nothing())
