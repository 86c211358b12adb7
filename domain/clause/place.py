"""Countries, states and cities as contracts name them."""

from __future__ import annotations

import re

LAWS_ZH = {
    "中华人民共和国": "CN", "中国大陆": "CN", "中国内地": "CN", "中国": "CN", "我国": "CN", "香港": "HK",
    "澳门": "MO", "台湾": "TW",
    "新加坡": "SG", "英格兰": "GB-ENG", "英国": "GB-ENG", "德国": "DE", "法国": "FR", "日本": "JP", "韩国": "KR",
    "瑞士": "CH",
    "印度": "IN", "荷兰": "NL", "意大利": "IT", "澳大利亚": "AU", "加拿大": "CA", "纽约": "US-NY", "特拉华": "US-DE",
    "加利福尼亚": "US-CA", "加州": "US-CA", "德克萨斯": "US-TX", "美国": "US", "越南": "VN", "泰国": "TH",
    "马来西亚": "MY", "俄罗斯": "RU",
}  # fmt: skip
STATES = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA", "Colorado": "CO",
    "Connecticut": "CT", "Delaware": "DE", "Florida": "FL", "Georgia": "GA", "Hawaii": "HI", "Idaho": "ID",
    "Illinois": "IL",
    "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY", "Louisiana": "LA", "Maine": "ME", "Maryland": "MD",
    "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN", "Mississippi": "MS", "Missouri": "MO", "Montana": "MT",
    "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH", "New Jersey": "NJ", "New Mexico": "NM", "New York": "NY",
    "North Carolina": "NC", "North Dakota": "ND", "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR", "Pennsylvania": "PA",
    "Rhode Island": "RI", "South Carolina": "SC", "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT",
    "Vermont": "VT", "Virginia": "VA", "Washington": "WA", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
}  # fmt: skip
COUNTRIES = {
    "People's Republic of China": "CN", "PRC": "CN", "P.R. China": "CN", "P.R.C.": "CN", "China": "CN", "Chinese": "CN",
    "Hong Kong": "HK", "Macau": "MO", "Taiwan": "TW", "Singapore": "SG", "England": "GB-ENG", "English": "GB-ENG",
    "Scotland": "GB-SCT",
    "Scots": "GB-SCT", "Scottish": "GB-SCT", "Northern Ireland": "GB-NIR", "United Kingdom": "GB-ENG", "UK": "GB-ENG",
    "Ireland": "IE",
    "Irish": "IE", "Germany": "DE",
    "German": "DE", "France": "FR", "French": "FR", "Switzerland": "CH", "Swiss": "CH", "Austria": "AT",
    "Austrian": "AT",
    "Netherlands": "NL", "Dutch": "NL", "Belgium": "BE", "Belgian": "BE", "Luxembourg": "LU", "Italy": "IT",
    "Italian": "IT", "Spain": "ES",
    "Spanish": "ES", "Portugal": "PT", "Sweden": "SE", "Swedish": "SE", "Norway": "NO", "Norwegian": "NO",
    "Denmark": "DK", "Danish": "DK",
    "Finland": "FI", "Finnish": "FI", "Poland": "PL", "Polish": "PL", "Japan": "JP", "Japanese": "JP", "Korea": "KR",
    "Korean": "KR", "India": "IN",
    "Indian": "IN", "Malaysia": "MY", "Thailand": "TH", "Vietnam": "VN", "Indonesia": "ID", "Philippines": "PH",
    "Israel": "IL",
    "United Arab Emirates": "AE", "UAE": "AE", "Dubai": "AE", "Saudi Arabia": "SA", "Turkey": "TR", "Brazil": "BR",
    "Mexico": "MX",
    "New South Wales": "AU-NSW", "Victoria": "AU-VIC", "Queensland": "AU-QLD", "Australia": "AU", "New Zealand": "NZ",
    "Ontario": "CA-ON",
    "British Columbia": "CA-BC", "Quebec": "CA-QC", "Alberta": "CA-AB", "Canada": "CA", "South Africa": "ZA",
    "Russia": "RU",
    "Estonia": "EE", "Latvia": "LV", "Lithuania": "LT", "Czech Republic": "CZ", "Hungary": "HU", "Greece": "GR",
    "Romania": "RO", "Bulgaria": "BG", "Croatia": "HR", "Slovenia": "SI", "Slovakia": "SK", "Ukraine": "UA",
    "Egypt": "EG", "Nigeria": "NG", "Kenya": "KE", "Argentina": "AR", "Chile": "CL", "Colombia": "CO", "Peru": "PE",
    "Pakistan": "PK", "Bangladesh": "BD", "Sri Lanka": "LK", "Cayman Islands": "KY", "Bermuda": "BM",
    "British Virgin Islands": "VG", "Jersey": "JE", "Guernsey": "GG", "Qatar": "QA", "Kuwait": "KW", "Iceland": "IS",
    "Cyprus": "CY", "Malta": "MT", "Abu Dhabi": "AE",
    "Commonwealth of Massachusetts": "US-MA", "District of Columbia": "US-DC", "United States": "US",
}  # fmt: skip
_BY_ADJECTIVE = {
    "English": "England", "German": "Germany", "French": "France", "Swiss": "Switzerland", "Dutch": "Netherlands",
    "Irish": "Ireland",
    "Scots": "Scotland", "Scottish": "Scotland", "Swedish": "Sweden", "Italian": "Italy", "Spanish": "Spain",
    "Japanese": "Japan",
    "Chinese": "China",
    "Indian": "India", "Austrian": "Austria", "Belgian": "Belgium", "Danish": "Denmark", "Norwegian": "Norway",
    "Finnish": "Finland",
    "Polish": "Poland", "Korean": "Korea", "Vietnamese": "Vietnam", "Thai": "Thailand", "Malaysian": "Malaysia",
    "Indonesian": "Indonesia", "Israeli": "Israel", "Turkish": "Turkey", "Brazilian": "Brazil", "Mexican": "Mexico",
    "Australian": "Australia", "Canadian": "Canada", "Russian": "Russia", "Portuguese": "Portugal",
    "Singaporean": "Singapore", "Estonian": "Estonia", "Latvian": "Latvia", "Lithuanian": "Lithuania",
    "Czech": "Czech Republic", "Hungarian": "Hungary", "Greek": "Greece", "Romanian": "Romania",
    "Bulgarian": "Bulgaria", "Croatian": "Croatia", "Ukrainian": "Ukraine", "Egyptian": "Egypt",
    "Nigerian": "Nigeria", "Kenyan": "Kenya", "Argentine": "Argentina", "Chilean": "Chile",
    "Colombian": "Colombia", "Icelandic": "Iceland",
}  # fmt: skip
_EN = {**{name: f"US-{code}" for name, code in STATES.items()}, **COUNTRIES}
_EN |= {adjective: _EN[country] for adjective, country in _BY_ADJECTIVE.items()}
_NAMES_EN = sorted(_EN, key=len, reverse=True)
PLACE_EN = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in _NAMES_EN))
_ANY_CASE = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in _NAMES_EN if len(name) > 4), re.I)
PLACE_ZH = re.compile("|".join(sorted(LAWS_ZH, key=len, reverse=True)))
_BY_LOWER = {name.lower(): code for name, code in _EN.items()}

