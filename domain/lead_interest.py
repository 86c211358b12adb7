"""What a lead may say about itself beside who it is, in values that policies can ask for; and how people put them."""

from __future__ import annotations

import re
import unicodedata

INDUSTRIES = {
    "manufacturing": ("制造", "工业", "manufactur", "industrial"),
    "retail": ("零售", "电商", "商贸", "retail", "commerce"),
    "logistics": ("物流", "运输", "仓储", "logistic", "transport"),
    "finance": ("金融", "银行", "保险", "证券", "financ", "bank", "insurance"),
    "healthcare": ("医疗", "医药", "健康", "health", "medical", "pharma"),
    "education": ("教育", "培训", "学校", "educat", "school"),
    "energy": ("能源", "电力", "化工", "energy", "power", "oil"),
    "technology": ("互联网", "软件", "科技", "信息", "technolog", "software", "internet", "it"),
    "construction": ("建筑", "地产", "工程", "construct", "real estate"),
    "public": ("政府", "公共", "事业单位", "public", "government"),
    "other": ("其他", "other"),
}
SIZES = {"micro": 1, "small": 10, "medium": 50, "large": 500}
"""People who work there, at least."""
SIZE_WORDS = {
    "micro": ("微型", "micro"), "small": ("小型", "小", "small"), "medium": ("中型", "中", "medium"),
    "large": ("大型", "大", "large", "enterprise"),
}  # fmt: skip
INTENTS = {
    "buy": ("购买", "采购", "下单", "buy", "purchase", "order", "urgent", "high"),
    "compare": ("比较", "选型", "询价", "报价", "compar", "quote", "medium"),
    "learn": ("了解", "咨询", "learn", "information", "research", "low"),
}
PRODUCT_MOST = 120


def industry(text: str) -> str | None:
    """One of `INDUSTRIES`, else their own words; None for no words."""
    return _meant(text, INDUSTRIES) or _own(text)


def intent(text: str) -> str | None:
    return _meant(text, INTENTS) or _own(text)


def size(text: str) -> str | None:
    """`200-499人`, `1,000+` or `中型` -> one of `SIZES`, else their own words."""
    plain = _plain(text).replace(",", "")
    if plain in SIZES:
        return plain
    if found := re.search(r"\d+", plain):
        people = int(found[0])
        if re.match(r"(<|少于|不足|below|under|less)", plain) and people:
            people -= 1
        return next((name for name, least in reversed(SIZES.items()) if people >= least), "micro")
    return next((name for name, words in SIZE_WORDS.items() if plain in words), None) or _own(text)


def language(text: str) -> str | None:
    """zh_CN or en; None for any other."""
    plain = _plain(text).replace("-", "_")
    if plain.startswith(("zh", "cn", "中", "chinese", "汉")):
        return "zh_CN"
    return "en" if plain.startswith(("en", "英")) else None


def _meant(text: str, known: dict[str, tuple[str, ...]]) -> str | None:
    plain = _plain(text)
    if plain in known:
        return plain
    words = ((name, word) for name, words in known.items() for word in words)
    return next((name for name, word in words if _says(plain, word)), None)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _own(text: str) -> str | None:
    return text.strip()[:PRODUCT_MOST] or None


def _says(plain: str, word: str) -> bool:
    """A short Latin word must stand alone: `it` is in many others."""
    return word in plain if len(word) > 2 or not word.isascii() else plain == word
