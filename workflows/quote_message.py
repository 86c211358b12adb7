"""What a quote's process is told and asked, and what it tells its deal."""

from typing import Any, Literal

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.quote import QuoteState
    from domain.process import Command
    from domain.quote import QuoteBody


def quote_workflow_id(quote_id: str) -> str:
    return f"quote/{quote_id}"


class QuoteStart(BaseModel):
    """`template` is a key of the policy's templates; None: its first. `body`: what it begins with instead."""

    quote_id: str
    deal_id: str
    line_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    by: str = "system"
    template: str | None = None
    body: QuoteBody | None = None
    state: QuoteState | None = None


class QuoteNews(BaseModel):
    """What a deal hears of its quote whenever the status changes."""

    quote_id: str
    status: str
    amount: int
    version: int


class EditQuote(Command):
    """`edits` is how often the draft had been changed when the editor saw it."""

    version: int
    edits: int
    body: QuoteBody


class SubmitQuote(Command):
    version: int
    edits: int
    note: str | None = None


class SendQuote(Command):
    """`documents` are the hashes of its PDF by language, `language` is that of the one to be sent; `letter` what its
    letter says (None: it is handed over by other means).
    """

    version: int
    documents: dict[str, str]
    language: str
    letter: dict[str, Any] | None = None
    contact_id: str | None = None


class ReviseQuote(Command):
    """Begins the next version, from this one or with other lines."""

    version: int
    body: QuoteBody | None = None


class TakeBackQuote(Command):
    version: int


class CustomerOpened(Command):
    version: int


class CustomerAnswers(Command):
    """`answer_id` is the row in which their words stand."""

    version: int
    outcome: Literal["accepted", "refused"]
    answer_id: str
