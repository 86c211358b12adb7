"""The values of fields: read from what somebody typed or a file held, shown to people, and kept as JSON.

Kept are: text as it is, numbers and percents as JSON numbers of at most 15 digits, money in minor units, days and
times in ISO 8601 (instants in UTC), people, departments and customers by id, files by hash, a place as [latitude,
longitude]. Nothing is kept as no value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from domain.contact import phone_number, readable_phone
from domain.field import SEVERAL, Field
from domain.ids import is_id
from domain.money import parse_amount, plain_amount
from domain.person import email_address
from domain.quote import tax_number
from domain.refusal import Refused, invalid
from domain.text import CONTROLS, one_line
from locales import N_, translate
from locales.formats import Formats

SHORT, LONG, ENTRIES, STARS = 500, 10_000, 50, 5
YES = {"yes", "y", "true", "1", "on", "是", "有", "对", "√"}
NO = {"no", "n", "false", "0", "off", "否", "无", "不", "×"}
_HASH = re.compile(r"[0-9a-f]{64}")
_PARTS = re.compile(r"[,，;；、|\n]")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")


@dataclass(frozen=True)
class Reading:
    """How what is typed is meant: the writer's zone and country. `people`, `departments` and `customers` have ids by
    lower-case name, e-mail address or number, where such are typed (as in a file); without them ids are given."""

    zone: str = "Asia/Shanghai"
    country: str = "CN"
    people: Mapping[str, str] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)
    customers: Mapping[str, str] = field(default_factory=dict)


PLAIN = Reading()


def parse(field: Field, given: str | list[str], reading: Reading = PLAIN) -> Any:
    """What is kept of what was typed; None: nothing. Several values come as a list, or one text with commas.

    Raises Refused (422) that names the field by its key; whether it must be there is asked of the whole record.
    """
    if field.made:
        raise invalid("field_made", field.key)
    try:
        return _several(field, given, reading) if field.type in SEVERAL else _single(field, given, reading)
    except Refused as refused:
        raise Refused(refused.code, refused.status, field=field.key, **refused.params) from None


def _single(field: Field, given: str | list[str], reading: Reading) -> Any:
    text = given if isinstance(given, str) else next(iter(given), "")
    long = field.type == "long_text"
    text = _paragraphs(text) if long else one_line(text)
    if len(text) > (LONG if long else SHORT):
        raise invalid("field_too_long", field.key, most=LONG if long else SHORT)
    return _READ[field.type](field, text, reading) if text else None


def _several(field: Field, given: str | list[str], reading: Reading) -> list[str] | None:
    texts = _PARTS.split(given) if isinstance(given, str) else given
    parts = list(dict.fromkeys(part for text in texts if (part := one_line(text))))
    if len(parts) > ENTRIES:
        raise invalid("field_too_many", field.key, most=ENTRIES)
    return [_READ[field.type](field, part, reading) for part in parts] or None


def _paragraphs(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(CONTROLS.sub(" ", line).rstrip() for line in lines).strip()


def _text(field: Field, text: str, reading: Reading) -> str:
    return tax_number(text) if field.builtin and field.key == "tax_number" else text


def _number(field: Field, text: str, reading: Reading) -> int | float:
    plain = unicodedata.normalize("NFKC", text).replace(",", "").removesuffix("%").strip()
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise invalid("number_format", field.key) from None
    most = 0 if field.type in ("integer", "rating") else field.decimals
    if not number.is_finite() or abs(number) >= 10**15 or len(number.normalize().as_tuple().digits) > 15:
        raise invalid("number_format", field.key)
    if number != round(number, most):
        raise invalid("field_decimals", field.key, most=most)
    _within(field, number)
    return int(number) if number == number.to_integral_value() else float(number)


def _within(field: Field, number: Decimal | int) -> None:
    if field.least is not None and number < field.least:
        raise invalid("field_below", field.key, **limits_of(field, "field_below"))
    if field.most is not None and number > field.most:
        raise invalid("field_above", field.key, **limits_of(field, "field_above"))


def limits_of(field: Field, code: str) -> dict[str, Any]:
    """What a refusal of a value says beside its code, for whoever kept only that."""
    shown = (lambda limit: plain_amount(limit, field.currency)) if field.type == "money" else str
    match code:
        case "field_below":
            return {"least": shown(field.least)}
        case "field_above":
            return {"most": shown(field.most)}
        case "field_decimals":
            return {"most": 0 if field.type in ("integer", "rating") else field.decimals}
        case "field_too_long":
            return {"most": LONG if field.type == "long_text" else SHORT}
        case "field_too_many":
            return {"most": ENTRIES}
        case "field_rating":
            return {"most": STARS}
    return {}


def _money(field: Field, text: str, reading: Reading) -> int:
    minus = text.startswith(("-", "−"))
    amount = parse_amount(text.lstrip("-−"), field.currency, field.key)
    amount = -amount if minus else amount
    _within(field, amount)
    return amount


def _rating(field: Field, text: str, reading: Reading) -> int:
    stars = int(_number(field, text, reading))
    if not 1 <= stars <= STARS:
        raise invalid("field_rating", field.key, most=STARS)
    return stars


def _date(field: Field, text: str, reading: Reading) -> str:
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        return date(*map(int, found.groups())).isoformat() if found else date.fromisoformat(text).isoformat()
    except ValueError:
        raise invalid("date_unreadable", field.key) from None


def _datetime(field: Field, text: str, reading: Reading) -> str:
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
        local = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(reading.zone))
        return local.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        raise invalid("instant_unreadable", field.key) from None


def _time(field: Field, text: str, reading: Reading) -> str:
    try:
        return time.fromisoformat(unicodedata.normalize("NFKC", text).zfill(5)).strftime("%H:%M")
    except ValueError:
        raise invalid("clock_unreadable", field.key) from None


def _yes_no(field: Field, text: str, reading: Reading) -> bool:
    said = text.lower()
    if said not in YES | NO:
        raise invalid("yes_no_unreadable", field.key)
    return said in YES


def _choice(field: Field, text: str, reading: Reading) -> str:
    if not field.options:
        return text
    folded = text.casefold()
    for option in field.options:
        if folded in (option.value.casefold(), option.label.zh.casefold(), option.label.en.casefold()):
            return option.value
    raise invalid("choice_unknown", field.key)


def _url(field: Field, text: str, reading: Reading) -> str:
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
    except ValueError:
        raise invalid("url_unreadable", field.key) from None
    if parts.scheme not in ("http", "https") or "." not in (parts.hostname or "") or " " in address:
        raise invalid("url_unreadable", field.key)
    return address


def _one_of(names: Callable[[Reading], Mapping[str, str]], code: str) -> Callable[[Field, str, Reading], str]:
    def read(field: Field, text: str, reading: Reading) -> str:
        known = text.lower() if is_id(text) else names(reading).get(text.lower())
        if known is None:
            raise invalid(code, field.key)
        return known

    return read


def _file(field: Field, text: str, reading: Reading) -> str:
    if not _HASH.fullmatch(text):
        raise invalid("field_file_unknown", field.key)
    return text


def _location(field: Field, text: str, reading: Reading) -> list[float]:
    parts = [part for part in re.split(r"[,，\s]+", text) if part]
    try:
        latitude, longitude = (round(float(part), 6) for part in parts)
    except ValueError:
        raise invalid("location_unreadable", field.key) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise invalid("location_unreadable", field.key)
    return [latitude, longitude]


_person = _one_of(lambda reading: reading.people, "person_unknown")
_READ: dict[str, Callable[[Field, str, Reading], Any]] = {
    "text": _text,
    "long_text": _text,
    "number": _number,
    "integer": _number,
    "money": _money,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "yes_no": _yes_no,
    "choice": _choice,
    "choices": _choice,
    "phone": lambda field, text, reading: phone_number(text, reading.country, field.key),
    "email": lambda field, text, reading: email_address(text),
    "url": _url,
    "address": _text,
    "person": _person,
    "people": _person,
    "department": _one_of(lambda reading: reading.departments, "unit_unknown"),
    "rating": _rating,
    "location": _location,
    "files": _file,
    "customer": _one_of(lambda reading: reading.customers, "customer_unknown"),
}


def plain(field: Field, value: Any, zone: str = PLAIN.zone) -> str:
    """As a form or a file has it; `parse` reads it back to the same."""
    if value is None:
        return ""
    match field.type:
        case "yes_no":
            return "yes" if value else "no"
        case "money":
            return ("-" if value < 0 else "") + plain_amount(abs(value), field.currency)
        case "datetime":
            return datetime.fromisoformat(value).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
        case "location":
            return ", ".join(f"{part:.6f}" for part in value)
        case kind if kind in SEVERAL:
            return "\n".join(value)
    return decimal_text(value) if isinstance(value, int | float) else str(value)


def decimal_text(number: float) -> str:
    """Without an exponent: 0.000001."""
    return f"{Decimal(repr(number)):f}"


def shown(field: Field, value: Any, formats: Formats, names: Mapping[str, str] | None = None) -> str:
    """As its reader writes it; nothing is empty text. `names` says what people, departments, customers and files by
    their id or hash are called."""
    if value is None or value == []:
        return ""
    show = _SHOWN.get(field.type)
    try:
        return str(value) if show is None else show(field, value, formats, names or {})
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return str(value)  # kept while a field of this key was of another type


_Show = Callable[[Field, Any, Formats, Mapping[str, str]], str]


def _shown_number(field: Field, value: Any, formats: Formats, names: Mapping[str, str]) -> str:
    return formats.number(Decimal(repr(value)))


def _shown_choices(field: Field, value: Any, formats: Formats, names: Mapping[str, str]) -> str:
    options = [(one, field.option(one)) for one in ([value] if isinstance(value, str) else value)]
    english = formats.language == "en"
    called = [one if known is None else known.label.en if english else known.label.zh for one, known in options]
    return (", " if english else "、").join(called)


def _shown_names(field: Field, value: Any, formats: Formats, names: Mapping[str, str]) -> str:
    called = [names.get(one, "?") for one in ([value] if isinstance(value, str) else value)]
    return (", " if formats.language == "en" else "、").join(called)


def _shown_formula(field: Field, value: Any, formats: Formats, names: Mapping[str, str]) -> str:
    """Of what `domain.customer_field.reckoned` made: a number, a day, a text or a yes or no."""
    if isinstance(value, bool):
        return _said(value, formats)
    if isinstance(value, Decimal):
        return formats.number(value)
    return formats.day(value) if isinstance(value, date) else str(value)


YES_WORD, NO_WORD = N_("Yes"), N_("No")


def _said(value: bool, formats: Formats) -> str:
    return translate(formats.language).gettext(YES_WORD if value else NO_WORD)


_SHOWN: dict[str, _Show] = {
    "number": _shown_number,
    "integer": _shown_number,
    "money": lambda field, value, formats, names: formats.money(value, field.currency),
    "percent": lambda field, value, formats, names: f"{formats.number(Decimal(repr(value)))}%",
    "date": lambda field, value, formats, names: formats.day(date.fromisoformat(value)),
    "datetime": lambda field, value, formats, names: _instant(datetime.fromisoformat(value), formats),
    "yes_no": lambda field, value, formats, names: _said(value, formats),
    "choice": _shown_choices,
    "choices": _shown_choices,
    "phone": lambda field, value, formats, names: readable_phone(value, PLAIN.country),
    "person": _shown_names,
    "people": _shown_names,
    "department": _shown_names,
    "customer": _shown_names,
    "files": _shown_names,
    "rating": lambda field, value, formats, names: "★" * value + "☆" * (STARS - value),
    "location": lambda field, value, formats, names: ", ".join(f"{part:.5f}" for part in value),
    "formula": _shown_formula,
}


def _instant(instant: datetime, formats: Formats) -> str:
    return f"{formats.day(instant)} {formats.time(instant)}"


def masked(field: Field, value: Any) -> str:
    """What somebody sees for whom the value is masked: how many characters there are is not told either."""
    if value is None or value == []:
        return ""
    if field.type == "phone" and len(value) > 8:
        return f"{value[:-8]}****{value[-4:]}".removeprefix("+86")
    if field.type == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}****@{host}"
    if field.type in ("text", "serial") and len(value) > 8:
        return f"{value[:3]}****{value[-3:]}"
    return "****"
