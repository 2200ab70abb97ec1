"""Recomputes from recorded CSV what the tables must hold, without any code or definition of the pipeline's own.

Only the published JSON Schema is shared, since it is the contract; the `jsonschema` package judges by it. Numbers are
Decimal from the text of the file to the comparison, so nothing is lost to binary fractions on the way.
"""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from jsonschema import Draft202012Validator

# The keyword that fails, and the reason that the dead letter must carry.
REASONS = {
    "type": "type",
    "minimum": "range",
    "maximum": "range",
    "multipleOf": "multiple-of",
    "required": "required",
    "dependentRequired": "required",
    "enum": "enum",
    "pattern": "pattern",
    "format": "format",
    "minLength": "length",
    "maxLength": "length",
}


@dataclass(frozen=True)
class Recording:
    """How a recorded file is to be read: our own understanding of it, from its README and its columns."""

    stream: str
    file: str
    # Field of the reading: column of the file and how its text becomes a value.
    fields: dict[str, tuple[str, Callable]]
    constants: dict[str, str]
    # What the recorder wrote when it had no value.
    sentinels: dict[str, set[int]]
    # Digits after the decimal point that are kept.
    digits: dict[str, int]
    identity: tuple[str, ...] = ("device", "ts", "seq")
    absent: frozenset[str] = frozenset({"", "-"})


@dataclass
class Expectation:
    rows: list[dict] = field(default_factory=list)
    duplicates: int = 0
    refused: Counter = field(default_factory=Counter)
    total: int = 0


def number(text: str) -> Decimal:
    return Decimal(text)


def moment(pattern: str, zone) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, pattern).replace(tzinfo=zone)


def raw_rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def reading_of(row: dict[str, str], recording: Recording) -> dict:
    reading = dict(recording.constants)
    for name, (column, parse) in recording.fields.items():
        text = row[column]
        value = None if text in recording.absent else parse(text)
        if value in recording.sentinels.get(name, ()):
            value = None
        if value is not None:
            reading[name] = value
    return reading


def as_json(value):
    """The value as the validator wants it: whole numbers as int, moments as text."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value.isoformat() if isinstance(value, datetime) else value


def recompute(path: Path, schema_file: Path, recording: Recording) -> Expectation:
    schema = json.loads(schema_file.read_text(), parse_float=Decimal)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    result, seen = Expectation(), set()
    for row in raw_rows(path):
        result.total += 1
        reading = reading_of(row, recording)
        errors = list(validator.iter_errors({name: as_json(value) for name, value in reading.items()}))
        if errors:
            reasons = {REASONS[error.validator] for error in errors}
            assert len(reasons) == 1, f"more than one reason, the test must choose: {row}"
            result.refused[reasons.pop()] += 1
            continue
        identity = tuple(reading.get(name) for name in recording.identity)
        if identity in seen:
            result.duplicates += 1
            continue
        seen.add(identity)
        result.rows.append(rounded(reading, recording.digits))
    return result


def rounded(reading: dict, digits: dict[str, int]) -> dict:
    """As it is stored: halves away from zero, at the digits that the stream keeps."""
    kept = dict(reading)
    for name, value in reading.items():
        if isinstance(value, Decimal):
            kept[name] = value.quantize(Decimal(1).scaleb(-digits.get(name, 0)), ROUND_HALF_UP)
    return kept
