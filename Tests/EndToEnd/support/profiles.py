"""A profile of every column of a table (count, nulls, distinct, sum, minimum, maximum), by four different ways."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytz

Profile = dict[str, tuple]


def comparable(value):
    """One form for the same value from different engines."""
    if isinstance(value, datetime):
        return value.astimezone(pytz.UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, int | Decimal):
        return format(Decimal(value).normalize() + 0, "f")
    return value


def line(count, nulls, distinct, total, smallest, largest) -> tuple:
    return tuple(comparable(value) for value in (count, nulls, distinct, total, smallest, largest))


def of_rows(rows: list[dict], columns: Iterable[str], summed: set[str]) -> Profile:
    """From plain Python values."""
    profile = {}
    for name in columns:
        values = [row[name] for row in rows if row.get(name) is not None]
        total = sum(values) if name in summed and values else None
        profile[name] = line(
            len(values), len(rows) - len(values), len(set(values)), total,
            min(values, default=None), max(values, default=None),
        )  # fmt: skip
    return profile


def summed_columns(table: pa.Table) -> set[str]:
    def is_number(kind) -> bool:
        return pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind)

    return {item.name for item in table.schema if is_number(item.type)}


def of_arrow(table: pa.Table, columns: Iterable[str], summed: set[str]) -> Profile:
    """delta-rs reads, Arrow counts."""
    profile = {}
    for name in columns:
        column = table.column(name)
        valid = table.num_rows - column.null_count
        total = pc.sum(column).as_py() if name in summed and valid else None
        # Arrow finds no extremes of booleans.
        is_boolean = pa.types.is_boolean(column.type)
        extremes = pc.min_max(column.cast(pa.int8()) if is_boolean else column).as_py() if valid else None
        if extremes and is_boolean:
            extremes = {end: bool(value) for end, value in extremes.items()}
        profile[name] = line(
            valid, column.null_count, pc.count_distinct(column, mode="only_valid").as_py(), total,
            extremes["min"] if extremes else None, extremes["max"] if extremes else None,
        )  # fmt: skip
    return profile


def of_polars(frame: pl.LazyFrame, columns: Iterable[str], summed: set[str]) -> Profile:
    profile = {}
    data = frame.collect()
    for name in columns:
        column = data.get_column(name)
        valid = column.drop_nulls()
        profile[name] = line(
            len(valid), column.null_count(), valid.n_unique(),
            valid.sum() if name in summed and len(valid) else None,
            valid.min() if len(valid) else None, valid.max() if len(valid) else None,
        )  # fmt: skip
    return profile


def of_duckdb(table, columns: Iterable[str], summed: set[str]) -> Profile:
    names = list(columns)
    asked = ", ".join(
        f'count("{name}"), count(*) - count("{name}"), count(DISTINCT "{name}"), '
        + (f'sum("{name}")' if name in summed else "NULL")
        + f', min("{name}"), max("{name}")'
        for name in names
    )
    row = table.duckdb(asked)[0]
    return {name: line(*row[6 * place : 6 * place + 6]) for place, name in enumerate(names)}


def differences(expected: Profile, found: Profile) -> list[str]:
    labels = ("count", "nulls", "distinct", "sum", "min", "max")
    return [
        f"{name}.{label}: expected {wanted!r}, found {got!r}"
        for name in expected
        for label, wanted, got in zip(labels, expected[name], found[name], strict=True)
        if wanted != got
    ]
