"""Who is asked in a step of an approval: a person, a role, superiors of the submitter, or the head of a unit."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.access import COMPANY_WIDE, Role, role_key
from domain.document import Strict
from domain.ids import is_id
from domain.refusal import invalid

Code = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class PersonApprover(Strict):
    """One person by id; who has left is found out when the step opens."""

    by: Literal["person"] = "person"
    person: Annotated[str, StringConstraints(max_length=60)]

    @property
    def known(self) -> bool:
        return is_id(self.person)


class RoleApprover(Strict):
    """Whoever holds the role: company-wide, or in the request's region where the role belongs to regions."""

    by: Literal["role"] = "role"
    role: Role

    def holder(self, region: str | None) -> str:
        """The human task's holder key. Raises Refused `approver_needs_region` where nobody could hold it."""
        if region is None and self.role not in COMPANY_WIDE:
            raise invalid("approver_needs_region", "region", role=self.role.value)
        return role_key(self.role, region)


class SuperiorApprover(Strict):
    """The submitter's superiors along the reporting line: the nearest, or so many levels, the nearest first."""

    by: Literal["superior"] = "superior"
    levels: Annotated[int, Field(ge=1, le=10)] = 1


class HeadApprover(Strict):
    """The head of a unit by its code; without one, of the submitter's own unit or the nearest above that has a head."""

    by: Literal["head"] = "head"
    unit: Code | None = None


Approver = Annotated[PersonApprover | RoleApprover | SuperiorApprover | HeadApprover, Field(discriminator="by")]
