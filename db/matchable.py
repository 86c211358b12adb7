"""Records of a company that others are compared with: its key and what nearly the same names share, both indexed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, event
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domain.company_name import company_key, near_keys


def _name(row: dict[str, Any]) -> str:
    return str(row["company"] if "company" in row else row["name"])


def _key_of_new_row(context: Any) -> str:
    return company_key(_name(context.get_current_parameters()))


def _near_of_new_row(context: Any) -> list[int]:
    return near_keys(company_key(_name(context.get_current_parameters())))


class Matchable:
    """A table with a `company`, or whose `name` is a company's. Follows it in inserts and in changes of loaded rows."""

    company_key: Mapped[str] = mapped_column(default=_key_of_new_row, index=True)
    near_keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=_near_of_new_row)


@event.listens_for(Matchable, "before_update", propagate=True)
def _renamed(_mapper: Any, _connection: Any, row: Any) -> None:
    key = company_key(row.company if hasattr(row, "company") else row.name)
    if row.company_key != key:
        row.company_key, row.near_keys = key, near_keys(key)
