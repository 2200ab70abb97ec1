"""NDJSON to zstd Parquet with Polars on one thread."""

from pathlib import Path

import polars as pl

from measured import measure

COLUMNS = {
    "ts": pl.String,
    "device": pl.String,
    "seq": pl.Int64,
    "lat": pl.Float64,
    "lon": pl.Float64,
    "operator": pl.String,
    "technology": pl.String,
    "rsrp": pl.Int32,
    "rsrq": pl.Float64,
    "sinr": pl.Float64,
    "cell": pl.Int64,
    "speed_kmh": pl.Float64,
    "ward": pl.String,
}


def convert(source: Path, target: Path) -> None:
    readings = pl.scan_ndjson(source, schema=COLUMNS)
    time = pl.col("ts").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
    readings.with_columns(time).sink_parquet(target, compression="zstd", compression_level=3)


measure(convert)
