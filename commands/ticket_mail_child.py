"""Reads one mail to the service address, its attachments laid into a folder; in the sandbox's child only."""

from __future__ import annotations

from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from commands.mail_charset import decoded_header
from commands.mail_child import TEXT_MOST, company_in, message_id, parsed, phone_in, recipients, sender_of, storable
from commands.mail_kind import MESSAGE_ID, addresses, bounce_of, header, kind_of, wants_no_answer
from commands.mail_text import reading_parts, shown, text_of, written

FULL_MOST = 200_000
ATTACHMENTS_MOST = 50
SUBJECT_MOST = 300


def read_ticket_mail(path: str, folder: str, country: str, ours: str) -> dict[str, Any]:
    """What a mail says, as JSON. `attachments` name the files laid into `folder`; `notes` say what was odd about it:
    malformed, text_cut, attachments_cut, empty. `text` is what was written this time, `full` all of it."""
    raw = Path(path).read_bytes()
    mail = parsed(raw)
    kind, why = kind_of(mail, ours)
    name, address = sender_of(mail)
    whole = text_of(mail)
    text, full = written(whole), shown(whole)
    kept, cut = _attachments(mail, Path(folder))
    notes = ["malformed"] if _malformed(mail) else []
    notes += ["text_cut"] if len(full) > FULL_MOST or len(text) > TEXT_MOST else []
    notes += ["attachments_cut"] if cut else []
    notes += ["empty"] if not text and not kept else []
    found: dict[str, Any] = storable({
        "kind": kind, "why": why, "quiet": kind != "person" or wants_no_answer(mail),
        "id": message_id(mail, raw), "to": recipients(mail),
        "sender": {"name": name.strip()[:120], "email": address[:254]},
        "others": [other for _, other in addresses(mail, "From", "To", "Cc")][:40],
        "references": _references(mail), "subject": header(mail, "Subject")[:SUBJECT_MOST],
        "text": text[:TEXT_MOST], "full": full[:FULL_MOST], "sent_at": _sent_at(mail),
        "phone": phone_in(text, country), "company": company_in(text), "attachments": kept, "notes": notes,
        "bounce": bounce_of(mail, full) if kind == "bounce" else None,
    })  # fmt: skip
    return found


def _references(mail: Message) -> list[str]:
    """Newest first: what it answers to, then what came before that."""
    told = MESSAGE_ID.findall(header(mail, "In-Reply-To")) + MESSAGE_ID.findall(header(mail, "References"))[::-1]
    return list(dict.fromkeys(told))[:40]


def _sent_at(mail: Message) -> str | None:
    try:
        return parsedate_to_datetime(header(mail, "Date")).isoformat()
    except (ValueError, TypeError, IndexError):
        return None


def _malformed(mail: Message) -> bool:
    return any(part.defects for part in mail.walk()) or not header(mail, "From")


def _attachments(mail: Message, folder: Path) -> tuple[list[dict[str, Any]], bool]:
    letter = {id(part) for part in reading_parts(mail)}
    kept: list[dict[str, Any]] = []
    for part in _leaves(mail):
        if id(part) in letter or _alternative_text(part):
            continue
        content = _content(part)
        if not content:
            continue
        if len(kept) == ATTACHMENTS_MOST:
            return kept, True
        (folder / str(len(kept))).write_bytes(content)
        kept.append({"file": str(len(kept)), "name": _name(part, len(kept) + 1), "type": part.get_content_type()})
    return kept, False


def _leaves(mail: Message) -> list[Message]:
    """A mail inside a mail is one attachment, as it came."""
    if mail.get_content_type() == "message/rfc822" or not mail.is_multipart():
        return [mail]
    return [leaf for child in mail.get_payload() if isinstance(child, Message) for leaf in _leaves(child)]


def _alternative_text(part: Message) -> bool:
    """The letter a second time, as HTML or for calendars: its words were read already."""
    return part.get_content_maintype() == "text" and not part.get_filename() and (
        part.get_content_disposition() != "attachment"
    )  # fmt: skip


def _content(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], Message) else b""
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else b""


def _name(part: Message, no: int) -> str:
    given = decoded_header(part.get_filename() or "")
    if given:
        return given[-120:]
    return f"mail-{no}.eml" if part.get_content_type() == "message/rfc822" else f"attachment-{no}"
