"""One signature sealed into a contract's document: once, however often it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.process import ProcessActivities
from activities.signing import Signer
from db.contract import Contract
from db.customer import Customer
from db.document import remember_document
from db.engine import Database
from db.person import Person, PersonRole
from db.record import Document
from db.signing import Seal, SigningCertificate
from db.signing_invitation import SigningAnswer
from domain.access import Role, person_key
from domain.file_type import PDF
from domain.refusal import Refused
from locales import N_, translate
from locales.labels import label

BEAT = timedelta(seconds=5)
TRIES = 3
"""A limit that was hit may have been a busy machine's doing; after so many times it is the document's."""
TITLES = (
    Role.CFO, Role.SALES_DIRECTOR, Role.REGIONAL_MANAGER, Role.LEGAL, Role.FINANCE, Role.SUPPORT_LEAD,
    Role.SENIOR_SALES, Role.SALES, Role.SUPPORT_AGENT, Role.OPS, Role.ADMINISTRATOR,
)  # fmt: skip
"""Which of several roles one signs as."""


class SealRequest(BaseModel):
    """`signer` has said so; `source` is the document before. `signers` are all who have a place, in order."""

    signing_id: str
    contract_id: str
    version_no: int
    title: str
    source: str
    first: bool
    signer: Signer
    signers: list[Signer]


class Sealed(BaseModel):
    """`problem` is a refusal's code where the document cannot be sealed; then the rest is empty."""

    document: str = ""
    name: str = ""
    serial: str = ""
    at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class Issued:
    """A certificate (PEM) and its key, sealed: only the authority opens it. `issuer` is a fingerprint."""

    certificate: str
    key: str
    serial: str
    issuer: str
    expires_at: datetime


@dataclass(frozen=True)
class SealWork:
    """One signature: the `no`-th of `sides` (whose place it is: ours or customer), into the document `source`.

    `first` adds the signature page, with `title` and `facts` on it. `mark` and `chop` are
    hashes of pictures (PNG): a drawn signature, a company's seal.
    """

    source: str
    no: int
    sides: Sequence[str]
    customer: str
    title: str
    facts: str
    first: bool
    name: str
    latin: str
    role: str
    at: datetime
    issued: Issued
    mark: str | None = None
    chop: str | None = None


@dataclass(frozen=True)
class SealedDocument:
    hash: str
    size: int


class Sealer(Protocol):
    """What signs: it holds the authority, and opens documents in a child only. Raises Refused."""

    async def issuer(self) -> str: ...
    async def issue(self, name: str, holder: str, organisation: str = "") -> Issued: ...
    async def seal(self, work: SealWork) -> SealedDocument: ...


class SealingActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, sealer: Sealer) -> None:
        super().__init__(db, zone)
        self.sealer = sealer

    @activity.defn
    async def seal_signature(self, request: SealRequest) -> Sealed:
        """The first result that was recorded counts: a repeat gives that one, whatever it made itself."""
        async with self.db.session() as session:
            if (known := await session.get(Seal, request.signer.id)) is not None:
                return _result(known)
            work = await self._work(session, request)
        try:
            async with alive():
                sealed = await self.sealer.seal(work)
        except Refused as refused:
            hopeless = refused.code in ("seal_impossible", "signed_before", "seal_unsound", "document_too_large")
            if refused.status >= 500 or (not hopeless and activity.info().attempt < TRIES):
                raise
            return Sealed(problem=refused.code)
        async with self.db.session(f"workflow:{activity.info().workflow_id}") as session:
            row = {
                "signature_id": request.signer.id, "signing_id": request.signing_id, "source": request.source,
                "document": sealed.hash, "name": work.name, "serial": work.issued.serial, "at": work.at,
            }  # fmt: skip
            await session.execute(insert(Seal).values(row).on_conflict_do_nothing(index_elements=["signature_id"]))
            kept = await session.get_one(Seal, request.signer.id)
            if kept.document == sealed.hash:
                name = await _file_name(session, request.source)
                await remember_document(
                    session, hash=sealed.hash, name=name, media_type=PDF, size=sealed.size,
                    added_by=request.signer.by if request.signer.kind == "ours" else "system",
                )  # fmt: skip
            return _result(kept)

    async def _work(self, session: AsyncSession, request: SealRequest) -> SealWork:
        signer, contract = request.signer, await session.get_one(Contract, request.contract_id)
        customer = await session.get_one(Customer, contract.customer_id)
        answer = await session.get(SigningAnswer, signer.answer_id) if signer.answer_id else None
        if answer is None:
            name, latin, role = await _colleague(session, signer)
            holder, theirs = person_key(signer.by or ""), ""
        else:
            name, latin, role = answer.name, "", " · ".join(filter(None, (customer.name, answer.title)))
            holder, theirs = f"contact:{signer.contact_id}", customer.name
        return SealWork(
            source=request.source, no=signer.no, sides=[one.kind for one in request.signers], customer=customer.name,
            title=request.title, facts=f"{contract.number} · 第 {request.version_no} 版 Version {request.version_no}",
            first=request.first, name=name, latin=latin, role=role, at=signer.at or datetime.now(UTC),
            issued=await self._certificate(holder, name, theirs), mark=answer.mark if answer else None,
            chop=answer.seal if answer else None,
        )  # fmt: skip

    async def _certificate(self, holder: str, name: str, organisation: str) -> Issued:
        """The signer's newest, or a new one where it runs out, another authority issues now, or the name changed.

        `organisation` is whom they sign for; empty: us.
        """
        issuer, soon = await self.sealer.issuer(), datetime.now(UTC) + timedelta(days=1)
        async with self.db.session("system") as session:
            known = await session.scalar(
                select(SigningCertificate).where(SigningCertificate.holder == holder).with_for_update()
            )
            if known and known.issuer == issuer and known.expires_at > soon and known.name == name:
                return Issued(known.certificate, known.key, known.serial, known.issuer, known.expires_at)
            issued = await self.sealer.issue(name, holder, organisation)
            fields = {
                "name": name, "issuer": issued.issuer, "certificate": issued.certificate, "key": issued.key,
                "serial": issued.serial, "expires_at": issued.expires_at,
            }  # fmt: skip
            statement = insert(SigningCertificate).values(holder=holder, **fields)
            await session.execute(statement.on_conflict_do_update(index_elements=["holder"], set_=fields))
        return issued


@asynccontextmanager
async def alive() -> AsyncIterator[None]:
    """Tells the server every few seconds that somebody is at it, so that a killed worker's work is soon another's."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT.total_seconds())

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


async def _colleague(session: AsyncSession, signer: Signer) -> tuple[str, str, str]:
    """Name, name in Latin letters where it differs, and the role in both languages."""
    person = await session.get_one(Person, signer.by or "")
    held = set(await session.scalars(select(PersonRole.role).where(PersonRole.person_id == person.id)))
    role = next((role for role in TITLES if role in held), "")
    words = dict.fromkeys(label("role", role, language) for language in ("zh_CN", "en")) if role else {}
    if signer.behalf_of:  # in their own name, for somebody absent
        absent = await session.get_one(Person, signer.behalf_of)
        for_whom = [
            translate(language).gettext(N_("for %(name)s")) % {"name": absent.called(language)}
            for language in ("zh_CN", "en")
        ]
        words = {**words, **dict.fromkeys(for_whom)}
    latin = person.name_en if person.name_en and person.name_en != person.name else ""
    return person.name, latin, " · ".join(words)


async def _file_name(session: AsyncSession, digest: str) -> str:
    """As the file was called, with the word that says what was done to it."""
    document = await session.get(Document, digest)
    bare = (document.name if document else "contract.pdf").removesuffix(".pdf").removesuffix("-signed")
    return f"{bare}-signed.pdf"


def _result(seal: Seal) -> Sealed:
    return Sealed(document=seal.document, name=seal.name, serial=seal.serial, at=seal.at)
