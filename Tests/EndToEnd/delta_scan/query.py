"""Runs one query with DuckDB's Delta extension from its wheel and prints the rows as JSON."""

import json
import sys
from pathlib import Path

import duckdb
import duckdb_extension_delta

extension = next(Path(duckdb_extension_delta.__file__).parent.rglob("delta.duckdb_extension"))
connection = duckdb.connect()
connection.execute(f"LOAD '{extension}'")
rows = connection.execute(sys.argv[1]).fetchall()
print(json.dumps([[None if cell is None else str(cell) for cell in row] for row in rows]))
