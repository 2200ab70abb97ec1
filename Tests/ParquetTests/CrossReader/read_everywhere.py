"""Opens a Parquet file with every reader and compares the cells to an expectation.

usage: read_everywhere.py FILE EXPECTATION

The expectation is a JSON list of {"name", "cells"}: integers, decimals, times (microseconds) and dates (days) as
integers, doubles as the integer with their bits, strings and bytes in hexadecimal, null for null.
Exit code 0 when all agree, else 1 and a line per difference.
"""

import datetime
import decimal
import json
import math
import struct
import sys

import chdb
import duckdb
import polars
import pyarrow
import pyarrow.parquet

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
NAN = struct.unpack("<q", struct.pack("<d", math.nan))[0]


def canonical(value):
    """Brings a Python value of any reader into the form of the expectation."""
    if value is None:
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return NAN if math.isnan(value) else struct.unpack("<q", struct.pack("<d", value))[0]
    if isinstance(value, decimal.Decimal):
        sign, digits, _ = value.as_tuple()
        number = int("".join(map(str, digits)) or "0")
        return -number if sign else number
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, str):
        return value.encode().hex()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    return value


def from_arrow(table):
    columns = {}
    for field in table.schema:
        column = table.column(field.name)
        if pyarrow.types.is_timestamp(field.type):
            column = column.cast(pyarrow.int64())
        columns[field.name] = [canonical(value) for value in column.to_pylist()]
    return columns


def read_pyarrow(path):
    file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
    return from_arrow(file.read())


def read_duckdb(path):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return from_arrow(connection.execute("SELECT * FROM read_parquet(?)", [path]).to_arrow_table())


def read_polars(path):
    return from_arrow(polars.read_parquet(path).to_arrow())


def read_clickhouse(path):
    # ClickHouse has one type for text and bytes.
    settings = "SETTINGS output_format_arrow_string_as_string = 0"
    output = chdb.query(f"SELECT * FROM file('{path}', Parquet) {settings}", "Arrow").bytes()
    return from_arrow(pyarrow.ipc.open_file(output).read_all())


READERS = {"pyarrow": read_pyarrow, "duckdb": read_duckdb, "polars": read_polars, "chdb": read_clickhouse}


def differences(columns, expectation, reader):
    for expected in expectation:
        name, cells = expected["name"], expected["cells"]
        if name not in columns:
            yield f"{reader}: column {name!r} is missing"
            continue
        got = columns[name]
        if len(got) != len(cells):
            yield f"{reader}: {name!r} has {len(got)} cells instead of {len(cells)}"
            continue
        for row, (ours, theirs) in enumerate(zip(cells, got)):
            if ours != theirs:
                yield f"{reader}: {name!r} row {row} is {theirs!r} instead of {ours!r}"
                break


def main(path, expectation_path):
    with open(expectation_path) as file:
        expectation = json.load(file)
    found = []
    for reader, read in READERS.items():
        try:
            found += differences(read(path), expectation, reader)
        except Exception as error:  # One reader's refusal is a finding, the others are still asked.
            found.append(f"{reader}: {type(error).__name__}: {error}")
    print("\n".join(found) or "all readers agree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
