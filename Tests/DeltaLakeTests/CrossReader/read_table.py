"""Reads with delta-rs and Polars a table whose log Swift wrote over the files of write_files.py."""
import datetime
import os
import sys

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import write_files


def expected_rows():
    return [
        row | {"date": date, "hour": hour, "city": city}
        for k, (date, hour, city) in enumerate(write_files.PARTITIONS)
        for row in write_files.rows(k)
    ]


def key(row):
    # Each library has its own time zone object for UTC.
    values = [row[name] for name in sorted(row)]
    return str([value.isoformat() if isinstance(value, datetime.datetime) else value for value in values])


def same(found, expected, what):
    assert sorted(map(key, found)) == sorted(map(key, expected)), f"{what}:\n{found}\n{expected}"


def main(folder):
    table = deltalake.DeltaTable(folder)
    assert table.version() == 2, table.version()
    assert table.transaction_version("node/lane 1") == 4711, table.transaction_version("node/lane 1")
    metadata = table.metadata()
    assert metadata.name == "coverage" and metadata.partition_columns == ["date", "hour", "city"]
    fields = {field.name: field for field in table.schema().fields}
    types = {name: field.type.type for name, field in fields.items()}
    assert types == {
        "date": "date", "hour": "integer", "city": "string", "flag": "boolean", "i": "integer", "l": "long",
        "d": "double", "price": "decimal(9,2)", "lat": "decimal(18,6)", "ts": "timestamp", "day": "date",
        "s": "string", "bi": "binary",
    }, types
    assert fields["ts"].metadata == {"comment": "when it was measured, UTC"} and not fields["date"].nullable
    assert [entry["operation"] for entry in table.history()] == ["WRITE", "WRITE", "CREATE TABLE"]

    rows = expected_rows()
    same(table.to_pyarrow_table().to_pylist(), rows, "delta-rs")
    same(pl.read_delta(folder).to_dicts(), rows, "Polars")
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    assert {action["num_records"] for action in actions} == {3}
    assert {action["null_count.ts"] for action in actions} == {1}

    # Partition values prune.
    assert len(table.file_uris(file_pruning_predicate="hour = 8")) == 1
    hcmc = write_files.PARTITIONS[1][2]
    same(pl.scan_delta(folder).filter(pl.col("city") == hcmc).collect().to_dicts(),
         [row for row in rows if row["city"] == hcmc], "the city")
    same(pl.scan_delta(folder).filter(pl.col("city").is_null()).collect().to_dicts(),
         [row for row in rows if row["city"] is None], "no city")

    dataset = table.to_pyarrow_dataset()
    for name in write_files.SCHEMA.names:
        values = [row[name] for row in rows if row[name] is not None]
        for value in {min(values), max(values), *values}:
            # The bounds bound: no value is lost by skipping files.
            matching = [row for row in rows if row[name] == value]
            literal = pa.scalar(value, write_files.SCHEMA.field(name).type)
            same(dataset.to_table(filter=ds.field(name) == literal).to_pylist(), matching, f"delta-rs {name}={value}")
            dtype = pl.from_arrow(pa.table([pa.array([value], write_files.SCHEMA.field(name).type)], [name]))[name]
            filtered = pl.scan_delta(folder).filter(pl.col(name) == pl.lit(dtype).first())
            same(filtered.collect().to_dicts(), matching, f"Polars {name}={value}")
            # And they prune: every column but these sorts the files apart. Of negative decimals delta-rs 1.6 gives
            # Arrow no maximum, in tables of its own as well.
            if name not in ("flag", "bi"):
                count = len(list(dataset.get_fragments(filter=ds.field(name) == literal)))
                limit = 3 if name in ("price", "lat") else 1
                assert 1 <= count <= limit, f"{name}={value} is looked for in {count} files"

    query = deltalake.QueryBuilder().register("t", table)
    for name in ("i", "l", "d", "price", "lat", "day", "ts"):
        values = [row[name] for row in rows if row[name] is not None]
        quote = "" if name in ("i", "l", "d", "price", "lat") else "'"
        literal = f"{quote}{max(values)}{quote}" if name != "d" else repr(max(values))
        found = pa.table(query.execute(f"select count(*) c from t where {name} >= {literal}").read_all()).to_pylist()
        assert found == [{"c": 1}], f"{name} >= {literal}: {found}"

    # Files that cannot match are not even opened: all but one are junk now.
    kept = write_files.PARTITIONS[3]
    for uri in table.file_uris():
        if "1969-12-31" not in uri:
            os.truncate(uri.removeprefix("file://").replace("%20", " ") if not os.path.exists(uri) else uri, 4)
    value = write_files.rows(3)[1]["i"]
    found = pa.table(query.execute(f"select hour from t where i = {value}").read_all()).to_pylist()
    assert found == [{"hour": kept[1]}], found
    found = dataset.to_table(filter=ds.field("i") == value).to_pylist()
    assert len(found) == 1, found


if __name__ == "__main__":
    main(sys.argv[1])
    # Without the interpreter's tear-down, in which delta-rs's threads now and then abort.
    os._exit(0)
