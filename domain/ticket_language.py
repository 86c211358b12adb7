"""In which language somebody writes, as far as it decides how they are answered."""


def spoken(text: str) -> str | None:
    """zh_CN where there is Chinese, en where there are only Latin letters; None where it cannot be told."""
    letters = [letter for letter in text[:2_000] if letter.isalpha()]
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in letters)
    if chinese:
        return "zh_CN"
    latin = sum(letter < "\u0250" for letter in letters)
    return "en" if len(letters) >= 8 and latin * 10 >= len(letters) * 9 else None
