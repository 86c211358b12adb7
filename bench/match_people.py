"""Made-up customers with known truth: who is entered twice, how, and who only looks like it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from opencc import OpenCC

from domain.chinese import sounds

TRADES = [
    "物流", "食品", "医疗器械", "电子科技", "机械制造", "建材", "包装材料", "新能源",
    "环保工程", "供应链管理", "纺织", "化工", "生物科技", "自动化设备", "智能装备", "餐饮管理",
    "文化传媒", "信息技术", "光电", "仪器仪表", "汽车零部件", "半导体", "模具", "水务",
    "家居用品", "农业发展",
]  # fmt: skip
ENGLISH = ["Logistics", "Foods", "Medical", "Electronics", "Machinery", "Materials", "Packaging", "Energy", "Textile"]
PLACES = [
    "上海", "北京", "广东", "深圳", "苏州", "浙江", "杭州", "江苏",
    "山东", "青岛", "四川", "成都", "武汉", "湖南", "重庆", "天津",
    "厦门",
]  # fmt: skip
FORMS = ["有限公司", "有限责任公司", "股份有限公司", "集团有限公司"]
ROADS = [
    "科苑路", "人民路", "中山大道", "长江路", "工业园三路", "建设街", "创新大道", "滨海路",
]  # fmt: skip
SIGNS = (
    "恒远蓝港金穗云帆星河瑞丰安达博鼎盛宏泰华润中信嘉益康德隆昌兴旺顺通达利源聚宝龙腾飞跃新锐创"
    "智联科盈富民生合众力诚信美佳优品一正大方圆明光辉耀阳春晓天翼海洋江湖山川林木森石磊鑫晶玉翠"
    "柏松竹梅兰菊荷莲凤凰麒麟鹏鹤鹰骏驰骋奔腾万千百亿"
)
VARIANTS = ("legal", "typo", "width", "traditional", "pinyin", "english", "short", "contact", "code")
CONFUSERS = ("branch", "place", "shared_phone", "sister", "numbered", "one_sign")
_TRADITIONAL = OpenCC("s2t")
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Made:
    """A row of a customer with one contact. `truth` is the same for those that are one; `how` it was made."""

    name: str
    brand: str
    trade: str
    truth: int
    how: str = "base"
    tax_number: str | None = None
    phone: str | None = None
    email: str | None = None
    domain: str | None = None
    address: str | None = None
    city: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None


def made(customers: int, seed: int = 7) -> Iterator[Made]:
    """About so many: of a hundred 90 once, 6 entered again, 4 that only look like another."""
    chance, truth, left = random.Random(seed), 0, customers
    while left > 0:
        truth += 1
        base = _base(chance, truth)
        yield base
        left -= 1
        kind = chance.random()
        if kind < 0.065:
            yield _again(chance, base, chance.choice(VARIANTS))
            left -= 1
        elif kind < 0.11:
            truth += 1
            yield _another(chance, base, chance.choice(CONFUSERS), truth)
            left -= 1


def _base(chance: random.Random, truth: int) -> Made:
    brand = "".join(chance.sample(SIGNS, chance.choice([2, 3, 3, 3])))
    trade, place = chance.choice(TRADES), chance.choice(PLACES)
    host = f"{sounds(brand)}{truth % 9973}.com.cn"
    own = chance.random() < 0.5
    mailbox = f"{sounds(chance.choice(SIGNS))}{truth}"
    return Made(
        name=f"{place}{brand}{trade}{chance.choice(FORMS)}", brand=brand, trade=trade, truth=truth,
        tax_number=_code(chance) if chance.random() < 0.6 else None,
        phone=f"+8621{chance.randrange(10**7, 10**8)}" if chance.random() < 0.6 else None,
        email=f"office@{host}" if own and chance.random() < 0.5 else None, domain=host if own else None,
        address=f"{place}市{chance.choice(ROADS)}{chance.randrange(1, 2000)}号" if chance.random() < 0.5 else None,
        city=place if chance.random() < 0.8 else None, contact_phone=f"+861{chance.randrange(3 * 10**9, 10**10)}",
        contact_email=f"{mailbox}@{host if own else 'qq.com'}",
    )  # fmt: skip


def _again(chance: random.Random, base: Made, how: str) -> Made:
    """Entered by somebody else, who knows less, and writes it otherwise."""
    bare = replace(
        base, how=how, tax_number=None, phone=None, email=None, domain=None, address=None,
        contact_phone=f"+861{chance.randrange(3 * 10**9, 10**10)}", contact_email=None,
    )  # fmt: skip
    reached = replace(bare, contact_phone=base.contact_phone)
    name = f"{base.brand}{base.trade}"
    match how:
        case "legal":
            return replace(bare, name=name + chance.choice(["", *FORMS]))
        case "typo":
            wrong = _mistyped(chance, name)
            return replace(chance.choice([bare, reached, reached]), name=wrong + "有限公司")
        case "width":
            return replace(bare, name=f" {base.name.replace('有限公司', '（中国）有限公司')}　")
        case "traditional":
            return replace(bare, name=_TRADITIONAL.convert(base.name))
        case "pinyin":
            words = " ".join(sounds(sign).capitalize() for sign in name)
            return replace(chance.choice([bare, reached]), name=f"{words} Co., Ltd.")
        case "english":
            english = f"{sounds(base.brand).capitalize()} {chance.choice(ENGLISH)} Limited"
            return replace(reached, name=english, domain=base.domain, contact_email=base.contact_email)
        case "short":
            return replace(reached, name=base.brand)
        case "contact":
            return replace(reached, name=name, contact_email=base.contact_email)
    return replace(bare, name=f"{base.brand}控股有限公司", tax_number=base.tax_number or _code(chance))


def _another(chance: random.Random, base: Made, how: str, truth: int) -> Made:
    """Another company, however much it looks like the first."""
    own = replace(_base(chance, truth), how=how)
    place = chance.choice([one for one in PLACES if one not in base.name])
    core = f"{base.brand}{base.trade}"
    match how:
        case "branch":
            return replace(own, name=f"{base.name}{place}分公司", domain=base.domain, phone=base.phone, city=place)
        case "place":
            return replace(own, name=f"{place}{core}有限公司", city=place)
        case "shared_phone":
            return replace(own, contact_phone=base.contact_phone)
        case "sister":
            other = chance.choice([one for one in TRADES if one != base.trade])
            return replace(own, name=f"{base.name[:2]}{base.brand}{other}有限公司", domain=base.domain)
        case "numbered":
            return replace(own, name=f"{base.name[:2]}{core}第{chance.choice('二三四五')}分厂", phone=base.phone)
    sign = chance.choice([one for one in SIGNS if one not in base.brand])
    return replace(own, name=f"{place}{sign}{base.brand[1:]}{base.trade}有限公司", city=place)


def _mistyped(chance: random.Random, name: str) -> str:
    no = chance.randrange(len(name))
    match chance.randrange(3):
        case 0:
            return name[:no] + name[no + 1 :]
        case 1:
            return name[:no] + chance.choice(SIGNS) + name[no + 1 :]
    return name[:no] + name[no : no + 2][::-1] + name[no + 2 :]


def _code(chance: random.Random) -> str:
    first = "91" + "".join(chance.choice("0123456789") for _ in range(6)) + "MA" + "".join(
        chance.choice(_CODE) for _ in range(7)
    )  # fmt: skip
    return first + _CODE[-sum(_CODE.index(sign) * pow(3, no, 31) for no, sign in enumerate(first)) % 31]
