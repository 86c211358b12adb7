"""What holds for people who sign in: addresses, passwords, and how long one waits after wrong ones."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email

from domain.refusal import invalid

PASSWORD_MIN, PASSWORD_MAX = 10, 200
FREE_ATTEMPTS = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
EMAIL_MAX = 254


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
    """A new password as it is hashed. Length is what makes one hard to guess, so few other rules. Raises Refused (422)."""
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


def wait_after(failures: int) -> timedelta | None:
    """How long nobody can sign in after this many failures in a row; None: one may try again at once."""
    beyond = failures - FREE_ATTEMPTS
    if beyond < 0:
        return None
    return min(FIRST_WAIT * 2 ** min(beyond, 16), LONGEST_WAIT)
