"""NDJSON to zstd Parquet with DuckDB on one thread."""

from pathlib import Path

import duckdb

from measured import measure

COLUMNS = {
    "ts": "TIMESTAMP",
    "device": "VARCHAR",
    "seq": "BIGINT",
    "lat": "DOUBLE",
    "lon": "DOUBLE",
    "operator": "VARCHAR",
    "technology": "VARCHAR",
    "rsrp": "INTEGER",
    "rsrq": "DOUBLE",
    "sinr": "DOUBLE",
    "cell": "BIGINT",
    "speed_kmh": "DOUBLE",
    "ward": "VARCHAR",
}


def convert(source: Path, target: Path) -> None:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    connection.execute(
        f"""COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', columns = {{{columns}}}))
            TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)"""
    )


connection = duckdb.connect(config={"threads": 1})
measure(convert)
