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


class JobPart(Model):
    """A part of a file."""

    offset: int
    length: int
    url: str


class JobParts(Model):
    """The next parts of a file: the first ones that storage has not received."""

    size_bytes: int
    missing_bytes: int
    parts: tuple[JobPart, ...]
    expires_at: datetime


class CreatedJob(Model):
    """A created job, and the upload of its file if it was not submitted before: a form or the first parts."""

    job: Job
    upload: Upload | None = None
    parts: JobParts | None = None


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
    canonical: int
    mane_select: int
    mane_plus_clinical: int
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


class PrivateReference(Model):
    """A reference of one's own."""

    id: str
    """The id, for the option `reference` of a job."""
    status: str
    """`uploading`, `building`, `ready`, `failed` or `deleting`."""
    added_at: datetime
    fasta: str
    """The name of the file with sequences."""
    gene_models: str
    """The name of the file with gene models."""
    reason: str | None = None
    """Why it failed."""
    notes: tuple[str, ...] = ()
    """Counts of left-out gene models with their reasons, and other notes of the build."""
    bytes: int | None = None
    contigs: int | None = None
    genes: int | None = None
    transcripts: int | None = None
    sha256: str | None = None


class PrivateReferenceList(Model):
    """All references of one's own, and the limits for them."""

    references: tuple[PrivateReference, ...]
    is_offered: bool
    """Whether the service has private references."""
    is_usable: bool
    """Whether the plan includes them."""
    bytes: int
    max_bytes: int
    max_count: int
    keep_days: int
    """The days for which references are kept after the plan has ended."""
    deleted_at: datetime | None = None
    """When they are deleted, as the plan has ended."""


class SourcePart(Model):
    """A part of a file of a private reference."""

    file: str
    """`fasta` or `gene_models`."""
    offset: int
    length: int
    url: str


class SourceParts(Model):
    """The next parts of the files of a private reference."""

    id: str
    missing_bytes: int
    parts: tuple[SourcePart, ...]
    expires_at: datetime


class ShareLink(Model):
    """A share link to a result."""

    id: UUID
    job_id: UUID
    allows_downloads: bool
    created_at: datetime
    expires_at: datetime
    opened: int
    """How often its page was opened."""
    last_opened_at: datetime | None = None


class CreatedShareLink(Model):
    """A new share link."""

    url: str
    """The address to pass on. It is returned only once, and not printed with the object."""
    link: ShareLink

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return [("link", self.link)]


class WebhookHealth(Model):
    """Whether a webhook works."""

    state: str
    """`active`, `failing` or `disabled`."""
    since: datetime | None = None


class DeliveryOutcome(Model):
    """How the delivery of a message went."""

    state: str
    """`pending`, `delivered` or `failed`."""
    at: datetime | None = None
    next_attempt_at: datetime | None = None
    problem: str | None = None
    """Why the last attempt failed."""


class DeliveryView(Model):
    """A message to a webhook."""

    id: str
    event: str
    created_at: datetime
    attempts: int
    outcome: DeliveryOutcome


class WebhookView(Model):
    """A webhook, with its newest messages."""

    id: UUID
    url: str
    events: tuple[str, ...]
    """`job.completed`, `job.failed`, `job.archived` or `job.restored`."""
    created_at: datetime
    health: WebhookHealth
    deliveries: tuple[DeliveryView, ...]


class CreatedWebhook(Model):
    """A new webhook."""

    webhook: WebhookView
    secret: str
    """What signs its messages. It is returned only once, and not printed with the object."""

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return [("webhook", self.webhook)]


class SavedFilter(Model):
    """A filter that is saved for the results explorer."""

    id: UUID
    name: str
    filter: dict[str, object]
    """Which records: what the address of the results explorer has after `filter=`."""
    sort: dict[str, object]
    updated_at: datetime
    columns: str | None = None


class GenePanel(Model):
    """Genes that are saved for the results explorer."""

    id: UUID
    name: str
    genes: tuple[str, ...]
    updated_at: datetime


class AnnotatedRecord(Model):
    """How a result annotates a record."""

    number: int
    """The number of the record in the result, from 0."""
    consequence: str | None = None
    """The most severe consequence."""
    impact: str | None = None
    """The highest impact."""
    gene: str | None = None


class Difference(Model):
    """A record that is not the same in two results. `first` or `second` is None if that result does not have it."""

    chrom: str
    pos: int
    reference: str
    alt: str
    first: AnnotatedRecord | None = None
    second: AnnotatedRecord | None = None


class ComparedResults(Model):
    """How the results of two jobs differ."""

    notes: tuple[str, ...]
    """In what the runs of the jobs differ, such as the reference, as sentences."""
    first_records: int
    second_records: int
    both: int
    only_first: int
    only_second: int
    consequence: int
    """The records of both with different most severe consequences."""
    impact: int
    """The records of both with different highest impacts."""
    differences: tuple[Difference, ...]
    """The first 200, by contig and position."""
