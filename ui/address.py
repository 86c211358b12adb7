"""What the address of a page says, and the address that says it."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationInfo, field_validator


class Addressed(BaseModel):
    """The query of the page at `at`; a field left empty in a form counts as left out."""

    at: ClassVar[str]

    @field_validator("*", mode="before")
    @classmethod
    def empty_is_default(cls, value: Any, info: ValidationInfo) -> Any:
        return cls.model_fields[info.field_name or ""].default if value == "" else value

    def address(self, path: str = "", **changes: object) -> str:
        """The same with these changes, at another path where one is given; what is empty is left out."""
        query = urlencode({name: value for name, value in (self.model_dump(mode="json") | changes).items() if value})
        return f"{path or self.at}?{query}" if query else path or self.at
