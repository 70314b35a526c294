"""Comparisons of the results of two jobs."""

from __future__ import annotations

import uuid

from .connection import Connected, job_id, job_path
from .models import ComparedResults, Job


class Comparisons(Connected):
    """What compares results."""

    def compare(
        self, first: Job | uuid.UUID | str, second: Job | uuid.UUID | str, kind: str | None = None
    ) -> ComparedResults:
        """Compares two results: the counts, and the first 200 differences of all kinds or of one.

        The kinds are `only_first`, `only_second`, `consequence` and `impact`. `download_differences` saves any
        number.
        """
        params = {"other": job_id(second)} | ({"kind": kind} if kind else {})
        return self._connection.get(f"{job_path(first)}/comparison", ComparedResults, params)
