"""Writes a table with delta-rs over several versions, and expected.json with what delta-rs says is in it.

With `--checkpoint` it adds a checkpoint, with `--cleanup` it removes the commits before it, with `--append` it adds
rows to a table that Swift made.
"""
import datetime
import decimal
import json
import os
import sys

import deltalake
import pyarrow as pa
import pyarrow.compute as pc


def rows(start, count):
    numbers = range(start, start + count)
    moment = datetime.datetime(2026, 11, 21, 8, tzinfo=datetime.timezone.utc)
    return pa.table({
        "p": pa.array([["a b/c=ü%", "Thủ Đức", None][n % 3] for n in numbers]),
        "q": pa.array([n % 2 for n in numbers], pa.int32()),
        "l": pa.array(list(numbers), pa.int64()),
        "dec": pa.array([decimal.Decimal(n * 12_345).scaleb(-2) for n in numbers], pa.decimal128(18, 2)),
        "ts": pa.array([moment + datetime.timedelta(microseconds=n * 1_234_567) for n in numbers],
                       pa.timestamp("us", "UTC")),
        "s": pa.array([f"device-{n:06}" * 5 for n in numbers]),
        "list": pa.array([[n, None] for n in numbers], pa.list_(pa.int64())),
        "inner": pa.array([{"x": n, "y": str(n)} for n in numbers],
                          pa.struct([("x", pa.int64()), ("y", pa.string())])),
    })


def expect(folder):
    table = deltalake.DeltaTable(folder)
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    uris = {os.path.basename(uri): uri for uri in table.file_uris()}
    assert len(uris) == len(actions)
    expected = {
        "version": table.version(),
        "transaction": table.transaction_version("app"),
        "files": [{
            "name": os.path.basename(action["path"]), "byteCount": action["size_bytes"],
            "rowCount": action["num_records"], "p": action["partition.p"], "q": action["partition.q"],
            "minimum": action["min.l"], "maximum": action["max.l"], "inner": action["max.inner.x"],
        } for action in actions],
    }
    with open(f"{folder}/expected.json", "w", encoding="utf-8") as out:
        json.dump(expected, out)


def main(folder, mode):
    if mode == "--checkpoint":
        deltalake.DeltaTable(folder).create_checkpoint()
        return
    if mode == "--cleanup":
        for version in range(deltalake.DeltaTable(folder).version()):
            os.remove(f"{folder}/_delta_log/{version:020}.json")
        deltalake.DeltaTable(folder).to_pyarrow_table()
        return
    if mode == "--append":
        table = deltalake.DeltaTable(folder)
        deltalake.write_deltalake(table, pa.table({"q": pa.array([1, 2], pa.int32()), "l": pa.array([5, 6])}),
                                  mode="append")
        table.delete("q = 2")
        assert table.to_pyarrow_table().num_rows == 1
        return
    deltalake.write_deltalake(folder, rows(0, 60), partition_by=["p", "q"])
    transaction = deltalake.CommitProperties(app_transactions=[deltalake.Transaction("app", 7)])
    deltalake.write_deltalake(folder, rows(100, 60), mode="append", commit_properties=transaction)
    table = deltalake.DeltaTable(folder)
    table.delete("q = 1 and l < 130")
    even = rows(300, 6).filter(pc.equal(rows(300, 6)["q"], 0))
    deltalake.write_deltalake(folder, even, mode="overwrite", predicate="q = 0")
    table = deltalake.DeltaTable(folder)
    table.optimize.compact()
    deltalake.write_deltalake(folder, rows(400, 12), mode="append")
    expect(folder)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    # Without the interpreter's tear-down, in which delta-rs's threads now and then abort.
    os._exit(0)
