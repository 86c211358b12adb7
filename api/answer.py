"""How a command's answer looks in JSON: done and to be read (200, 201), or accepted and soon to be read (202)."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field

from domain.process import Answer


class Answered(BaseModel):
    """`id` is the record that was made or changed."""

    id: str
    revision: int = Field(description="Read the record until its own revision is at least this.")
    seen: bool = Field(description="Whether reading it shows the change already; false comes with status 202.")
    result: dict[str, str] = Field({}, description="Ids of what the command made.")


def answered(response: Response, record_id: str, answer: Answer, *, created: bool = False) -> Answered:
    response.status_code = 202 if not answer.seen else 201 if created else 200
    return Answered(id=record_id, **answer.model_dump())


ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": Answered, "description": "Accepted; the record shows it in a moment."}
}
"""For a route's `responses`."""
