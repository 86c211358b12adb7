"""Company names as they are compared: width, case, script, legal forms and places left aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

from domain.chinese import simplified, sounds

LEGAL_FORMS = (
    "集团股份有限公司", "股份有限责任公司", "股份有限公司", "集团有限责任公司", "有限责任公司", "集团有限公司",
    "控股有限公司", "有限公司", "股份公司", "集团公司", "总公司", "分公司", "子公司", "公司", "集团", "工作室",
    "个体工商户",
)  # fmt: skip
LEGAL_WORDS = frozenset({
    "co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "llp", "plc", "gmbh", "ag",
    "kg", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "oy", "ab", "as", "aps", "pty", "pte", "sdn", "bhd", "kk",
    "group", "holding", "holdings", "the",
})  # fmt: skip
PLACES = """
北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州
云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门 石家庄 唐山 秦皇岛 邯郸 保定 廊坊 太原 大同
呼和浩特 包头 沈阳 大连 鞍山 长春 哈尔滨 大庆 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 昆山
江阴 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 义乌 台州 合肥 芜湖 福州 厦门 莆田 泉州 漳州 南昌 九江 赣州 济南 青岛
淄博 烟台 潍坊 济宁 威海 临沂 郑州 洛阳 武汉 宜昌 襄阳 长沙 株洲 岳阳 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江
惠州 东莞 中山 南宁 柳州 桂林 海口 三亚 成都 绵阳 贵阳 遵义 昆明 拉萨 西安 咸阳 兰州 西宁 银川 乌鲁木齐
"""
PLACE = re.compile(f"(?:中国)?(?:(?:{'|'.join(PLACES.split())})(?:特别行政区|自治区|省|市)?)*(?:中国)?")
BRACKETED = re.compile(r"[(\[【<《「][^)\]】>》」]{0,12}[)\]】>》」]")
NOBODY = frozenset(
    {"个人", "无", "没有", "暂无", "测试", "test", "none", "na", "nil", "private", "individual", "自由职业"}
)
SHORTEST_SPELT = 6
"""Letters that a name written in pinyin keeps at least."""
CHARACTERS = re.compile("[\u4e00-\u9fff]+").fullmatch
WORDS = re.compile(r"[\w&]+").findall
_LENGTHS = sorted({len(form) for form in LEGAL_FORMS}, reverse=True)
_FORMS = [(length, frozenset(form for form in LEGAL_FORMS if len(form) == length)) for length in _LENGTHS]
_USUAL_FORMS = frozenset({"股份有限公司", "有限责任公司", "集团有限公司", "控股有限公司"})
_FORM_ENDS = frozenset(form[-2:] for form in LEGAL_FORMS)
_FORM_GOES_ON = _FORM_ENDS | {"股份"}
_SHORT_PLACES = frozenset(place for place in PLACES.split() if len(place) == 2)
_PLACE_GOES_ON = frozenset("特自省市中")
_PLACE_BEGINS = frozenset(place[:2] for place in [*PLACES.split(), "中国"])
SHORTEST = 3
"""Characters that a name keeps at least: 上海电气 is not 电气."""
LONGEST = 24
"""Characters of a name that are compared for being nearly the same."""


def company_key(name: str) -> str:
    """`深圳市蓝港食品（集团）有限公司` and `蓝港食品` both give `蓝港食品`; `""` for what names no company."""
    text = plain(name)
    bare = BRACKETED.sub("", text)
    words = WORDS(bare) or WORDS(text)
    if len(words) > 1:
        words = [word for word in words if word not in LEGAL_WORDS] or words
    key = "".join(words).replace("_", "")
    key = _without_place(_without_form(key))
    return "" if key in NOBODY else key


def plain(name: str) -> str:
    """One writing for what is full or half width, large or small, traditional or simplified."""
    return simplified(unicodedata.normalize("NFKC", name).casefold().strip())


def spoken(key: str) -> str:
    """What a key is called aloud, in Latin letters: `蓝港食品` as `Shanghai Lan Gang Shi Pin` give `langangshipin`."""
    if not key.isascii():
        return sounds(key)
    found = _spelt_place().match(key)
    rest = key[found.end() :] if found else key
    return rest if len(rest) >= SHORTEST_SPELT else key


@cache
def _spelt_place() -> re.Pattern[str]:
    spelt = sorted({sounds(place) for place in PLACES.split()}, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(spelt)})(?:sheng|shi)?")


def company_keys(names: Sequence[str]) -> list[str]:
    """`company_key` of each, for millions of them: most names are Chinese characters and nothing else."""
    names = simplified("\n".join(names)).split("\n")
    return [
        _key_of_words(name) if name.isascii() else _key_of_characters(name) if CHARACTERS(name) else company_key(name)
        for name in names
    ]


def _key_of_words(name: str) -> str:
    """Of Latin letters: of one width, and without places and forms in characters."""
    text = name.lower()
    if "(" in text or "[" in text or "<" in text:
        return company_key(name)
    words = WORDS(text)
    if len(words) > 1:
        words = [word for word in words if word not in LEGAL_WORDS] or words
    key = "".join(words).replace("_", "")
    return "" if key in NOBODY else key


def _key_of_characters(key: str) -> str:
    bare = key[:-6] if key[-6:] in _USUAL_FORMS else key[:-4] if key[-4:] == "有限公司" else ""
    key = bare if len(bare) >= SHORTEST and bare[-2:] not in _FORM_GOES_ON else _without_form(key)
    if key[:2] in _PLACE_BEGINS:
        if key[:2] in _SHORT_PLACES and key[2:3] not in _PLACE_GOES_ON and key[2:4] not in _PLACE_BEGINS:
            key = key[2:] if len(key) - 2 >= SHORTEST else key  # one place and then the name: most of them
        else:
            key = _without_place(key)
    return "" if key in NOBODY else key


def _without_form(key: str) -> str:
    """The longest form that ends it leaves first: `LEGAL_FORMS` has each before those that are its own end."""
    while key[-2:] in _FORM_ENDS:
        for length, forms in _FORMS:
            if key[-length:] in forms and len(key) - length >= 2:
                key = key[:-length]
                break
        else:
            break
    return key


def _without_place(key: str) -> str:
    found = PLACE.match(key)
    rest = key[found.end() :] if found else key
    return rest if len(rest) >= SHORTEST else key


def near_keys(key: str) -> list[int]:
    """Numbers of which two names that differ by one character, sound the same, or of which one begins the other,
    share one.

    For an index: what shares none is nothing like it. `nearness` says how much alike the rest are.
    """
    if not key:
        return []
    said = f"~{spoken(key)[:LONGEST]}"
    if len(key) < 4:
        return sorted({_number(key), _number(said)})
    cut = key[:LONGEST]
    forms = {cut, *(cut[:no] + cut[no + 1 :] for no in range(len(cut)))}
    return sorted(_number(form) for form in forms | {f"^{_head(key)}", said})


def nearness(one: str, other: str) -> str | None:
    """Why two names may be one company's: company, near_company, same_sound, longer_company; None: not alike."""
    if not one or not other:
        return None
    if one == other:
        return "company"
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 4 and _one_apart(shorter, longer):
        return "near_company"
    if len(shorter) >= 3 and spoken(one)[:LONGEST] == spoken(other)[:LONGEST]:
        return "same_sound"
    if longer.startswith(shorter) and len(shorter) >= len(_head(shorter)) >= 4:
        return "longer_company"
    return None


def _head(key: str) -> str:
    return key[:4] if not key[0].isascii() else key[:8]


def _one_apart(shorter: str, longer: str) -> bool:
    """Whether one character typed too much, too little, wrongly, or in the wrong order makes the one the other."""
    if len(longer) - len(shorter) > 1:
        return False
    no = next((no for no, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(longer) > len(shorter):
        return shorter[no:] == longer[no + 1 :]
    swapped = shorter[no : no + 2] == longer[no : no + 2][::-1] and shorter[no + 2 :] == longer[no + 2 :]
    return swapped or shorter[no + 1 :] == longer[no + 1 :]


def _number(form: str) -> int:
    return int.from_bytes(blake2b(form.encode(), digest_size=8).digest(), "big", signed=True)
