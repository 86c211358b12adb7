"""Records that are found by their name, in characters or pinyin: what is looked through follows the name by itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

from domain.findable import findable


def _of_new_row(context: Any) -> str:
    row = context.get_current_parameters()
    return findable(row["name"], row.get("name_en"))


class Findable:
    """A table with a `name`, perhaps a `name_en`. Written by inserts and by changes of loaded rows alike."""

    search: Mapped[str] = mapped_column(default=_of_new_row)


@event.listens_for(Findable, "before_update", propagate=True)
def _renamed(_mapper: Any, _connection: Any, row: Any) -> None:
    row.search = findable(row.name, getattr(row, "name_en", None))
