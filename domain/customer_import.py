"""An import of customers: what a person chose for it, and the process as it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from domain.process import ProcessState

Mode = Literal["create", "update", "both"]
"""What becomes of a row: a new customer, an update of one that is there, or whichever fits."""
Target = Literal["owner", "pool", "rule"]
"""Whose new customers are: one person's; nobody's yet, in the pool of a region; or whose the rules for new customers
say (`domain.customer_assignment`)."""
Stage = Literal["checking", "merging", "done", "cancelled", "failed", "undoing", "undone"]
KEYS = ("tax_number", "phone", "email", "company_key")
"""What two customers are one by, the strongest first. The weaker ones do not hold where both have a tax number and
the numbers differ."""
RUNNING = frozenset({"checking", "merging", "undoing"})
MAY_UNDO = frozenset({"done", "cancelled"})


class ImportState(ProcessState):
    """`paused`: a person stopped it for a while; it goes on where it stood."""

    stage: str = "checking"
    by_id: str
    paused: bool = False


class Choices(BaseModel):
    """What the person who imports chose. `mapping` has a field for each column, or `""`."""

    mapping: list[str]
    mode: Mode = "both"
    region_id: str
    target: Target = "pool"
    owner_id: str | None = None
    pool: str | None = None
    bulk: bool = False


def id_prefix(import_id: str, created_at: datetime, kind: Literal[0, 1]) -> str:
    """What the ids of an import's customers (0) and contacts (1) begin with; the row's number in 12 hexadecimal digits
    is the rest. So each row has one id, whoever merges it and however often, and they come in order: UUIDv7.
    """
    millis = int(created_at.timestamp() * 1000) & ((1 << 48) - 1)
    own = UUID(import_id).int
    text = f"{millis:012x}7{(own >> 50) & 0xFFE | kind:03x}{0x8000 | own & 0x3FFF:04x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-"
