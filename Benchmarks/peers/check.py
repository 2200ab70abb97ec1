"""Compares the totals of one program's output with those of the first, and stops when they differ."""

import json
import sys
from pathlib import Path

import duckdb

TOTALS = """count(*), count(DISTINCT device), sum(seq)::BIGINT, sum(rsrp)::BIGINT, round(sum(rsrq::DOUBLE) * 2)::BIGINT,
    round(sum(sinr::DOUBLE) * 2)::BIGINT, sum(cell)::HUGEINT::VARCHAR, round(sum(lat::DOUBLE), 3),
    round(sum(lon::DOUBLE), 3), round(sum(speed_kmh::DOUBLE), 1), epoch_us(min(ts)), epoch_us(max(ts)),
    count(DISTINCT operator), count(DISTINCT technology), count(DISTINCT ward)"""

files, expected, reference = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
totals = list(duckdb.sql(f"SELECT {TOTALS} FROM read_parquet('{files}', hive_partitioning = false)").fetchall()[0])
if totals[0] != expected:
    sys.exit(f"{files}: {totals[0]} rows, expected {expected}")
if not reference.exists():
    reference.write_text(json.dumps(totals))
elif json.loads(reference.read_text()) != totals:
    sys.exit(f"{files}: its totals\n  {totals}\nare not those of the program before it\n  {reference.read_text()}")
