"""Reading the tables with engines that know nothing of phusa."""

from pathlib import Path

import deltalake
import duckdb
import polars as pl
import pyarrow


class Table:
    """One Delta table, opened anew at every call."""

    def __init__(self, path: Path):
        self.path = path

    def exists(self) -> bool:
        return deltalake.DeltaTable.is_deltatable(str(self.path))

    def delta(self) -> deltalake.DeltaTable:
        return deltalake.DeltaTable(str(self.path))

    def files(self) -> list[str]:
        """The files of the newest version, as delta-rs lists them."""
        return sorted(uri.removeprefix("file://") for uri in self.delta().file_uris())

    def row_count(self) -> int:
        """Rows by the statistics in the log: cheap enough for polling."""
        if not self.exists():
            return 0
        actions = self.delta().get_add_actions(flatten=True)
        return sum(actions.column("num_records").to_pylist())

    def arrow(self) -> pyarrow.Table:
        return self.delta().to_pyarrow_table()

    def queried(self) -> pyarrow.Table:
        """The same by delta-rs's own query engine: several times as fast where a table has thousands of files."""
        answer = deltalake.QueryBuilder().register("readings", self.delta()).execute("SELECT * FROM readings")
        table = pyarrow.table(answer.read_all())
        plain = {pyarrow.string_view(): pyarrow.string(), pyarrow.binary_view(): pyarrow.binary()}
        fields = [field.with_type(plain.get(field.type, field.type)) for field in table.schema]
        return table.cast(pyarrow.schema(fields))

    def rows(self) -> list[dict]:
        return self.arrow().to_pylist()

    def polars(self) -> pl.LazyFrame:
        return pl.scan_delta(str(self.path))

    def duckdb(self, select: str) -> list[tuple]:
        """Runs "SELECT … FROM" over the active files alone, as `phusa table sql` prints it."""
        files = self.files()
        query = f"SELECT {select} FROM read_parquet($files, hive_partitioning = true, union_by_name = true)"
        return duckdb.execute(query, {"files": files}).fetchall()
