"""Messages of webhooks, as a receiver verifies and reads them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import datetime

from .errors import InvalidMessage
from .models import Model

TOLERANCE_SECS = 300
"""How much older or newer than the clock of the receiver a message may be, so that an old one cannot be sent again."""


class Message(Model):
    """A message to a webhook."""

    type: str
    """The event, such as `job.completed`, or `webhook.test`."""
    timestamp: datetime
    """When it happened."""
    data: dict[str, object]
    """`job_id`, `file_name`, `status`, `error` of a failed job, and the links `page` and `api`."""


def read_message(secret: str, headers: Mapping[str, str], body: bytes) -> Message:
    """Verifies a message with the secret of its webhook, and reads it. `body` has the bytes as they were received.

    A message may arrive twice, with the same header `webhook-id`. Raises InvalidMessage if it is not signed with the
    secret, or is more than 5 minutes old.
    """
    known = {name.lower(): value for name, value in headers.items()}
    try:
        identifier, sent_at = known["webhook-id"], int(known["webhook-timestamp"])
        signatures = known["webhook-signature"].split()
    except KeyError as missing:
        raise InvalidMessage(f"the header {missing} is missing; is this a message of a webhook?") from None
    except ValueError:
        raise InvalidMessage("the header webhook-timestamp is no number of seconds") from None
    if abs(time.time() - sent_at) > TOLERANCE_SECS:
        raise InvalidMessage("the message is more than 5 minutes old or new; compare the clock of this machine")
    expected = signature(secret, identifier, sent_at, body)
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures):
        raise InvalidMessage("the message is not signed with this secret, or its bytes were changed")
    try:
        return Message.model_validate_json(body)
    except ValueError as error:
        raise InvalidMessage(
            f"the message is of a form that this version of gas-client does not know: {error}"
        ) from None


def signature(secret: str, identifier: str, sent_at: int, body: bytes) -> str:
    """The header `webhook-signature` of a message, sent at a Unix time in seconds."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{sent_at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
