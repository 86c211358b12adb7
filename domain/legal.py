"""When legal reads a contract's version, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from domain.clause.standard import Level
from domain.document import Duration, Strict


class LegalRules(Strict):
    """`from_level`: the lowest risk of a finding that opens a legal task; a document that was not read as text always
    opens one. `order`: whether approvers are asked only once legal has cleared it, or beside legal.
    """

    from_level: Level = "medium"
    order: Literal["before", "beside"] = "before"
    allowed: Duration = timedelta(days=2)
