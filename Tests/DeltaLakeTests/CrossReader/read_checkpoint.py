"""Reads with delta-rs, Polars, ClickHouse and Spark a table over the files of write_files.py whose log is a checkpoint.

A second argument names a date that was removed by a commit behind the checkpoint.
"""
import contextlib
import json
import os
import sys

import chdb
import deltalake
import polars as pl
import read_table
import write_files


def main(folder, without=None):
    log = f"{folder}/_delta_log"
    assert not os.path.exists(f"{log}/{2:020}.json"), "the commits are gone"
    rows = [row for row in read_table.expected_rows() if str(row["date"]) != without]
    table = deltalake.DeltaTable(folder)
    assert table.version() == (2 if without is None else 3)
    assert table.transaction_version("node/lane 1") == 4711
    metadata = table.metadata()
    assert (metadata.name, metadata.description) == ("coverage", 'made by "tests"')
    assert metadata.configuration == {"x": "y"} and metadata.partition_columns == ["date", "hour", "city"]
    assert metadata.created_time == 1_795_248_000_000, metadata.created_time
    read_table.same(table.to_pyarrow_table().to_pylist(), rows, "delta-rs")
    read_table.same(pl.read_delta(folder).to_dicts(), rows, "Polars")
    # Statistics and partition values are those of the commits: they prune.
    for date, hour, _ in write_files.PARTITIONS:
        expected = 0 if str(date) == without else 1
        assert len(table.file_uris(file_pruning_predicate=f"hour = {hour} and date = '{date}'")) == expected
    # ClickHouse reads files below the working directory only.
    with contextlib.chdir(folder):
        answer = chdb.query(f"SELECT count(), sum(i), count(city), min(hour) FROM deltaLakeLocal('{folder}')", "JSONCompactEachRow")
    found = [int(cell) for cell in json.loads(str(answer))]
    numbers = [row["i"] for row in rows if row["i"] is not None]
    cities = sum(row["city"] is not None for row in rows)
    assert found == [len(rows), sum(numbers), cities, min(row["hour"] for row in rows)], found
    if without is None:
        spark_reads(f"{log}/{2:020}.checkpoint.parquet", len(write_files.PARTITIONS))


def spark_reads(checkpoint, file_count):
    """Spark without Delta's classes, as it is in the package: the checkpoint as the Parquet file that it is."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        rows = spark.read.parquet(checkpoint).collect()
    finally:
        spark.stop()
    added = [row.add for row in rows if row.add is not None]
    assert len(added) == file_count
    assert all(set(file.partitionValues) == {"date", "hour", "city"} for file in added), added
    assert {file.partitionValues["city"] for file in added} == {city for _, _, city in write_files.PARTITIONS}
    assert all(json.loads(file.stats)["numRecords"] == 3 for file in added)
    (removed,) = [row.remove for row in rows if row.remove is not None]
    assert removed.path.endswith("gone.parquet") and removed.deletionTimestamp == 1_795_248_000_000
    (metadata,) = [row.metaData for row in rows if row.metaData is not None]
    assert metadata.partitionColumns == ["date", "hour", "city"] and metadata.configuration == {"x": "y"}
    (protocol,) = [row.protocol for row in rows if row.protocol is not None]
    assert (protocol.minReaderVersion, protocol.minWriterVersion) == (1, 2)
    assert [row.txn.version for row in rows if row.txn is not None] == [4711]


if __name__ == "__main__":
    main(*sys.argv[1:])
    # Without the interpreter's tear-down, in which delta-rs's threads now and then abort.
    sys.stdout.flush()
    os._exit(0)
