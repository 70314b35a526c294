"""Webhooks: URLs that the service calls when something happens to jobs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from .connection import Connected, part_of_path
from .models import CreatedWebhook, WebhookView


class Webhooks(Connected):
    """What lists and changes webhooks. A webhook is named by its id."""

    def webhooks(self) -> tuple[WebhookView, ...]:
        """All webhooks, the oldest first, each with its newest messages."""
        return self._connection.list("/webhooks", WebhookView)

    def add_webhook(self, url: str, events: Iterable[str] = ("job.completed", "job.failed")) -> CreatedWebhook:
        """Creates a webhook for some events: `job.completed`, `job.failed`, `job.archived` or `job.restored`.

        Its secret, with which receivers verify messages, is returned only once. The token needs `jobs:read` and
        `jobs:write`.
        """
        if isinstance(events, str):
            raise TypeError("events is a list of texts, not one text")
        new = {"url": url, "events": list(events)}
        return CreatedWebhook.model_validate(self._connection.request("POST", "/webhooks", json=new).json())

    def test_webhook(self, webhook: WebhookView | uuid.UUID | str) -> None:
        """Sends a test message. Its outcome is in the `deliveries` of the webhook a few seconds later."""
        self._connection.request("POST", f"{_path(webhook)}/test")

    def enable_webhook(self, webhook: WebhookView | uuid.UUID | str) -> None:
        """Enables a webhook that was disabled because it failed for too long."""
        self._connection.request("POST", f"{_path(webhook)}/enable")

    def delete_webhook(self, webhook: WebhookView | uuid.UUID | str) -> None:
        """Deletes a webhook. Messages that are not delivered yet are discarded."""
        self._connection.remove(_path(webhook))


def _path(webhook: WebhookView | uuid.UUID | str) -> str:
    return f"/webhooks/{part_of_path(webhook.id if isinstance(webhook, WebhookView) else webhook)}"
