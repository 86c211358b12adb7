"""What an amendment takes away: values that a clause names only to say that they no longer hold."""

from __future__ import annotations

import re

from domain.clause.quantity import amounts, durations, shares

AMENDING = re.compile(
    r"(?:修改|变更|调整|更改|修订|替换|改|更正|修正|延长|缩短|提高|降低|增加|减少|上调|下调)(?:成|为|"
    r"至|到|如下)|以本补充协议为准|(?:is|are|"
    r"shall be|hereby)\s+(?:hereby\s+)?(?:amended|replaced|changed|increased|"
    r"reduced|extended|shortened|revised)|amended (?:and restated )?to read|(?:deleted|"
    r"replaced)[^.]{0,40}(?:replaced|substituted|in its place|with)",
    re.I,
)
_OLD = re.compile(
    r"(?:由|从|将|原|把)[^。;]{0,120}?(?:修改|变更|调整|更改|修订|替换|改|更正|修正|延长|缩短|提高|"
    r"降低|增加|减少|上调|下调)(?:成|为|至|到)|"
    r"\bfrom\b[^.;]{0,80}?\bto\b|(?:deleting|replacing|striking|the words?|"
    r"the reference to)\s*[\"'][^\"']{0,120}[\"']\s*(?:and|with|by|is|are|shall)",
    re.I,
)


def without_old_values(text: str) -> str:
    """The same text, as long as before, with the replaced figures blanked; its words still say what it is about."""
    if not AMENDING.search(text):
        return text
    for match in _OLD.finditer(text):
        old = match[0]
        spans = [(each.start, each.end) for each in durations(old)]
        spans += [(each.start, each.end) for each in shares(old)]
        spans += [(each.start, each.end) for each in amounts(old)]
        for a, b in ((match.start() + start, match.start() + end) for start, end in spans):
            text = text[:a] + " " * (b - a) + text[b:]
    return text
