"""Reads one mail from outside: who wrote it, what they want, whether a person wrote it; in the sandbox's child only."""

from __future__ import annotations

import re
from email import policy
from email.message import Message
from email.parser import BytesParser
from hashlib import sha256
from pathlib import Path
from typing import Any

from commands.mail_kind import addresses, header, kind_of
from commands.mail_text import text_of, written

TEXT_MOST = 20_000
LABELS = {
    "name": "姓名|联系人|称呼|name|contact", "company": "公司|公司名称|单位|company|organi[sz]ation",
    "phone": "电话|手机|联系电话|phone|mobile|tel", "product": "产品|意向产品|product",
    "budget": "预算|budget", "industry": "行业|industry", "size": "规模|人数|company size",
}  # fmt: skip
COMPANY = re.compile(r"[\w（）()·]{2,30}(?:有限责任公司|股份有限公司|有限公司|集团)")


def parsed(raw: bytes) -> Message:
    """Never fails: what is malformed stands in the parts' defects. Headers stay as they came, `mail_charset` reads
    them: the library's newer policy gives up on some."""
    return BytesParser(policy=policy.compat32).parsebytes(raw)


def storable(value: Any) -> Any:
    """What was read without the characters that no database keeps, however they were hidden in it."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [storable(one) for one in value]
    if isinstance(value, dict):
        return {name: storable(one) for name, one in value.items()}
    return value


def message_id(mail: Message, raw: bytes) -> str:
    """Its Message-ID; one without has that of its bytes."""
    return header(mail, "Message-ID").strip()[:190] or f"sha256:{sha256(raw).hexdigest()}"


def recipients(mail: Message) -> list[str]:
    return [address for _, address in addresses(mail, "Delivered-To", "X-Original-To", "To", "Cc")]


def sender_of(mail: Message) -> tuple[str, str]:
    """Name and address of whom an answer goes to; both empty where nobody is named."""
    return next(iter(addresses(mail, "Reply-To") or addresses(mail, "From")), ("", ""))


def read_mail(path: str, country: str) -> dict[str, Any]:
    """`kind`: person, automatic or bounce; then who wrote, to which addresses, and what fields were found."""
    raw = Path(path).read_bytes()
    mail = parsed(raw)
    shown, address = sender_of(mail)
    text = written(text_of(mail))[:TEXT_MOST]
    said = _labelled(text)
    said.setdefault("phone", phone_in(text, country))
    said.setdefault("company", company_in(text))
    said.setdefault("name", shown.strip() or address.partition("@")[0])
    found: dict[str, Any] = storable({
        "kind": kind_of(mail)[0],
        "id": message_id(mail, raw),
        "to": recipients(mail),
        "said": {name: value for name, value in said.items() if value}
        | {"email": address, "message": f"{header(mail, 'Subject')}\n\n{text}".strip()[:TEXT_MOST]},
    })  # fmt: skip
    return found


def _labelled(text: str) -> dict[str, str]:
    """`公司：蓝港食品`, as forms of other sites write their mails."""
    found: dict[str, str] = {}
    for name, words in LABELS.items():
        if line := re.search(rf"^\W*(?:{words})\s*[:：]\s*(\S.{{0,150}})$", text, re.IGNORECASE | re.MULTILINE):
            found[name] = line[1].strip()
    return found


def phone_in(text: str, country: str) -> str:
    """The first number in it, E.164; empty where there is none."""
    from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

    match = next(iter(PhoneNumberMatcher(text, country)), None)
    return str(format_number(match.number, PhoneNumberFormat.E164)) if match else ""


def company_in(text: str) -> str:
    """Of a signature, where one names it."""
    found = COMPANY.findall(text)
    return found[-1] if found else ""
