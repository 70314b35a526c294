"""Client of the Genomics Annotation Service (GAS)."""

from .client import Client
from .errors import (
    ApiError,
    GasError,
    Interrupted,
    InvalidMessage,
    JobFailed,
    NoResult,
    ReferenceFailed,
    StorageError,
    WaitTimeout,
)
from .messages import Message, read_message
from .models import (
    Account,
    ComparedResults,
    CreatedShareLink,
    CreatedWebhook,
    GenePanel,
    Job,
    JobOptions,
    PrivateReference,
    Reference,
    Result,
    SavedFilter,
    ShareLink,
    Source,
    WebhookView,
)
from .tables import Table, read_table

__all__ = [
    "Account",
    "ApiError",
    "Client",
    "ComparedResults",
    "CreatedShareLink",
    "CreatedWebhook",
    "GasError",
    "GenePanel",
    "Interrupted",
    "InvalidMessage",
    "Job",
    "JobFailed",
    "JobOptions",
    "Message",
    "NoResult",
    "PrivateReference",
    "Reference",
    "ReferenceFailed",
    "Result",
    "SavedFilter",
    "ShareLink",
    "Source",
    "StorageError",
    "Table",
    "WaitTimeout",
    "WebhookView",
    "read_message",
    "read_table",
]
