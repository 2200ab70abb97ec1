"""NDJSON to zstd Parquet with ClickHouse (chdb) on one thread."""

from pathlib import Path

import chdb

from measured import measure

COLUMNS = """ts DateTime64(3, 'UTC'), device String, seq Int64, lat Float64, lon Float64, operator String,
    technology String, rsrp Int32, rsrq Float64, sinr Float64, cell Int64, speed_kmh Float64, ward String"""


def convert(source: Path, target: Path) -> None:
    structure = COLUMNS.replace("'", "\\'")
    chdb.query(
        f"""INSERT INTO FUNCTION file('{target}', Parquet)
            SELECT * FROM file('{source}', JSONEachRow, '{structure}')
            SETTINGS max_threads = 1, max_insert_threads = 1, date_time_input_format = 'best_effort',
                output_format_parquet_compression_method = 'zstd', output_format_compression_level = 3"""
    )


measure(convert)
