"""An import of customers: what a person chose for it, and the process as it stands."""

from __future__ import annotations

from typing import Literal

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
