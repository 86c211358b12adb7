"""Who signed which version of a contract, by which certificate, and the evidence of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref


class Signing(Base):
    """One round of signatures on one version. Written by SigningWorkflow only."""

    __tablename__ = "signing"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    contract_id: Mapped[Ref] = mapped_column(index=True)
    deal_id: Mapped[Ref]
    line_id: Mapped[Ref]
    customer_id: Mapped[Ref]
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    title: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    version_no: Mapped[int]
    source: Mapped[str]  # hash of what was approved
    document: Mapped[str | None]  # hash of it with every signature so far
    status: Mapped[str]  # signing, with_customer, signed, declined, handed_back, expired, failed, withdrawn
    sheet: Mapped[str | None]  # hash of the record of all that happened
    invitation_id: Mapped[Ref | None]  # of the only link that is alive
    remarks: Mapped[str | None]
    ended_by: Mapped[str | None]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(BigInteger)


class Signature(Base):
    """One place to be signed, in order. `person_id` is who was asked, `by` who signed; `behalf_of` the absent person
    in whose place they did."""

    __tablename__ = "signature"

    id: Mapped[Id]
    signing_id: Mapped[Ref]
    no: Mapped[int]  # from 1
    kind: Mapped[str]  # ours, customer
    person_id: Mapped[Ref | None]
    contact_id: Mapped[Ref | None]
    role: Mapped[str]
    status: Mapped[str]  # waiting, asked, sealing, signed, skipped
    by: Mapped[str | None]
    behalf_of: Mapped[Ref | None]
    name: Mapped[str | None]  # as it stands in the document
    method: Mapped[str | None]  # password, second_factor; of the customer: drawn, typed
    serial: Mapped[str | None]  # of the certificate, in hexadecimal
    document: Mapped[str | None]  # hash of the document with this signature
    at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("signing_id", "no"),)

    @property
    def people(self) -> set[str]:
        """Ids of ours who are named with it."""
        return {one for one in (self.by or self.person_id, self.behalf_of) if one and self.kind == "ours"}


class SigningEvent(Base):
    """The evidence: what happened to the document, in whose hands. Only ever added to."""

    __tablename__ = "signing_event"

    id: Mapped[Id]
    signing_id: Mapped[Ref]
    at: Mapped[Instant]
    kind: Mapped[str]
    who: Mapped[str | None]  # a person's or contact's id, or system
    origin: Mapped[str | None]  # keyed hash of the address it came from
    document: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_signing_event_signing", "signing_id", "at"),)


class Seal(Base):
    """What sealing one signature gave: made once, however often it is asked for."""

    __tablename__ = "seal"

    signature_id: Mapped[Id]
    signing_id: Mapped[Ref]
    source: Mapped[str]  # hash of the document before
    document: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    serial: Mapped[str]
    at: Mapped[Instant]


class SigningCertificate(Base):
    """The newest certificate of a signer: `holder` is person:<id> or contact:<id>; `key` is sealed."""

    __tablename__ = "signing_certificate"

    holder: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]  # as the certificate says it
    issuer: Mapped[str]  # fingerprint of the authority's certificate
    certificate: Mapped[str]  # PEM
    key: Mapped[str]
    serial: Mapped[str]  # in hexadecimal
    expires_at: Mapped[Instant]


async def signings_of(session: AsyncSession, contract_id: str) -> Sequence[Signing]:
    """The newest first."""
    found = await session.scalars(
        select(Signing).where(Signing.contract_id == contract_id).order_by(Signing.opened_at.desc())
    )
    return found.all()


async def signatures_of(session: AsyncSession, signing_ids: Sequence[str]) -> Sequence[Signature]:
    found = await session.scalars(select(Signature).where(Signature.signing_id.in_(signing_ids)).order_by(Signature.no))
    return found.all()
