"""Customers, their contacts, and who follows them in which region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Identity, Index, Text, TextClause, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.lead import Lead
from db.matchable import Matchable


def known(column: str) -> TextClause:
    """For an index that leaves out the many that have no value: what an import fills costs it less."""
    return text(f"{column} is not null")


class Customer(Matchable, Base):
    __tablename__ = "customer"

    id: Mapped[Id] = mapped_column(default=new_id)
    number: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    name: Mapped[str]
    origin: Mapped[str | None]  # business key of what made it: lead/<id>
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    invoice_title: Mapped[str | None]  # 发票抬头: who the invoice is made out to
    tax_number: Mapped[str | None]  # unified social credit code
    billing_address: Mapped[str | None]
    billing_phone: Mapped[str | None]
    bank_name: Mapped[str | None]
    bank_account: Mapped[str | None]
    language: Mapped[str | None]  # in which they are written: zh_CN, en
    service_tier: Mapped[str] = mapped_column(server_default="standard")  # standard, vip: whose tickets wait where
    kind: Mapped[str] = mapped_column(server_default="company")  # which layout of fields it has
    phone: Mapped[str | None]  # E.164
    email: Mapped[str | None]  # lower case
    domain: Mapped[str | None]  # of its website or mail: acme.com.cn
    industry: Mapped[str | None]
    province: Mapped[str | None]
    city: Mapped[str | None]
    address: Mapped[str | None]
    source: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    import_id: Mapped[Ref | None]  # the import that made it
    merged_into: Mapped[Ref | None]  # it lives on in another
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    updated_at: Mapped[Instant] = mapped_column(server_default=func.now(), onupdate=func.now())

    __table_args__ = (
        # Those that an import made have none until they are compared: each would cost it a tenth of its time.
        Index("ix_customer_near_keys", "near_keys", postgresql_using="gin", postgresql_where=text("near_keys <> '{}'")),
        # To put two million numbers that begin alike in order takes twice as long as what they hash to.
        Index("ix_customer_phone", text("hashtextextended(phone, 0)"), postgresql_where=known("phone")),
        Index("ix_customer_email", "email", postgresql_where=known("email")),
        Index("ix_customer_domain", "domain", postgresql_where=known("domain")),
        Index("ix_customer_tax_number", "tax_number", postgresql_where=known("tax_number")),
        Index("uq_customer_origin", "origin", unique=True, postgresql_where=known("origin")),
        Index("ix_customer_merged_into", "merged_into", postgresql_where=known("merged_into")),
    )


class Contact(Base):
    """Somebody at a customer. One who came with a merge and was there already is kept and not `listed`: see
    `db.contact_double`."""

    __tablename__ = "contact"

    id: Mapped[Id] = mapped_column(default=new_id)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    title: Mapped[str | None]
    role: Mapped[str | None]  # decision_maker, user, finance ...: domain.follow_up.ROLES
    origin: Mapped[str | None]
    same_as: Mapped[Ref | None]  # the contact of this customer who is listed for both
    given: Mapped[dict[str, Any] | None]  # what that one lacked, and has from this one

    __table_args__ = (
        Index("ix_contact_phone", "phone", postgresql_where=known("phone")),
        Index("ix_contact_email", "email", postgresql_where=known("email")),
        Index("ix_contact_same_as", "same_as", postgresql_where=known("same_as")),
        Index("uq_contact_origin", "origin", unique=True, postgresql_where=known("origin")),
    )

    @hybrid_property
    def listed(self) -> bool:
        return self.same_as is None

    @listed.inplace.expression
    @classmethod
    def _listed(cls) -> ColumnElement[bool]:
        return cls.same_as.is_(None)


class Assignment(Base):
    """Whose a customer is in a region, and until when: several regions may follow one customer.

    Without an owner it lies in that region's `pool`. Every write of `owner_id` goes through `db/ownership.py`, which
    keeps the history and wakes the owners' books.
    """

    __tablename__ = "assignment"

    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    region_id: Mapped[Ref] = mapped_column(primary_key=True)
    owner_id: Mapped[Ref | None]
    pool: Mapped[str | None]  # key of the pool it lies in, or goes back to: null: the region's first
    tier: Mapped[str] = mapped_column(server_default="C")  # A to E: how often it must be tended
    since: Mapped[Instant] = mapped_column(server_default=func.now())  # of this owner, or in the pool
    how: Mapped[str] = mapped_column(server_default="assigned")  # how it came there: domain.customer_pool.How
    reason: Mapped[str | None]  # why it came back: domain.customer_pool.Back
    note: Mapped[str | None]  # the same in somebody's words
    followed_at: Mapped[datetime | None]  # the last follow-up of this owner
    dealt_at: Mapped[datetime | None]  # the last deal won or opened for this owner
    due_at: Mapped[datetime | None]  # when it goes back to the pool; null: never, or not reckoned yet
    due_why: Mapped[str | None]  # why it would: domain.customer_pool.Back
    protected: Mapped[str | None]  # domain.customer_pool.Guard: what keeps it as long as it lasts
    reckoned: Mapped[int | None] = mapped_column(BigInteger)  # stamp of the rules; null: the book is to reckon it
    warn_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]  # a manager protects it until then
    extended_until: Mapped[datetime | None]  # as was asked for and granted
    last_owner_id: Mapped[Ref | None]
    left_at: Mapped[datetime | None]  # when the last owner lost it
    unwritten: Mapped[bool | None]  # how it came here, with an import, is not in the history: db.ownership_history

    __table_args__ = (
        # One's customers in their order, with what is still to be reckoned; the next has a book in the order in which
        # it is due. What an import gives to somebody is not due yet, and is written to the first alone.
        Index(
            "ix_assignment_owner",
            "owner_id",
            "customer_id",
            "reckoned",
            "followed_at",  # so that those never followed up are told from the others in the index itself
            postgresql_include=["region_id"],  # a search asks which of one's own lie elsewhere
            postgresql_where=text("owner_id is not null"),
        ),
        Index("ix_assignment_book", "owner_id", "due_at", "customer_id", postgresql_where=text("due_at is not null")),
        Index("ix_assignment_due", "due_at", "customer_id", postgresql_where=text("due_at is not null")),
        Index(
            "ix_assignment_followed",
            "followed_at",
            "customer_id",
            "region_id",
            postgresql_where=text("followed_at is not null"),
        ),
        Index(
            "ix_assignment_tended",
            "owner_id",
            "followed_at",
            "customer_id",
            "region_id",
            postgresql_where=text("followed_at is not null"),
        ),
        Index(
            "ix_assignment_region",
            "region_id",
            "followed_at",
            "customer_id",
            postgresql_where=text("followed_at is not null"),  # what an import brings is not written to it
        ),
        Index("ix_assignment_tier", "tier", "customer_id", "region_id", postgresql_where=text("tier <> 'C'")),
        Index("ix_assignment_lying", "region_id", "customer_id", postgresql_where=text("owner_id is null")),
        Index("ix_assignment_pool", "region_id", "since", "customer_id", postgresql_where=text("owner_id is null")),
        Index(
            "ix_assignment_warn",
            "owner_id",
            "warn_at",
            postgresql_where=text("warned_at is null and warn_at is not null"),
        ),
    )


_LIVES_ON = text("select coalesce(merged_into, id) from customer where id = cast(:id as uuid)")


async def contacts_of(session: AsyncSession, customer_id: str) -> Sequence[Contact]:
    """Each person once, the longest known first."""
    query = select(Contact).where(Contact.customer_id == customer_id, Contact.listed).order_by(Contact.id)
    return (await session.scalars(query)).all()


async def contact_names(session: AsyncSession, customer_id: str) -> dict[str, str]:
    """By id, of those who are not listed, too: what happened may name them."""
    query = select(Contact.id, Contact.name).where(Contact.customer_id == customer_id)
    return {row.id: row.name for row in await session.execute(query)}


async def convert_lead(
    session: AsyncSession,
    lead_id: str,
    region_id: str,
    customer_id: str | None = None,
    contact_id: str | None = None,
) -> str:
    """Customer, contact and place in the region of a qualified lead, as far as they are not there yet; the customer's
    id. Whose it is there is for `db.ownership` to say.

    `origin` makes each one, however often it is asked. A contact of the customer with the same number or address is
    the same person.
    """
    lead = await session.get_one(Lead, lead_id)
    origin = f"lead/{lead_id}"
    if customer_id is None:
        made = insert(Customer).values(name=lead.company, origin=origin)
        await session.execute(made.on_conflict_do_nothing(index_elements=["origin"], index_where=known("origin")))
        customer_id = (await session.scalars(select(Customer.id).where(Customer.origin == origin))).one()
    customer_id = str(await session.scalar(_LIVES_ON, {"id": customer_id}))
    if contact_id is None and await known_contact(session, customer_id, lead) is None:
        contact = insert(Contact).values(
            customer_id=customer_id, name=lead.name, phone=lead.phone, email=lead.email, origin=origin
        )
        await session.execute(contact.on_conflict_do_nothing(index_elements=["origin"], index_where=known("origin")))
    await session.execute(
        insert(Assignment).values(customer_id=customer_id, region_id=region_id).on_conflict_do_nothing()
    )
    return customer_id


async def known_contact(session: AsyncSession, customer_id: str, lead: Lead) -> Contact | None:
    """The contact of a customer who has the lead's number or address."""
    same = [Contact.phone == lead.phone] if lead.phone else []
    if lead.email:
        same.append(func.lower(Contact.email) == lead.email.lower())
    if not same:
        return None
    query = select(Contact).where(Contact.customer_id == customer_id, or_(*same)).order_by(Contact.id).limit(1)
    return await session.scalar(query)
