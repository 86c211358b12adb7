"""What holds for people who sign in: addresses, passwords, and how long one waits after wrong ones."""

import unicodedata
from datetime import timedelta
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, ConfigDict, Field

from domain.access import Role
from domain.ids import RecordId
from domain.refusal import invalid
from domain.text import ON_ONE_LINE

PASSWORD_MIN, PASSWORD_MAX = 10, 200
FREE_ATTEMPTS = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
EMAIL_MAX = 254

Name = Annotated[str, Field(min_length=1, max_length=80), ON_ONE_LINE]


class PersonDetails(BaseModel):
    """What administrators say about a person. `unit_id` and `manager_id` are ids of rows that must be there."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=EMAIL_MAX)]
    name: Name
    name_en: Name | None = None
    unit_id: RecordId
    manager_id: RecordId | None = None
    roles: Annotated[frozenset[Role], Field(min_length=1)]


def email_address(text: str) -> str:
    """The address as it is kept and compared: lower case, Unicode in normal form. Raises Refused (422)."""
    text = text.strip()
    if len(text) > EMAIL_MAX:
        raise invalid("email_invalid", "email")
    try:
        address = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise invalid("email_invalid", "email") from None
    return address.normalized.lower()


def password(text: str, *, email: str, field: str = "password") -> str:
    """A new password. Length is what makes one hard to guess, so there are few other rules. Raises Refused (422)."""
    text = typed(text)
    if len(text) < PASSWORD_MIN:
        raise invalid("password_too_short", field, least=PASSWORD_MIN)
    if len(text) > PASSWORD_MAX:
        raise invalid("password_too_long", field, most=PASSWORD_MAX)
    if len(set(text)) < 5 or text.lower() in {email, email.partition("@")[0]}:
        raise invalid("password_too_simple", field)
    return text


def typed(password: str) -> str:
    """One form for what several keyboards and input methods type for the same characters."""
    return unicodedata.normalize("NFKC", password)


def wait_after(failures: int, *, free: int = FREE_ATTEMPTS, longest: timedelta = LONGEST_WAIT) -> timedelta | None:
    """How long nobody can sign in after this many failures in a row; None: one may try again at once."""
    if failures < free:
        return None
    wait: timedelta = FIRST_WAIT * 2 ** min(failures - free, 16)
    return min(wait, longest)
