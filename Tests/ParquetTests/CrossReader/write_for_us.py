"""Writes one Parquet file with pyarrow in one of many ways, and what is in it.

usage: write_for_us.py FOLDER ROWS

Makes FOLDER/<way>.parquet and FOLDER/expectation.json, which has the form that read_everywhere.py describes.
"""

import datetime
import decimal
import json
import math
import random
import struct
import sys

import duckdb
import polars
import pyarrow
import pyarrow.parquet

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def make_columns(rows):
    source = random.Random(7)

    def cells(make, null_share):
        return [None if source.random() < null_share else make() for _ in range(rows)]

    return {
        "flag": (pyarrow.bool_(), cells(lambda: source.random() < 0.3, 0.1)),
        "small": (pyarrow.int32(), cells(lambda: source.randint(-20, 20), 0)),
        "large": (pyarrow.int64(), cells(lambda: source.randint(-(2**63), 2**63 - 1), 0.2)),
        "float": (pyarrow.float32(), cells(lambda: source.randint(-1000, 1000) / 8, 0.2)),
        "double": (pyarrow.float64(), cells(lambda: source.choice([0.1, -0.0, math.inf, source.random()]), 0.2)),
        "price": (pyarrow.decimal128(9, 2), cells(lambda: decimal.Decimal(source.randint(-99999, 99999)).scaleb(-2), 0.2)),
        "exact": (pyarrow.decimal128(18, 6), cells(lambda: decimal.Decimal(source.randint(-(10**17), 10**17)).scaleb(-6), 0.2)),
        "time": (
            pyarrow.timestamp("us", tz="UTC"),
            cells(lambda: EPOCH + datetime.timedelta(microseconds=source.randint(0, 2 * 10**15)), 0.2),
        ),
        "day": (pyarrow.date32(), cells(lambda: (EPOCH + datetime.timedelta(days=source.randint(0, 30000))).date(), 0.9)),
        "text": (pyarrow.string(), cells(lambda: source.choice(["", "phù sa", "Đà Nẵng " * 9, str(source.random())]), 0.2)),
        "bytes": (pyarrow.binary(), cells(lambda: source.randbytes(source.randint(0, 30)), 1 if rows < 3 else 0.2)),
    }


def word(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return struct.unpack("<q", struct.pack("<d", value))[0]
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, str):
        return value.encode().hex()
    if isinstance(value, bytes):
        return value.hex()
    return value


def unscaled(cells, scale):
    return [None if cell is None else int(cell.scaleb(scale)) for cell in cells]


def main(folder, rows):
    columns = make_columns(int(rows))
    table = pyarrow.table({name: pyarrow.array(cells, kind) for name, (kind, cells) in columns.items()})
    expectation = []
    for name, (kind, cells) in columns.items():
        is_decimal = pyarrow.types.is_decimal(kind)
        words = unscaled(cells, kind.scale) if is_decimal else [word(cell) for cell in cells]
        expectation.append({"name": name, "cells": words})
    with open(f"{folder}/expectation.json", "w") as file:
        json.dump(expectation, file)

    split = {name: "BYTE_STREAM_SPLIT" for name in ["small", "large", "float", "double", "price", "exact"]}
    split |= {"text": "DELTA_LENGTH_BYTE_ARRAY", "bytes": "PLAIN", "flag": "RLE", "time": "DELTA_BINARY_PACKED"}
    split |= {"day": "DELTA_BINARY_PACKED"}
    for version in ["1.0", "2.0"]:
        for compression in ["none", "zstd"]:
            ways = {"dictionary": {"use_dictionary": True}, "plain": {"use_dictionary": False}}
            ways["encoded"] = {"use_dictionary": False, "column_encoding": split}
            for way, options in ways.items():
                pyarrow.parquet.write_table(
                    table,
                    f"{folder}/{way} {version} {compression}.parquet",
                    data_page_version=version,
                    compression=compression,
                    row_group_size=max(table.num_rows // 2, 1),
                    data_page_size=2000,
                    dictionary_pagesize_limit=3000,
                    write_page_checksum=True,
                    store_decimal_as_integer=way == "encoded",
                    **options,
                )
    polars.from_arrow(table).write_parquet(f"{folder}/polars.parquet", compression="zstd")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("cells", table)
    connection.execute(f"COPY cells TO '{folder}/duckdb.parquet' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    main(*sys.argv[1:])
