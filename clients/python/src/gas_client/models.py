"""The objects of the API. Fields that a newer service adds are ignored, and texts may have values that are not named here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

FINAL = frozenset({"completed", "failed", "cancelled"})
"""The statuses that a job keeps."""


class Model(BaseModel):
    """An object that the service returns."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Problem(Model):
    """An error of the API."""

    code: str
    detail: str
    request_id: UUID
    status: int
    title: str
    type: str


class Account(Model):
    """The account that owns the token."""

    id: UUID
    name: str
    email: str
    plan: str
    """`free` or `premium`."""
    billing: str = "stripe"
    """How users get Premium: `stripe` for a subscription, `none` if every user has it."""
    max_upload_bytes: int


class JobOptions(BaseModel):
    """What a file is annotated with, and what is written. Options that are not set have the defaults of the service."""

    model_config = ConfigDict(extra="forbid")

    reference: str | None = None
    """The id of a reference. Without it, the service chooses the one that fits the file."""
    sources: list[str] | None = None
    """The ids of the sources; an empty list stands for none, None for all that fit."""
    transcripts: str | None = None
    """`all`, `mane-canonical` or `coding`."""
    selection: str | None = None
    """Which annotations of an allele are written: `all`, `pick`, `flag-pick`, `per-gene` or `most-severe`."""
    layout: str | None = None
    """`csq`, `ann` or `bcsq`."""
    hgvs: bool | None = None
    """Whether HGVS descriptions are written."""


class UsedSource(Model):
    """A source that a file was annotated with."""

    id: str
    label: str
    sha256: str


class Provenance(Model):
    """What a file was annotated with, besides the options of its job."""

    assembly: str
    reference: str
    reference_sha256: str
    gene_set: str | None = None
    engine: str | None = None
    sources: tuple[UsedSource, ...] = ()


class Result(Model):
    """An annotated file."""

    state: str
    """`available`, `archived` or `restoring`."""
    records: int
    """The number of VCF records."""
    variants: int
    """The number of annotated VCF records."""
    size_bytes: int
    downloadable_until: datetime | None = None
    """The end of the download window of the Free plan."""
    archived_at: datetime | None = None
    restore_tier: str | None = None
    provenance: Provenance | None = None


class AssemblyMismatch(Model):
    """Why a file was rejected because of its assembly."""

    chosen: str
    found: str
    fitting: tuple[str, ...] = ()


class Failure(Model):
    """Why a job failed."""

    kind: str
    """`input`: fix the file; `service`: run the job again."""
    reason: str
    code: str | None = None
    assembly_mismatch: AssemblyMismatch | None = None


class Warning(Model):
    """A reason why variants of a completed job are not annotated."""

    code: str
    count: int
    message: str


class Progress(Model):
    """The progress of an annotation."""

    percent: float
    step: str
    variants: int


class Job(Model):
    """An annotation job."""

    id: UUID
    file_name: str
    status: str
    """`uploading`, `pending`, `running`, `completed`, `failed` or `cancelled`."""
    submitted_at: datetime
    warnings: tuple[Warning, ...]
    title: str | None = None
    """What pages show instead of the file's name."""
    labels: tuple[str, ...] = ()
    project: str | None = None
    note: str | None = None
    size_bytes: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    input_deleted_at: datetime | None = None
    options: dict[str, object] | None = None
    progress: Progress | None = None
    failure: Failure | None = None
    result: Result | None = None

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self.status in FINAL


class FormField(Model):
    """A field of the form of an upload."""

    name: str
    value: str


class Upload(Model):
    """How a file is uploaded."""

    url: str
    fields: tuple[FormField, ...]
    content_type: str
    expires_at: datetime


class CreatedJob(Model):
    """A created job, and the upload of its file if it was not submitted before."""

    job: Job
    upload: Upload | None = None


class JobList(Model):
    """A page of jobs."""

    jobs: tuple[Job, ...]
    next_cursor: str | None = None


class Link(Model):
    """A link to a file, valid for a minute."""

    url: str


class Reference(Model):
    """A genome with genes that files are annotated with."""

    id: str
    assembly: str
    species: str
    is_default: bool
    sha256: str
    contigs: int
    genes: int
    transcripts: int
    gene_set: str | None = None
    attribution: str | None = None
    license: str | None = None


class ReferenceList(Model):
    """All references."""

    references: tuple[Reference, ...]


class Source(Model):
    """What a provider knows about variants, positions, regions or genes."""

    id: str
    label: str
    assembly: str
    columns: tuple[str, ...]
    license: str
    attribution: str
    noncommercial: bool
    sha256: str


class SourceList(Model):
    """All sources."""

    sources: tuple[Source, ...]
