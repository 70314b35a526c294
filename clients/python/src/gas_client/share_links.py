"""Share links, with which others read a result."""

from __future__ import annotations

import uuid

from .connection import Connected, job_path, part_of_path
from .models import CreatedShareLink, Job, ShareLink


class ShareLinks(Connected):
    """What lists, makes and revokes share links."""

    def share_links(self, job: Job | uuid.UUID | str) -> tuple[ShareLink, ...]:
        """The links to the result of a job, newest first, with how often each was opened."""
        return self._connection.list(f"{job_path(job)}/links", ShareLink)

    def share(self, job: Job | uuid.UUID | str, days: int = 7, *, allows_downloads: bool = True) -> CreatedShareLink:
        """Makes a link to the result of a job, for 1, 7, 30 or 90 days. Whoever has its address can read the result.

        The address is returned only once. The token needs `jobs:read` and `jobs:write`.
        """
        new = {"days": days, "allows_downloads": allows_downloads}
        answer = self._connection.request("POST", f"{job_path(job)}/links", json=new)
        return CreatedShareLink.model_validate(answer.json())

    def revoke_share_link(self, link: ShareLink | uuid.UUID | str, job: Job | uuid.UUID | str | None = None) -> None:
        """Revokes a link, which opens nothing from now on. The job is needed if the link is given by its id."""
        if isinstance(link, ShareLink):
            job, link = link.job_id, link.id
        if job is None:
            raise TypeError("give the job of the link, too")
        self._connection.remove(f"{job_path(job)}/links/{part_of_path(link)}")
