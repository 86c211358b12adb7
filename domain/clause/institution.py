"""Arbitral institutions, as contracts name them, and what we call them."""

from __future__ import annotations

INSTITUTIONS = (
    (
        r"中国国际经济贸易仲裁委员会|贸仲|China International Economic and Trade Arbitration Commission|\bCIETAC\b",
        "CIETAC",
    ),
    (
        r"上海国际经济贸易仲裁委员会|上海国际仲裁中心|"
        r"Shanghai International (?:Economic and Trade )?Arbitration (?:Commission|Center|Centre)|\bSHIAC\b",
        "SHIAC",
    ),
    (
        r"深圳国际仲裁院|华南国际经济贸易仲裁委员会|深圳仲裁委员会|"
        r"Shenzhen Court of International Arbitration|\bSCIA\b",
        "SCIA",
    ),
    (
        r"北京仲裁委员会|北京国际仲裁中心|Beijing (?:International )?Arbitration (?:Commission|Center)|"
        r"\bBAC\b|\bBIAC\b",
        "BAC",
    ),
    (r"香港国际仲裁中心|Hong Kong International Arbitration Cent(?:re|er)|\bHKIAC\b", "HKIAC"),
    (r"新加坡国际仲裁中心|Singapore International Arbitration Cent(?:re|er)|\bSIAC\b", "SIAC"),
    (r"国际商会(?:国际)?仲裁院?|International Chamber of Commerce|\bICC\b", "ICC"),
    (r"伦敦国际仲裁院|London Court of International Arbitration|\bLCIA\b", "LCIA"),
    (r"International Cent(?:re|er) for Dispute Resolution|\bICDR\b", "ICDR"),
    (r"美国仲裁协会|American Arbitration Association|\bAAA\b", "AAA"),
    (r"\bJAMS\b", "JAMS"),
    (r"\bDIS\b|German (?:Arbitration Institute|Institution of Arbitration)", "DIS"),
    (r"Stockholm Chamber of Commerce|斯德哥尔摩商会|\bSCC\b", "SCC"),
    (r"Swiss (?:Rules|Arbitration Centre)", "SWISS"),
    (r"\bWIPO\b|World Intellectual Property Organi[sz]ation", "WIPO"),
    (r"中国海事仲裁委员会|China Maritime Arbitration Commission|\bCMAC\b", "CMAC"),
    (r"日本商事仲裁协会|Japan Commercial Arbitration Association|\bJCAA\b", "JCAA"),
    (r"London Maritime Arbitrators|\bLMAA\b", "LMAA"),
    (r"\bVIAC\b|Vienna International Arbitral Cent(?:re|er)", "VIAC"),
    (r"\bDIAC\b|Dubai International Arbitration", "DIAC"),
    (r"\bUNCITRAL\b|贸易法委员会", "UNCITRAL"),
)
