"""Filters and gene panels that are saved for the results explorer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from .connection import Connected, part_of_path
from .models import GenePanel, SavedFilter


class Saved(Connected):
    """What lists and changes saved filters and gene panels. Either is named by its id."""

    def saved_filters(self) -> tuple[SavedFilter, ...]:
        """All saved filters, by name."""
        return self._connection.list("/saved-filters", SavedFilter)

    def save_filter(
        self,
        name: str,
        filter: Mapping[str, object],
        *,
        sort: Mapping[str, object] | None = None,
        columns: str | None = None,
    ) -> None:
        """Saves a filter, in place of one of the same name.

        The filter is what the address of the results explorer has after `filter=`; `sort` has a `key` and a
        `direction`.
        """
        given = {"sort": sort, "columns": columns}
        new = {"name": name, "filter": filter} | {key: value for key, value in given.items() if value is not None}
        self._connection.request("POST", "/saved-filters", json=new)

    def rename_saved_filter(self, saved: SavedFilter | uuid.UUID | str, name: str) -> None:
        """Renames a saved filter."""
        self._connection.request("PATCH", _filter_path(saved), json={"name": name})

    def delete_saved_filter(self, saved: SavedFilter | uuid.UUID | str) -> None:
        """Deletes a saved filter."""
        self._connection.remove(_filter_path(saved))

    def gene_panels(self) -> tuple[GenePanel, ...]:
        """All gene panels, by name."""
        return self._connection.list("/gene-panels", GenePanel)

    def save_gene_panel(self, name: str, genes: Iterable[str]) -> None:
        """Saves the symbols of genes as a panel, in place of one of the same name."""
        if isinstance(genes, str):
            raise TypeError("genes is a list of texts, not one text")
        self._connection.request("POST", "/gene-panels", json={"name": name, "genes": list(genes)})

    def rename_gene_panel(self, panel: GenePanel | uuid.UUID | str, name: str) -> None:
        """Renames a gene panel."""
        self._connection.request("PATCH", _panel_path(panel), json={"name": name})

    def delete_gene_panel(self, panel: GenePanel | uuid.UUID | str) -> None:
        """Deletes a gene panel."""
        self._connection.remove(_panel_path(panel))


def _filter_path(saved: SavedFilter | uuid.UUID | str) -> str:
    return f"/saved-filters/{part_of_path(saved.id if isinstance(saved, SavedFilter) else saved)}"


def _panel_path(panel: GenePanel | uuid.UUID | str) -> str:
    return f"/gene-panels/{part_of_path(panel.id if isinstance(panel, GenePanel) else panel)}"
