"""What a mail says: all of it, and the words that were written this time, without what they answer to."""

from __future__ import annotations

import re
from email.message import Message
from html.parser import HTMLParser

from commands.mail_charset import decoded

QUOTE = "\x02"
"""Where a web mailer itself marks the old mail; never in what is given out."""
QUOTED = re.compile(
    r"^(\x02|-{2,}\s*(original message|original|forwarded message|replied message"
    r"|原始邮件|原始郵件|回复的原邮件|转发邮件|转发的邮件|轉寄郵件)"
    r"|_{20,}$|##- .+ -##$|(发件人|寄件者|寄件人)[\s*]*[:：]|\*?from:\*?\s.+@"
    r"|(on|am|le|il|el)\s.{6,200}(wrote|schrieb|a écrit|ha scritto|escribió)\s?[:：]$"
    r"|(在|于|於)?.{4,200}(写道|寫道)\s?[:：]$)",
    re.IGNORECASE,
)
BEGUN = re.compile(r"^((on|am|le)\s.+\d{4}.*|.+\d{4}.*<?\S+@\S+>?)$", re.IGNORECASE)
"""The first of two lines that only together say who wrote."""
HIDDEN = ("script", "style", "head", "title")
BREAKS = ("br", "p", "div", "tr", "li", "ul", "h1", "h2", "h3", "blockquote")
MARKED = ("gmail_quote", "gmail_attr", "yahoo_quoted", "moz-cite-prefix", "qqmail_quote")
MARKED_IDS = ("divrplyfwdmsg", "appendonsend", "isreplycontent", "mail-editor-reference-message-container")


def text_of(mail: Message) -> str:
    """Everything that is to be read in it, in order; of alternatives the plain one."""
    return _tidy("\n\n".join(filter(None, (_part(part) for part in reading_parts(mail)))).replace("\r\n", "\n"))


def reading_parts(mail: Message) -> list[Message]:
    """The parts that are the letter itself; every other leaf is an attachment."""
    kind = mail.get_content_type()
    if not mail.is_multipart():
        return [mail] if kind in ("text/plain", "text/html") and not _attached(mail) else []
    children = [child for child in mail.get_payload() if isinstance(child, Message)]
    if kind == "message/rfc822":
        return []
    if kind == "multipart/alternative":
        found = [parts for child in children if (parts := reading_parts(child))]
        plain = [parts for parts in found if parts[0].get_content_type() == "text/plain" and _part(parts[0]).strip()]
        return (plain or found[-1:] or [[]])[0]
    if kind == "multipart/related":
        return reading_parts(children[0]) if children else []
    return [part for child in children for part in reading_parts(child)]


def _attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _part(part: Message) -> str:
    raw = part.get_payload(decode=True)
    content = decoded(raw, part.get_content_charset()) if isinstance(raw, bytes) else ""
    if part.get_content_subtype() == "html":
        plain = _Plain()
        plain.feed(content)
        plain.close()
        return "".join(plain.parts)
    return content


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.replace("\0", "").replace("\u200b", "").splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def written(text: str) -> str:
    """Without the mail that is answered to. Where nothing is left, the whole is what was written."""
    lines = text.splitlines()
    kept: list[str] = []
    for no, line in enumerate(lines):
        bare = line.strip()
        if QUOTED.match(bare) or (BEGUN.match(bare) and QUOTED.match(f"{bare} {_next(lines, no)}")):
            if _says(kept):
                break
            continue  # they answer below it
        if not bare.startswith(">"):
            kept.append(line)
    return _tidy("\n".join(kept)).replace(QUOTE, "").strip() or shown(text)


def shown(text: str) -> str:
    """The whole, without our marks in it."""
    return _tidy(text.replace(QUOTE, ""))


def _next(lines: list[str], no: int) -> str:
    return lines[no + 1].strip() if no + 1 < len(lines) else ""


def _says(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


class _Plain(HTMLParser):
    """Words and line breaks, and a mark before the old mail."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in HIDDEN
        if tag in BREAKS:
            self.parts.append("\n")
        said = {name: (value or "").lower() for name, value in attrs}
        quoting = tag == "blockquote" or said.get("id") in MARKED_IDS
        if quoting or any(name in said.get("class", "") for name in MARKED):
            self.parts.append(f"\n{QUOTE}\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDDEN and self._hidden > 0
        if tag in ("p", "div", "tr", "blockquote", "h1", "h2", "h3"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
