"""The references and sources that files are annotated with, and references of one's own."""

from __future__ import annotations

import time
from pathlib import Path

from .connection import Connected, is_transient, part_of_path
from .errors import GasError, ReferenceFailed, WaitTimeout
from .models import (
    PrivateReference,
    PrivateReferenceList,
    Reference,
    ReferenceList,
    Source,
    SourceList,
    SourcePart,
    SourceParts,
)
from .unfinished import FileVersion
from .uploads import PARALLEL_PARTS, send_parts

FIRST_POLL_SECS = 1.0
MAX_POLL_SECS = 15.0
"""How often the status of a reference is asked for: often at first, then less."""


class References(Connected):
    """What lists references and sources, and adds and deletes references of one's own."""

    def references(self) -> tuple[Reference, ...]:
        """The references that jobs can choose."""
        return self._connection.get("/references", ReferenceList).references

    def sources(self) -> tuple[Source, ...]:
        """The sources that jobs can choose."""
        return self._connection.get("/sources", SourceList).sources

    def private_references(self) -> PrivateReferenceList:
        """All references of one's own with their states, and the limits for them."""
        return self._connection.get("/references/private", PrivateReferenceList)

    def private_reference(self, reference: PrivateReference | str) -> PrivateReference:
        """A reference of one's own in its current state. Its id is such as `private/GRCh38/my-genes`."""
        return self._connection.get(_path(reference), PrivateReference)

    def add_reference(
        self,
        name: str,
        assembly: str,
        fasta: str | Path,
        gene_models: str | Path,
        *,
        parallel_parts: int = PARALLEL_PARTS,
    ) -> PrivateReference:
        """Uploads sequences (FASTA) and gene models (GFF3 or GTF), plain, gzip or bgzip, and starts the build.

        `wait_for_reference` waits for its end. Needs the Premium plan. If the upload fails, the reference is deleted.
        """
        files = {"fasta": Path(fasta), "gene_models": Path(gene_models)}
        versions = {role: FileVersion(path) for role, path in files.items()}

        def check() -> None:
            for role, path in files.items():
                if FileVersion(path) != versions[role]:
                    raise GasError(f"{path} has changed while it was uploaded; add the reference again")

        def path_of(part: SourcePart) -> Path:
            if part.file not in files:
                raise GasError(f"the service asks for the unknown file {part.file!r}; update gas-client")
            return files[part.file]

        described = {role: {"file_name": path.name, "size_bytes": versions[role].size} for role, path in files.items()}
        new = {"name": name, "assembly": assembly, **described}
        request = self._connection.request
        added = SourceParts.model_validate(request("POST", "/references", json=new).json())
        path = _path(added.id)
        try:
            send_parts(
                self._connection,
                added.parts,
                path_of,
                lambda: SourceParts.model_validate(request("POST", f"{path}/parts").json()).parts,
                parallel_parts,
                check,
            )
            return PrivateReference.model_validate(request("POST", f"{path}/submit").json())
        except BaseException:
            self._discard(added.id)
            raise

    def wait_for_reference(self, reference: PrivateReference | str, timeout: float | None = None) -> PrivateReference:
        """Waits until a reference is built, for at most `timeout` seconds.

        Raises ReferenceFailed if it cannot be built, and WaitTimeout if the time is over.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        interval = FIRST_POLL_SECS
        while True:
            current = self.private_reference(reference)
            if current.status == "ready":
                return current
            if current.status not in ("uploading", "building"):
                raise ReferenceFailed(current)
            if deadline is not None and time.monotonic() + interval > deadline:
                raise WaitTimeout(current)
            time.sleep(interval)
            interval = min(1.5 * interval, MAX_POLL_SECS)

    def delete_reference(self, reference: PrivateReference | str) -> None:
        """Deletes a reference of one's own. Results that were made with it stay."""
        self._connection.remove(_path(reference))

    def _discard(self, reference: str) -> None:
        """Otherwise it would count towards the limits for a day."""
        try:
            self.delete_reference(reference)
        except Exception as error:
            # The service deletes it later. The error that is reported is the cause.
            if not isinstance(error, GasError) and not is_transient(error):
                raise


def _path(reference: PrivateReference | str) -> str:
    name = reference.id if isinstance(reference, PrivateReference) else reference
    return "/references/" + "/".join(part_of_path(part) for part in name.split("/"))
