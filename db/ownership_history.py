"""Every change of hands there was, written or not.

How a customer came in with an import is not written while it lies as it was imported: its place says it. To write it
for each of millions took an import a tenth of its time, and was a third of what it left in the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, cast, literal, null, select, union_all
from sqlalchemy.orm import Mapped

from db.base import Base, Instant, Ref
from db.customer import Assignment, Customer
from db.customer_import import CustomerImport
from db.ownership import AssignmentChange


def _unwritten() -> Select[Any]:
    """The columns of `AssignmentChange`, of which it has no number; who does not ask who imported it looks up neither
    the customer nor the import."""
    place = Assignment
    said: dict[str, Any] = {
        "id": literal(0), "to_id": place.owner_id, "at": place.since, "by": CustomerImport.by_id, "since": null(),
    }  # fmt: skip
    said |= {name: getattr(place, name) for name in ("customer_id", "region_id", "pool", "tier", "how")}
    columns = [cast(said.get(one.name, null()), one.type).label(one.name) for one in AssignmentChange.__table__.c]
    return (
        select(*columns)
        .outerjoin(Customer, Customer.id == place.customer_id)
        .outerjoin(CustomerImport, CustomerImport.id == Customer.import_id)
        .where(place.unwritten.is_(True))
    )


class _Told:
    """What a change of hands says, wherever it stands; to be read only."""

    customer_id: Mapped[Ref]
    id: Mapped[int]
    region_id: Mapped[Ref]
    from_id: Mapped[Ref | None]
    to_id: Mapped[Ref | None]
    pool: Mapped[str | None]
    tier: Mapped[str]
    how: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[str | None]
    since: Mapped[datetime | None]
    at: Mapped[Instant]
    by: Mapped[Ref | None]
    run_id: Mapped[Ref | None]


class Unwritten(_Told, Base):
    """What only places say. `run_id` is null."""

    __table__ = _unwritten().subquery("unwritten")
    __mapper_args__ = {"primary_key": [__table__.c.customer_id, __table__.c.region_id]}


class ChangeOfHands(_Told, Base):
    """All there is. For those of one customer: what adds up many reads `AssignmentChange` and `Unwritten` by turns."""

    __table__ = union_all(select(AssignmentChange.__table__), _unwritten()).subquery("change_of_hands")
    __mapper_args__ = {"primary_key": [__table__.c.customer_id, __table__.c.region_id, __table__.c.id]}
