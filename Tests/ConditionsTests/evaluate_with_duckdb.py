"""Evaluates conditions with DuckDB, whose WHERE is the language that they are written in.

usage: evaluate_with_duckdb.py FILE

The file is JSON: {"rows": [[...], ...], "conditions": [text, ...]} with the columns number BIGINT, level DECIMAL(9, 1),
speed DOUBLE, name VARCHAR, flag BOOLEAN, ts TIMESTAMPTZ, day DATE. Prints for each condition a line with a character for
each row: 1 true, 0 false, 2 unknown.
"""

import json
import sys

import duckdb

given = json.load(open(sys.argv[1]))
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
connection.execute(
    "CREATE TABLE t (id BIGINT, number BIGINT, level DECIMAL(9, 1), speed DOUBLE, name VARCHAR, flag BOOLEAN, "
    "ts TIMESTAMPTZ, day DATE)"
)
connection.executemany(
    "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [[index, *row] for index, row in enumerate(given["rows"])]
)
for condition in given["conditions"]:
    answers = connection.execute(f"SELECT {condition} FROM t ORDER BY id").fetchall()
    print("".join("2" if answer is None else str(int(answer)) for (answer,) in answers))
