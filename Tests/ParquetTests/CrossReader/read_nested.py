"""Opens a Parquet file of nested columns with every reader and compares the rows to an expectation.

usage: read_nested.py FILE EXPECTATION

The expectation is a JSON list of rows: groups and lists as lists, maps as lists of pairs.
Exit code 0 when all agree, else 1 and a line per difference. ClickHouse knows no null lists, maps and groups, so for it
those count as empty.
"""

import json
import sys

import chdb
import duckdb
import polars
import pyarrow
import pyarrow.parquet


def plain(value, kind):
    """A cell of an Arrow table in the form of the expectation."""
    if value is None:
        return None
    if pyarrow.types.is_map(kind):
        return [[key, plain(item, kind.item_type)] for key, item in value]
    if pyarrow.types.is_struct(kind):
        return [plain(value[field.name], field.type) for field in kind]
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return [plain(item, kind.value_type) for item in value]
    return value


def rows(table):
    columns = [[plain(cell, field.type) for cell in table.column(field.name).to_pylist()] for field in table.schema]
    return [list(row) for row in zip(*columns)]


def read_polars(path):
    # Polars has no maps: it shows one as a list of groups of two.
    return rows(polars.read_parquet(path).to_arrow())


def read_duckdb(path):
    return rows(duckdb.connect().sql(f"SELECT * FROM read_parquet('{path}')").to_arrow_table())


def read_clickhouse(path):
    settings = "SETTINGS output_format_arrow_string_as_string = 1, schema_inference_make_columns_nullable = 1"
    output = chdb.query(f"SELECT * FROM file('{path}', Parquet) {settings}", "Arrow").bytes()
    return rows(pyarrow.ipc.open_file(output).read_all())


def without_nulls(row):
    """What ClickHouse makes of a row: null containers are empty, a null group has null or empty members."""
    number, histogram, names, add, rings = row
    add = add or ["", [], None]
    return [number, histogram or [], names or [], [add[0] or "", add[1] or [], add[2]], [ring or [] for ring in rings]]


def main():
    path, expected = sys.argv[1], json.load(open(sys.argv[2]))
    readers = {
        "pyarrow": lambda: rows(pyarrow.parquet.ParquetFile(path, page_checksum_verification=True).read()),
        "Polars": lambda: read_polars(path),
        "DuckDB": lambda: read_duckdb(path),
        "ClickHouse": lambda: read_clickhouse(path),
    }
    failed = False
    for name, read in readers.items():
        wanted = [without_nulls(row) for row in expected] if name == "ClickHouse" else expected
        found = read()
        if name == "ClickHouse":
            found = [without_nulls(row) for row in found]
        if found == wanted:
            continue
        failed = True
        print(f"{name}: {len(found)} rows, expected {len(wanted)}")
        for index, (a, b) in enumerate(zip(found, wanted)):
            if a != b:
                print(f"{name}: row {index} is {a}, expected {b}"[:1000])
                break
    sys.exit(1 if failed else 0)


main()
