"""How a person can be reached: phone numbers as they are kept. E-mail addresses are in domain.person."""

from __future__ import annotations

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
    region_code_for_number,
)

from domain.refusal import invalid


def phone_number(text: str, country: str, field: str = "phone") -> str:
    """The number as it is kept and compared (E.164): +8613800138000.

    `country` (ISO 3166) is meant where the text has no country code. Raises Refused (422) phone_invalid.
    """
    try:
        number = parse(text, country)
    except NumberParseException:
        raise invalid("phone_invalid", field) from None
    if not is_valid_number(number):
        raise invalid("phone_invalid", field)
    return str(format_number(number, PhoneNumberFormat.E164))


def readable_phone(number: str, country: str) -> str:
    """138 0013 8000 for a reader in China, +44 20 7946 0018 for others. What cannot be read is shown as it is."""
    try:
        parsed = parse(number, country)
    except NumberParseException:
        return number
    home = region_code_for_number(parsed) == country
    return str(format_number(parsed, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL))
