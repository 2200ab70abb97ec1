"""Writes the Parquet files of a table without a log, and files.json with what a writer knows of each.

Values in files.json are whole numbers where Swift has them so: unscaled decimals, microseconds, days.
"""
import datetime
import decimal
import json
import os
import sys
import urllib.parse

import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
DAY_0 = datetime.date(1970, 1, 1)
SCHEMA = pa.schema([
    ("flag", pa.bool_()), ("i", pa.int32()), ("l", pa.int64()), ("d", pa.float64()),
    ("price", pa.decimal128(9, 2)), ("lat", pa.decimal128(18, 6)), ("ts", pa.timestamp("us", "UTC")),
    ("day", pa.date32()), ("s", pa.string()), ("bi", pa.binary()),
])
PARTITIONS = [
    (datetime.date(2026, 11, 20), 23, "Hà Nội"),
    (datetime.date(2026, 11, 21), 8, "Hồ Chí Minh/Thủ Đức = 100% a+b"),
    (datetime.date(2026, 11, 21), 9, None),
    (datetime.date(1969, 12, 31), 0, "0"),
]


def rows(k):
    """Three rows; those of different files do not overlap in any column but `flag`."""
    n = k - 2  # on both sides of zero
    moment = EPOCH + datetime.timedelta(microseconds=n * 1_795_248_000_123_457)
    return [
        {
            "flag": j == 1, "i": 1000 * n + j, "l": 4_000_000_000_000_000_000 * n // 2 + j, "d": n * 1e-7 + j * 1e-9,
            "price": decimal.Decimal(n * 100_000 + j).scaleb(-2),
            "lat": decimal.Decimal(n * 123_456_789_012_345_678 + j).scaleb(-6),
            "ts": moment + datetime.timedelta(microseconds=j), "day": DAY_0 + datetime.timedelta(days=n * 10_000 + j),
            "s": "abcđ"[k] * 31 + "ệ" * 9 + str(j), "bi": bytes([k, j]),
        }
        for j in range(2)
    ] + [dict.fromkeys(SCHEMA.names)]


def known(name, value):
    """The value as a number or text that Swift reads without loss."""
    if isinstance(value, decimal.Decimal):
        return str(int(value.scaleb(2 if name == "price" else 6)))
    if isinstance(value, datetime.datetime):
        return str((value - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date):
        return str((value - DAY_0).days)
    return repr(value) if isinstance(value, float) else str(value)


def main(folder):
    files = []
    for k, (date, hour, city) in enumerate(PARTITIONS):
        city_name = "__HIVE_DEFAULT_PARTITION__" if city is None else urllib.parse.quote(city, safe="")
        path = f"date={date}/hour={hour}/city={city_name}/part {k}.parquet"
        os.makedirs(os.path.dirname(f"{folder}/{path}"), exist_ok=True)
        table = pa.Table.from_pylist(rows(k), SCHEMA)
        pq.write_table(table, f"{folder}/{path}", compression="zstd")
        columns = []
        for name in SCHEMA.names:
            values = [value for value in table.column(name).to_pylist() if value is not None]
            columns.append({
                "name": name, "minimum": known(name, min(values)), "maximum": known(name, max(values)),
                "nullCount": table.column(name).null_count,
            } if name != "bi" else {"name": name, "nullCount": 1})
        files.append({
            "path": path, "byteCount": os.path.getsize(f"{folder}/{path}"), "rowCount": table.num_rows,
            "date": (date - DAY_0).days, "hour": hour, "city": city, "columns": columns,
        })
    with open(f"{folder}/files.json", "w", encoding="utf-8") as out:
        json.dump(files, out)


if __name__ == "__main__":
    main(sys.argv[1])
