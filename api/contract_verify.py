"""Whether a signed contract is still as it was signed: for anybody, without signing in, keeping nothing."""

from datetime import datetime

from fastapi import APIRouter, UploadFile
from pydantic import BaseModel, Field

from api.auth import Visiting
from api.document import chunks_of
from api.services import Provided
from commands.verify import State

router = APIRouter(prefix="/api/contracts", tags=["contracts"])


class SignatureView(BaseModel):
    name: str = Field(description="Who signed, as the certificate says.")
    organisation: str
    at: datetime | None = Field(description="By the clock of the server that signed.")
    serial: str = Field(description="Of the certificate.")
    trusted: bool = Field(description="Whether this installation issued the certificate.")
    good: bool = Field(description="Whether it holds, and nothing was changed since.")


class KnownView(BaseModel):
    number: str
    version: int
    newest: bool = Field(description="False: there is a later file of it, with more signatures.")


class VerdictView(BaseModel):
    """What the page at /verify says. An authority of one's own proves that the file is the one that was signed and who
    confirmed it here; it makes no qualified electronic signature."""

    state: State = Field(
        description="signed; partly: unchanged, but places are empty; changed: do not rely on it; mixed and foreign: "
        "some or all signatures were not issued here; unsigned."
    )
    sha256: str
    signatures: list[SignatureView] = Field(description="In the order they were made.")
    places_empty: int
    contract: KnownView | None = Field(description="Which one it is; null where exactly this file is not known here.")


@router.post("/verify")
async def verify_contract(file: UploadFile, visitor: Visiting, services: Provided) -> VerdictView:
    """Who signed a PDF, when, and whether anything was changed since. The file is not kept; ten a minute."""
    verdict = await services.verifications.look(visitor, chunks_of(file))
    return VerdictView.model_validate(verdict.told(), strict=False)
