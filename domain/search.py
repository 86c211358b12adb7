"""Temporal search attributes: few and generic, since SQL visibility stores have few slots; no personal data."""

from __future__ import annotations

SEARCH_ATTRIBUTES = {
    "CrmRecord": "Keyword",  # a record's number or id
    "CrmLine": "Keyword",  # the line from lead to cash it belongs to
    "CrmRegion": "Keyword",
    "CrmOwner": "Keyword",
    "CrmStage": "Keyword",
    "CrmAmount": "Double",
    "CrmDue": "Datetime",
    "CrmTrouble": "Keyword",  # the activity on our own database that it tries in vain; none: all is well
}
