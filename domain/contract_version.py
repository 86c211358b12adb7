"""Which changes of a contract's new version let an earlier approval stand."""

from __future__ import annotations

from typing import Literal

from domain.document import Strict


class VersionRules(Strict):
    """`reopens`: what must have changed since somebody approved for them to be asked again; nothing else does."""

    reopens: tuple[Literal["amount", "findings", "clauses", "words"], ...] = ("amount", "findings", "clauses")
