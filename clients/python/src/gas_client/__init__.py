"""Client of the Genomics Annotation Service (GAS)."""

from .client import Client
from .errors import ApiError, GasError, JobFailed, NoResult, WaitTimeout
from .models import Account, Job, JobOptions, Reference, Result, Source
from .tables import Table, read_table

__all__ = [
    "Account",
    "ApiError",
    "Client",
    "GasError",
    "Job",
    "JobFailed",
    "JobOptions",
    "NoResult",
    "Reference",
    "Result",
    "Source",
    "Table",
    "WaitTimeout",
    "read_table",
]
