"""What somebody may do for a customer, and how it went."""

from __future__ import annotations

from typing import Literal, get_args

How = Literal["call", "visit", "wechat", "mail"]
Outcome = Literal["reached", "not_reached", "interested", "not_now", "not_interested", "wrong_person"]

HOWS: tuple[How, ...] = get_args(How)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
ContactRole = Literal["decision_maker", "user", "finance", "technical", "purchasing", "other"]
"""What somebody at the customer has to do with a purchase."""
CONTACT_ROLES: tuple[ContactRole, ...] = get_args(ContactRole)
