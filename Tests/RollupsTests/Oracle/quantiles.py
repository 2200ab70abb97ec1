"""Computes quantiles in SQL from maps of bins, and compares them with those that the program computed.

    quantiles.py BINS.JSON
"""

import json
import sys

import duckdb

CUMULATIVE = """
    WITH entries AS (SELECT unnest(map_entries(bins)) AS entry FROM partials),
    bins AS (SELECT entry.key AS bin, sum(entry.value) AS n FROM entries GROUP BY bin),
    running AS (SELECT bin, sum(n) OVER (ORDER BY bin) AS upTo, sum(n) OVER () AS total FROM bins)
    SELECT {value} FROM (SELECT min(bin) AS bin FROM running WHERE upTo >= $share * total)
"""


def main():
    with open(sys.argv[1]) as file:
        given = json.load(file)
    values = {
        "histogram": f"bin * {given['step']!r}::DOUBLE",
        "sketch": f"sign(bin) * {given['smallest']!r}::DOUBLE * 2 * pow({given['growth']!r}::DOUBLE, abs(bin)) "
        f"/ ({given['growth']!r}::DOUBLE + 1) * (bin <> 0)::INTEGER",
    }
    compared = 0
    for kind, value in values.items():
        connection = duckdb.connect()
        connection.execute("CREATE TABLE partials (bins MAP(INTEGER, BIGINT))")
        # In three rows, as partials of one window lie in a table.
        for part in range(3):
            entries = given[kind]["bins"][part::3]
            connection.execute("INSERT INTO partials VALUES (map($1, $2))", [[b for b, _ in entries], [n for _, n in entries]])
        for share, expected in given[kind]["expected"]:
            sql = CUMULATIVE.format(value=value)
            (found,) = connection.execute(sql, {"share": float(share)}).fetchone()
            assert abs(found - expected) <= 1e-12 * abs(expected), (kind, share, found, expected)
            compared += 1
    assert compared == 18, compared


main()
