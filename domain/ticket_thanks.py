"""Whether what a customer writes after resolution is only thanks, or says more and opens the ticket again."""

import re
import unicodedata

_QUOTED = re.compile(
    r"^\s*(>|On .{0,200} wrote:\s*$|在.{0,200}写道[:：]?\s*$|-{2,}\s*(Original Message|原始邮件|原邮件|转发邮件)|"
    r"(发件人|From)[:：]\s|_{10,}|--\s*$)",
    re.IGNORECASE,
)
"""Where what they quote, or their signature, begins."""

_SIGN_OFF = re.compile(
    r"^(发自我的|sent from my|best regards|kind regards|best wishes|warm regards|regards|cheers|sincerely|此致|敬礼|"
    r"祝好|顺祝商祺)",
    re.IGNORECASE,
)

_THANKS = (
    "太感谢你们了; 太感谢您了; 非常感谢你们; 非常感谢您; 非常感谢; 十分感谢; 万分感谢; 衷心感谢; 太感谢了; "
    "太谢谢了; 谢谢你们; 谢谢您; 谢谢你; 谢谢啦; 谢谢了; 谢谢; 多谢了; 多谢; 感谢您; 感谢你们; 感谢支持; "
    "感谢帮助; 谢谢您的帮助; 谢谢你们的帮助; 感谢您的帮助; 感谢你们的帮助; 谢谢您的支持; 感谢您的支持; 感谢; "
    "谢啦; 谢了; 辛苦你们了; 辛苦您了; 辛苦了; 辛苦; 麻烦您了; 麻烦你们了; 已经解决了; "
    "问题已经解决了; 问题已解决; 问题解决了; 已经解决; 已解决了; 已解决; 解决了; 可以了; 好了; 已经好了; 搞定了; "
    "正常了; 已经正常了; 恢复正常了; 已恢复正常; 已恢复; 收到; 收到了; 已收到; 好的; 好; 明白了; 明白; 知道了; "
    "了解; 没问题; 没问题了; 完美; 很好; 太好了; 太棒了; 赞; 服务很好; 祝您生活愉快; 祝工作顺利; 祝好; 再见; "
    "thank you very much; thank you so much; thanks a million; thanks very much; thanks so much; thank you all; "
    "thank you; thanks a lot; many thanks; thanks again; thanks all; thanks; thankyou; thx; ty; cheers; "
    "much appreciated; appreciated; appreciate it; i appreciate it; for your help; for the help; "
    "for your quick help; for the quick help; for your support; for the quick reply; for your quick reply; "
    "for the fast reply; for helping; that solved it; that fixed it; this solved it; that worked; it works now; "
    "it works; works now; works fine now; working now; it is working now; it's working now; all good now; "
    "all good; problem solved; solved; fixed; resolved; great; perfect; excellent; awesome; wonderful; super; "
    "ok; okay; got it; received; noted; very good; good job; well done; great job; great service; great support; "
    "have a nice day; have a great day; bye; team; everyone; guys; so much; very much; again; and; it; now; you; "
    "for; the; your; hi; hello"
)
"""Each ends at a semicolon. Words such as *and* say nothing by themselves."""
_PHRASES = tuple(
    sorted({unicodedata.normalize("NFKC", p).casefold() for p in _THANKS.split("; ")}, key=len, reverse=True)
)
_WORD = re.compile(r"\w+")
_FILLERS = "了的啊呀哦哈呢吧啦嗯噢您你们我们都也很非常"
_LONGEST = 200
"""Characters; whoever writes more has something to say."""


def own_words(text: str) -> str:
    """What they wrote themselves: no quoted mail, no signature."""
    lines: list[str] = []
    for line in text.splitlines():
        if _QUOTED.match(line) or (lines and _SIGN_OFF.match(line.strip())):
            break
        lines.append(line)
    return "\n".join(lines).strip()


def says_more(text: str, name: str | None = None) -> bool:
    """Whether there is anything beside thanks: a question, a number, a word that is no thanks. In doubt there is.

    `name` is the writer's: below their thanks it is only how they sign.
    """
    words = _plain(_unsigned(own_words(text), name or ""))
    if not words:
        return bool(text.strip()) and not _only_signed(text)
    if len(words) > _LONGEST or "?" in words or any(c.isdigit() for c in words):
        return True
    return bool(_left(words))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def _unsigned(text: str, name: str) -> str:
    """Without last lines that are nothing but the writer's name, or part of it."""
    lines, known = text.splitlines(), _plain(name)
    parts = set(_WORD.findall(known))
    while len(lines) > 1:
        said = _WORD.findall(_plain(lines[-1]))
        if not all(word in parts or (not word.isascii() and word in known) for word in said):
            break
        lines.pop()
    return "\n".join(lines)


def _only_signed(text: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return bool(_SIGN_OFF.match(first.strip()) or _QUOTED.match(first))


def _left(words: str) -> str:
    """What remains once every phrase of thanks is taken out; Latin phrases only as whole words."""
    for phrase in _PHRASES:
        if phrase.isascii():
            words = re.sub(rf"(?<![a-z']){re.escape(phrase)}(?![a-z'])", " ", words)
        else:
            words = words.replace(phrase, " ")
    kept = (c for c in words if unicodedata.category(c)[0] in "LN" and c not in _FILLERS)
    return "".join(kept)
