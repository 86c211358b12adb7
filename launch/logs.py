"""How log lines look: one event with its fields, the case it belongs to, and never a secret.

Everything that logs, ours through structlog and libraries through `logging`, comes out the same way on stderr.
A workflow's or activity's lines carry `case`, its workflow id; elsewhere
`structlog.contextvars.bind_contextvars(case=...)` says it for all that follows in the same task.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

Event = MutableMapping[str, Any]
SECRET_NAME = re.compile(r"password|passwd|secret|token|authorization|cookie|api_key|totp", re.IGNORECASE)
SECRET_IN_URL = re.compile(r"(?<=://)([^/@:\s]*):[^/@\s]+@")
BEARER = re.compile(r"(?<=Bearer )[\w.~+/-]+=*")
HIDDEN = "***"
TEMPORAL = ("temporal_workflow", "temporal_activity")


def configure_logs(form: Literal["console", "json"], level: int = logging.INFO) -> None:
    """Call once, where a process starts."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # before secrets are hidden: an error may quote one
        _name_the_case,
        _hide_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("httpx", "httpcore", "alembic.runtime.plugins", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def _name_the_case(logger: Any, method: str, event: Event) -> Event:
    """Temporal's loggers bring a dictionary of their own: of it, the case, the activity and its attempt are ours."""
    event.pop("color_message", None)  # uvicorn's second copy of its message
    for key in TEMPORAL:
        about = event.pop(key, None)
        if isinstance(about, dict):
            event.setdefault("case", about.get("workflow_id"))
            if "activity_type" in about:
                event["activity"], event["attempt"] = about["activity_type"], about.get("attempt")
    return event


def _hide_secrets(logger: Any, method: str, event: Event) -> Event:
    for name, value in event.items():
        event[name] = HIDDEN if SECRET_NAME.search(name) and value else _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return BEARER.sub(HIDDEN, SECRET_IN_URL.sub(rf"\1:{HIDDEN}@", value))
    if isinstance(value, dict):
        return {key: HIDDEN if SECRET_NAME.search(str(key)) else _masked(inner) for key, inner in value.items()}
    return value
