"""Leads: how soon somebody makes first contact, and how much a form may carry."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from domain.document import Duration, PolicyDocument, Strict, fault, refuse_faults

Length = Annotated[int, Field(ge=1, le=20_000)]

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "first_contact": "PT4H",
    "remind": "PT2H",
    "form": {"name": 80, "company": 120, "phone": 32, "email": 254, "message": 2_000},
}


class FormLengths(Strict):
    """The most characters each field of the lead form takes."""

    name: Length
    company: Length
    phone: Length
    email: Length
    message: Length


class LeadPolicy(PolicyDocument):
    """`first_contact` and `remind` count from the assignment; a lead not contacted in time is assigned anew."""

    kind: ClassVar[str] = "lead"
    default: ClassVar[dict[str, Any]] = DEFAULT

    first_contact: Duration
    remind: Duration
    form: FormLengths

    @model_validator(mode="after")
    def reminds_before_time_is_up(self) -> Self:
        if self.remind >= self.first_contact:
            refuse_faults(self, [fault(["remind"], "remind_late", "Remind before the time for first contact is up.")])
        return self
