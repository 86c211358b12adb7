"""Whether a signed contract is still as it was signed, by whom, and which one it is: for anybody, keeping nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.authority import Authority
from commands.credentials import Visitor
from commands.document import LARGEST
from commands.sealing import read_signed
from commands.throttle import Throttle
from db.contract import Contract
from db.engine import Database
from db.signing import Seal, Signing
from domain.refusal import Refused, invalid
from settings import Settings

PER_MINUTE = 10
AT_ONCE = 2
State = Literal["signed", "partly", "changed", "mixed", "foreign", "unsigned"]
"""All places are signed; some are empty; something was changed; signed, but some or all not by our certificates; not at
all."""


@dataclass(frozen=True)
class SignatureSeen:
    """One signature: `at` as the signing server's clock said. `good` only where nothing was changed since."""

    name: str
    organisation: str
    at: datetime | None
    serial: str
    trusted: bool
    good: bool


@dataclass(frozen=True)
class KnownContract:
    """Nothing of its content: `newest` is False where more signatures were added to it later."""

    number: str
    version: int
    newest: bool


@dataclass(frozen=True)
class Verdict:
    state: State
    hash: str
    signatures: tuple[SignatureSeen, ...]
    empty: int
    known: KnownContract | None = None

    def told(self) -> dict[str, Any]:
        """As JSON."""
        signatures = [{**one.__dict__, "at": one.at.isoformat() if one.at else None} for one in self.signatures]
        known = self.known.__dict__ if self.known else None
        return {
            "state": self.state, "sha256": self.hash, "signatures": signatures, "places_empty": self.empty,
            "contract": known,
        }  # fmt: skip


def verdict_of(read: dict[str, Any], known: KnownContract | None = None) -> Verdict:
    """Judged by the whole: a signature that is intact says nothing about what was laid over it afterwards."""
    found = read["signatures"]
    whole = bool(found) and found[-1]["whole"]
    signatures = tuple(
        SignatureSeen(
            name=one["name"], organisation=one["organisation"], serial=one["serial"], trusted=one["trusted"],
            at=datetime.fromisoformat(one["at"]) if one["at"] else None,
            good=one["good"] and not one["changed"] and whole,
        )
        for one in found
    )  # fmt: skip
    state: State
    if not found:
        state = "unsigned"
    elif not whole or any(not one["intact"] or one["changed"] for one in found):
        state = "changed"
    elif not all(one.trusted for one in signatures):
        state = "mixed" if any(one.trusted for one in signatures) else "foreign"
    elif not all(one.good for one in signatures):
        state = "changed"
    else:
        state = "partly" if read["empty"] else "signed"
    return Verdict(state, read["hash"], signatures, len(read["empty"]), known)


class Verifications:
    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.authority = Authority(settings)
        self._throttle = Throttle("too_many_tries", per_minute=PER_MINUTE)
        self._few = asyncio.Semaphore(AT_ONCE)

    async def look(self, visitor: Visitor, chunks: AsyncIterator[bytes]) -> Verdict:
        """Raises Refused: 413 document_too_large; 422 document_not_pdf, file_unreadable or a limit's; 429
        too_many_tries."""
        self._throttle.take(visitor.address)
        async with self._few:
            with tempfile.TemporaryDirectory(prefix="throughline-verify-") as folder:
                path = Path(folder) / "sent.pdf"
                await _receive(path, chunks)
                read = await read_signed(path, await asyncio.to_thread(self.authority.roots))
        async with self.db.session("public") as session:
            return verdict_of(read, await known_contract(session, read["hash"]))


async def known_contract(session: AsyncSession, digest: str) -> KnownContract | None:
    """Only the very file, by its hash."""
    query = (
        select(Contract.number, Signing.version_no, Signing.document == digest)
        .join(Signing, Signing.contract_id == Contract.id)
        .join(Seal, Seal.signing_id == Signing.id)
        .where(Seal.document == digest)
    )
    row = (await session.execute(query)).first()
    return KnownContract(row[0], row[1], bool(row[2])) if row else None


async def _receive(path: Path, chunks: AsyncIterator[bytes]) -> None:
    size = 0
    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > LARGEST:
                raise Refused("document_too_large", 413, field="file", most=LARGEST // 1024**2)
            await asyncio.to_thread(file.write, chunk)
    if not size:
        raise invalid("document_empty", "file")
