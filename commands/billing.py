"""How a customer is invoiced, kept by whoever works on customers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select

from commands.idempotency import claim_once
from db.customer import Assignment, Customer
from db.customer_field import claim_unique, field_policy, values_of
from db.engine import Database
from db.scope import customers_within
from domain.access import Action, Actor
from domain.customer_field import fields, for_reader
from domain.quote import tax_number
from domain.refusal import forbidden, not_found

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class BillingBody(BaseModel):
    """`invoice_title` is whom invoices are made out to (抬头), `tax_number` an 18-character social credit code."""

    model_config = ConfigDict(extra="forbid")

    invoice_title: Line = ""
    tax_number: Line = ""
    billing_address: Line = ""
    billing_phone: Line = ""
    bank_name: Line = ""
    bank_account: Line = ""
    language: Literal["", "zh_CN", "en"] = ""


class BillingCommands:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def edit(self, actor: Actor, key: str, customer_id: str, body: BillingBody) -> None:
        """Raises Refused: 404, 403, or 422 `tax_number_wrong`."""
        values = {name: value or None for name, value in body.model_dump().items()}
        if body.tax_number:
            values["tax_number"] = tax_number(body.tax_number)
        async with self.db.session(actor.id) as session:
            customer = await session.scalar(
                select(Customer).where(Customer.id == customer_id, customers_within(actor)).with_for_update()
            )
            if customer is None:
                raise not_found("customer")
            follows = await session.scalars(select(Assignment).where(Assignment.customer_id == customer_id))
            if not any(may_edit(actor, one) for one in follows):
                raise forbidden(Action.CUSTOMER_WORK)
            claimed = await claim_once(session, actor, key, "EditBilling", f"customer/{customer_id}", values)
            if claimed.fresh:
                known = fields(await field_policy(session))
                if not any(field.key == "tax_number" for field in for_reader(actor, known).open):
                    del values["tax_number"]  # who does not see it did not change it
                else:
                    await claim_unique(session, customer_id, known, values_of(customer) | values)
                for name, value in values.items():
                    setattr(customer, name, value)


def may_edit(actor: Actor, follower: Assignment) -> bool:
    return actor.reaches(Action.CUSTOMER_WORK, owner=follower.owner_id, region=follower.region_id)