_CITIES = (
    r"北京|上海|天津|重庆|深圳|广州|杭州|南京|苏州|武汉|成都|西安|长沙|郑州|济南|青岛|大连|沈阳|长春|哈尔滨|厦门|福州|"
    r"泉州|合肥|南昌|昆明|贵阳|南宁|海口|石家庄|太原|呼和浩特|兰州|西宁|银川|乌鲁木齐|拉萨|宁波|温州|"
    r"无锡|常州|徐州|南通|东莞|"
    r"佛山|珠海|中山|惠州|烟台|潍坊|洛阳|嘉兴|绍兴|金华|台州|唐山|扬州|镇江|泰州|盐城|雄安|三亚|桂林|柳州|绵阳|宜昌|"
    r"襄阳|株洲|芜湖|赣州|香港|澳门|湛江|汕头|江门"
)
_KNOWN_CITY = re.compile(_CITIES)
PROVINCE = re.compile(
    r"河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|四川|贵州|云南|陕西|"
    r"甘肃|青海|内蒙古|宁夏|新疆"
)
"""As institutions are named after them."""
_ANY_CITY = re.compile(r"(?:[向由在至到于交]|^)?(?P<city>[一-鿿]{2,3}?)市")


def law_en(text: str, any_case: bool = False) -> tuple[str, int, int] | None:
    match = PLACE_EN.search(text) or (_ANY_CASE.search(text) if any_case else None)
    return (_BY_LOWER[match[0].lower()], match.start(), match.end()) if match else None


def court_place_en(name: str) -> str:
    return _BY_ADJECTIVE.get(name, name)


def city_zh(text: str) -> re.Match[str] | None:
    """The city in a text; its name is the group `city` or the whole match."""
    return _KNOWN_CITY.search(text) or _ANY_CITY.search(text)


def latin(city: str) -> str:
    """`长沙` -> `Changsha`."""
    from pypinyin import lazy_pinyin  # half a second of dictionaries that few contracts need

    known = {
        "西安": "Xi'an",
        "哈尔滨": "Harbin",
        "乌鲁木齐": "Urumqi",
        "呼和浩特": "Hohhot",
        "香港": "Hong Kong",
        "澳门": "Macau",
        "新加坡": "Singapore",
        "伦敦": "London",
        "纽约": "New York",
    }
    return known.get(city) or "".join(lazy_pinyin(city)).capitalize()
