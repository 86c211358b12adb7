"""Who signs an approved contract, in which order, and how long the other party has."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from domain.document import Duration, Strict


class SigningRules(Strict):
    """`ours`: those who approved sign one after the other, or nobody does. `customer`: the other party signs, too.

    `reminders` count from when the customer was asked, `expires` as well.
    """

    ours: Literal["approvers", "none"] = "approvers"
    customer: bool = True
    reminders: Annotated[tuple[Duration, ...], Field(max_length=5)] = (timedelta(days=3), timedelta(days=7))
    expires: Duration = timedelta(days=14)
