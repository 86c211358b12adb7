"""Tickets taken in: many at once, each once."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from api.services import Services
from commands.ticket_intake import AT_ONCE, Inbound
