"""What somebody may do for a customer, and how it went."""

from __future__ import annotations

from typing import Literal

How = Literal["call", "visit", "wechat", "mail"]
Outcome = Literal["reached", "not_reached", "interested", "not_now", "not_interested", "wrong_person"]
