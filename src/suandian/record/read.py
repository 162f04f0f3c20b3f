"""Reading a run folder: tables load when they are first asked for, and are checked against their
schema.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from suandian.model.issues import RecordError
from suandian.record.folder import RunFolder
from suandian.record.schemas import CERTIFICATE, KPIS, LEDGER, SCENARIO, STATEMENT, require_schema


@dataclass(frozen=True, eq=False)
class Run:
    """A run folder that was opened: `record` is run.json; tables as in `record.schemas`.

    Every property raises RecordError where its file is missing or damaged.
    """

    path: Path
    record: dict[str, Any]

    @cached_property
    def nodes(self) -> pl.DataFrame:
        """What stands where."""
        return self.table("nodes")

    @cached_property
    def network(self) -> pl.DataFrame:
        """Lines with their impedances and ratings."""
        return self.table("network")

    @cached_property
    def steps(self) -> pl.DataFrame:
        """Begin and end of every step."""
        return self.table("steps")

    @cached_property
    def flows(self) -> pl.DataFrame:
        """Realised energy from node to node [Wh]."""
        return self.table("flows")

    @cached_property
    def levels(self) -> pl.DataFrame:
        """Energy in each store at the start and after each step [Wh]."""
        return self.table("levels")

    @cached_property
    def prices(self) -> pl.DataFrame:
        """Prices and carbon intensities at buses and sites."""
        return self.table("prices")

    @cached_property
    def bills(self) -> pl.DataFrame:
        """What the sites owe for each step, by kind of charge [1/10000 currency]."""
        return self.table("bills")

    @cached_property
    def plans(self) -> pl.DataFrame:
        """The part of each booked plan that was in force."""
        return self.table("plans")

    @cached_property
    def jobs(self) -> pl.DataFrame:
        """Jobs and what became of them."""
        return self.table("jobs")

    @cached_property
    def series(self) -> pl.DataFrame:
        """Time-varying inputs as used."""
        return self.table("series")

    @cached_property
    def statement(self) -> pl.DataFrame:
        """statement.csv, every column as text (amounts are decimal numbers, not floats)."""
        file = self._file(STATEMENT)
        try:
            # as texts: amounts are decimals, and a reader's float would change the cents
            return pl.read_csv(file, infer_schema=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise RecordError(f"{file} is damaged: {error}") from error

    @cached_property
    def kpis(self) -> dict[str, dict[str, Any]]:
        """Figures by name: value, unit, method, status."""
        return dict(self._json(KPIS, dict))

    @cached_property
    def certificates(self) -> list[dict[str, Any]]:
        """One record per solve, each with the certificate of its answer."""
        return list(self._json(CERTIFICATE, list))

    @cached_property
    def scenario(self) -> str:
        """The resolved scenario as TOML."""
        return self._file(SCENARIO).read_text(encoding="utf-8")

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self._file(LEDGER)

    def has(self, name: str) -> bool:
        """Whether the folder has a file of this name."""
        return (self.path / name).is_file()

    def table(self, name: str) -> pl.DataFrame:
        """Return a table of `record.schemas`."""
        file = self._file(f"{name}.parquet")
        try:
            table = pl.read_parquet(file)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise RecordError(f"{file} is damaged: {error}") from error
        # a file of another version is refused here, not three joins later
        require_schema(name, table.schema)
        return table

    def _file(self, name: str) -> Path:
        file = self.path / name
        # a run that was stopped has no tables yet: its state says why
        if not file.is_file():
            raise RecordError(f"{self.path} has no {name} (state: {self.record['state']})")
        return file

    def _json(self, name: str, kind: type) -> Any:
        file = self._file(name)
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordError(f"{file} is damaged: {error}") from error
        if not isinstance(data, kind):
            raise RecordError(f"{file} is damaged: not a JSON {kind.__name__}")
        return data


def open_run(path: Path | str) -> Run:
    """Return the run in folder `path`.

    Raises
    ------
    RecordError
        There is no run, or it is of another schema version.
    """
    folder = RunFolder(Path(path))
    return Run(folder.path, folder.read())
