"""Loads annotated VCF files as tables: one row for each annotation of a record.

Columns are CHROM to FILTER of the record, the fields of the annotation that its header line names, and INFO keys and
genotypes on request. Texts are as in the file, and None where it has nothing.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .errors import NoResult

if TYPE_CHECKING:
    import pandas
    import polars

TAGS = ("CSQ", "ANN", "BCSQ")
"""The INFO keys of annotations: of VEP's format, the ANN standard, and bcftools csq."""

RECORD = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER")
"""The columns of the record itself. POS is an integer, QUAL a number."""

# The fields of an annotation in the description of its header line: "Format: A|B" or "'A | B'".
FORMAT = re.compile(r"""(?:Format:\s*|')(?P<fields>[^"']*\|[^"']*?)\s*['"]""")


@dataclass(frozen=True)
class Table:
    """The annotations of a file, column by column."""

    columns: dict[str, list[Any]]
    """The values by the name of their column; all columns have one value for each row."""

    def __len__(self) -> int:
        return len(self.columns["CHROM"])

    def to_pandas(self) -> pandas.DataFrame:
        """As a DataFrame of pandas (`pip install "./clients/python[pandas]"`)."""
        import pandas

        return pandas.DataFrame(self.columns)

    def to_polars(self) -> polars.DataFrame:
        """As a DataFrame of polars (`pip install "./clients/python[polars]"`)."""
        import polars

        kinds = {"POS": polars.Int64, "QUAL": polars.Float64}
        return polars.DataFrame(self.columns, schema={name: kinds.get(name, polars.String) for name in self.columns})


def read_table(path: str | Path, *, info: Iterable[str] = (), samples: bool = False) -> Table:
    """Reads an annotated file, plain or BGZF.

    `info` names INFO keys that become columns `INFO/KEY`; with `samples`, each sample's genotype is a column
    `NAME/GT`. Records without an annotation have one row. Raises NoResult if the header has no annotation.
    """
    path = Path(path)
    with path.open("rb") as file:
        is_compressed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8") if is_compressed else path.open(encoding="utf-8") as lines:
        return _read(lines, tuple(info), samples, path)


def _read(lines: Iterable[str], info: tuple[str, ...], samples: bool, path: Path) -> Table:
    tag: str | None = None
    fields: list[str] = []
    columns: dict[str, list[Any]] = {}
    names: list[str] = []
    for line in lines:
        line = line.rstrip("\r\n")
        if line.startswith("##"):
            if (found := _definition(line)) and (tag is None or TAGS.index(found[0]) < TAGS.index(tag)):
                tag, fields = found
            continue
        if line.startswith("#"):
            if tag is None:
                raise NoResult(f"{path} has no header line of {', '.join(TAGS)}")
            names = [f"{name}/GT" for name in line.split("\t")[9:]] if samples else []
            columns = {name: [] for name in (*RECORD, *fields, *(f"INFO/{key}" for key in info), *names)}
            continue
        if line and tag is not None:
            for row in _rows(line, tag, fields, info, len(names)):
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)
    if not columns:
        raise NoResult(f"{path} is not a VCF file with a header")
    return Table(columns)


def _definition(line: str) -> tuple[str, list[str]] | None:
    """The tag and the fields of an annotation's header line."""
    for tag in TAGS:
        if line.startswith(f"##INFO=<ID={tag},") and (found := FORMAT.search(line)):
            # A field with the name of a column of the record is told apart by its tag.
            fields = [field.strip() for field in found["fields"].split("|")]
            return tag, [f"{tag}/{field}" if field in RECORD else field for field in fields]
    return None


def _rows(line: str, tag: str, fields: list[str], info: tuple[str, ...], samples: int) -> Iterator[list[Any]]:
    """The rows of a record."""
    parts = line.split("\t")
    chrom, pos, *texts = (None if part == "." else part for part in parts[:7])
    ids, ref, alt, qual, filters = texts
    record = [chrom, int(pos) if pos else None, ids, ref, alt, float(qual) if qual else None, filters]
    keys = dict(item.partition("=")[::2] for item in parts[7].split(";"))
    values = [(keys[key] or "true") if key in keys else None for key in info]
    calls: list[str | None] = []
    if samples:
        at = parts[8].split(":").index("GT") if "GT" in parts[8].split(":") else None
        calls = [None if at is None else part.split(":")[at] for part in parts[9 : 9 + samples]]
    for annotation in keys[tag].split(",") if keys.get(tag) else [""]:
        # VCF writes reserved characters in percent-encoding (VCF 4.3, 1.2).
        entry = [unquote(value) or None for value in annotation.split("|")]
        entry = (entry + [None] * len(fields))[: len(fields)]
        yield [*record, *entry, *values, *calls]
