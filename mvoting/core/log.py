"""One JSON line per event. Fields are ids and figures: never a secret, a text of a person, or a choice."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_logger = logging.getLogger("mvoting")


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logging() -> None:
    """Send every logger of this process to standard error as JSON lines."""
    # The real one: in Celery's pool processes sys.stderr is a stand-in that writes to the loggers, and drops what they write.
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("pymongo").setLevel(logging.WARNING)


def event(name: str, *, level: int = logging.INFO, exc_info: bool = False, **fields: Any) -> None:
    """Log that something happened, for example `event("voting.poll_opened", poll_id=poll.id)`."""
    _logger.log(level, name, extra={"fields": fields}, exc_info=exc_info)
