"""The public pool (公海): how a customer comes to somebody, and why it comes back."""

from __future__ import annotations

from typing import Literal

Tier = Literal["A", "B", "C", "D", "E"]
How = Literal[
    "assigned", "claimed", "allocated", "imported", "lead", "rule", "returned", "recycled", "merged", "undone"
]
"""How an assignment came to stand as it does: a person's choice, a rule or an import; back in the pool it is
`returned` by somebody, or `recycled` by a clock."""
Back = Literal["no_follow_up", "no_deal", "given_back", "owner_left", "taken_back", "undone"]
"""Why a customer came back to its pool: not tended, no deal, by its owner, by leaving, by a manager, by an undo."""
