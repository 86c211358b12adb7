"""Reads one mail from outside: who wrote it, what they want, whether a person wrote it; in the sandbox's child only."""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

TEXT_MOST = 20_000
LABELS = {
    "name": "姓名|联系人|称呼|name|contact", "company": "公司|公司名称|单位|company|organi[sz]ation",
    "phone": "电话|手机|联系电话|phone|mobile|tel", "product": "产品|意向产品|product",
    "budget": "预算|budget", "industry": "行业|industry", "size": "规模|人数|company size",
}  # fmt: skip
COMPANY = re.compile(r"[\w（）()·]{2,30}(?:有限责任公司|股份有限公司|有限公司|集团)")
AUTOMATIC = re.compile(
    r"^(automatic reply|auto(matic)?[- ]?(reply|response)|out of (the )?office|自动回复|自动答复|外出|不在办公室)",
    re.IGNORECASE,
)
BOUNCED = re.compile(
    r"^(undeliver|delivery (status|failure)|mail delivery|returned mail|failure notice|退信|邮件发送失败)",
    re.IGNORECASE,
)
MARKS = ("X-Autoreply", "X-Autorespond", "List-Id")
DAEMONS = ("mailer-daemon", "postmaster", "no-reply", "noreply", "donotreply", "bounce")
QUOTED = re.compile(
    r"^(>|-{2,}\s*(original message|原始邮件)|发件人[:：]|from:\s.+@|on .+ wrote:$|在.+写道[:：]$)", re.IGNORECASE
)


def read_mail(path: str, country: str) -> dict[str, Any]:
    """`kind`: person, automatic or bounce; then who wrote, to which addresses, and what fields were found."""
    raw = Path(path).read_bytes()
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - the policy's class
    shown, address = parseaddr(_header(mail, "Reply-To") or _header(mail, "From"))
    text = _text(mail)
    said = _labelled(text)
    said.setdefault("phone", _phone(text, country))
    said.setdefault("company", _company(text))
    said.setdefault("name", shown.strip() or address.partition("@")[0])
    subject = _header(mail, "Subject")
    return {
        "kind": _kind(mail, address, subject),
        "id": _header(mail, "Message-ID").strip()[:190] or f"sha256:{sha256(raw).hexdigest()}",
        "to": _recipients(mail),
        "said": {name: value for name, value in said.items() if value}
        | {"email": address, "message": f"{subject}\n\n{text}".strip()[:TEXT_MOST]},
    }


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(mail.get(name, "")).split())
    except (ValueError, IndexError, AttributeError):  # what the library cannot parse
        return ""


def _recipients(mail: EmailMessage) -> list[str]:
    headers = [_header(mail, name) for name in ("Delivered-To", "X-Original-To", "To", "Cc")]
    return list(dict.fromkeys(address.lower() for _, address in getaddresses(headers) if "@" in address))


def _kind(mail: EmailMessage, address: str, subject: str) -> str:
    if mail.get_content_type() == "multipart/report" or BOUNCED.match(subject):
        return "bounce"
    if _header(mail, "Return-Path") == "<>" or address.partition("@")[0].lower() in DAEMONS[:2]:
        return "bounce"
    submitted = _header(mail, "Auto-Submitted").lower()
    precedence = _header(mail, "Precedence").lower()
    marked = any(
        _header(mail, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id")
    )
    if (submitted and submitted != "no") or precedence in ("bulk", "junk", "list", "auto_reply") or marked:
        return "automatic"
    return "automatic" if AUTOMATIC.match(subject) or address.lower().startswith(DAEMONS) else "person"


def _text(mail: EmailMessage) -> str:
    """The words that were written, without what they answer to."""
    body = mail.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, ValueError, KeyError):
        payload = body.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if body.get_content_subtype() == "html":
        plain = _Plain()
        plain.feed(content)
        content = "".join(plain.parts)
    lines: list[str] = []
    for line in content.replace("\0", "").splitlines():
        if QUOTED.match(line.strip()) and lines:
            break
        lines.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:TEXT_MOST]


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style", "head")
        if tag in ("br", "p", "div", "tr", "li", "h1", "h2", "h3"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "head") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _labelled(text: str) -> dict[str, str]:
    """`公司：蓝港食品`, as forms of other sites write their mails."""
    found: dict[str, str] = {}
    for name, words in LABELS.items():
        if line := re.search(rf"^\W*(?:{words})\s*[:：]\s*(\S.{{0,150}})$", text, re.IGNORECASE | re.MULTILINE):
            found[name] = line[1].strip()
    return found


def _phone(text: str, country: str) -> str:
    from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

    match = next(iter(PhoneNumberMatcher(text, country)), None)
    return str(format_number(match.number, PhoneNumberFormat.E164)) if match else ""


def _company(text: str) -> str:
    """Of a signature, where one names it."""
    found = COMPANY.findall(text)
    return found[-1] if found else ""
