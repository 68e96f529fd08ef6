"""What `serve` says beside its access log: failures on stderr, and where it listens on stdout, as text or as JSON."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JSONFormatter(logging.Formatter):
    """A record as one line of JSON: time, level, logger and message, with the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = {
            "time": _time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logs(log_format: str) -> None:
    """Send what is logged to stderr.

    Args:
        log_format: "text" or "json".
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JSONFormatter() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler])


def uvicorn_logs(log_format: str) -> dict[str, Any]:
    """How uvicorn is to log: as we do, on stderr, and what it has to say of itself too."""
    formatter: dict[str, Any] = {"()": JSONFormatter} if log_format == "json" else {"format": _TEXT}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"uvicorn": {"level": "INFO"}},
    }


def announced(text: str, log_format: str, **values: object) -> str:
    """A line of the program's own for stdout."""
    if log_format != "json":
        return text
    return json.dumps({"time": _time(datetime.now(UTC).timestamp()), "level": "INFO", "message": text, **values})


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
