"""phusa schema validate, test and diff: verdicts, places, exit codes; the verdicts held against Python's jsonschema."""

import json
import os
import shutil
from pathlib import Path

import jsonschema
import pytest

from support.phusa import TOP, run_phusa

READING = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/reading.json",
    "type": "object",
    "required": ["ts"],
    "properties": {
        "ts": {"type": "string", "format": "date-time"},
        "place": {"$ref": "place.json#/$defs/place"},
        "level": {"$ref": "https://example.org/levels.json"},
    },
}
PLACE = {"$defs": {"place": {"type": "object", "properties": {"lat": {"minimum": -90, "maximum": 90}}}}}
LEVELS = {"$id": "https://example.org/levels.json", "enum": ["low", "high"]}


@pytest.fixture
def schema(tmp_path) -> Path:
    (tmp_path / "remotes").mkdir()
    (tmp_path / "reading.schema.json").write_text(json.dumps(READING))
    (tmp_path / "place.json").write_text(json.dumps(PLACE))
    (tmp_path / "remotes" / "any.json").write_text(json.dumps(LEVELS))
    return tmp_path / "reading.schema.json"


def validate(schema: Path, *more: str, text: str | None = None):
    folder = schema.parent
    where = ["--remotes", folder / "remotes", "--map", f"https://example.com/place.json={folder / 'place.json'}"]
    return run_phusa("schema", "validate", *map(str, where), str(schema), *more, input=text)


def test_says_where_and_why_a_document_is_not_valid(schema):
    good = schema.parent / "good.json"
    bad = schema.parent / "bad.json"
    good.write_text('{"ts":"x","place":{"lat":10.5},"level":"low"}')
    bad.write_text('{"ts":"x",\n "place":{"lat":91}}')
    both = validate(schema, str(good), str(bad))
    assert both.returncode == 1
    assert f"{good}: valid\n" in both.stdout
    assert "at /place/lat, line 2, column" in both.stdout
    assert "/place/lat is 91, the maximum is 90" in both.stdout
    assert "by https://example.com/place.json#/$defs/place/properties/lat/maximum" in both.stdout
    assert validate(schema, str(good)).returncode == 0
    # Only when asked for is a format more than an annotation.
    assert validate(schema, "--assert-format", str(good)).returncode == 1


def test_a_folder_is_no_document(schema):
    good = schema.parent / "good.json"
    good.write_text('{"ts":"x"}')
    done = validate(schema, str(good), str(schema.parent))
    assert done.returncode == 2 and done.stdout == "", done.stdout


def test_a_name_that_belongs_to_the_pipeline_is_refused_before_anything_is_written(tmp_path):
    sample = tmp_path / "sample.json"
    sample.write_text('{"device":"a","ts":"2026-11-21T08:00:00Z","level":1.5}')
    for name in ("ledger", "dead_letter_marks", "sparkplug_births", "rollup_coverage", "x" * 65, "Ledger"):
        done = run_phusa("schema", "new", name, str(sample), "--schemas", str(tmp_path / "Schemas"))
        assert done.returncode == 2 and name in done.stderr, done.stderr
    assert not (tmp_path / "Schemas").exists()


def test_a_version_that_cannot_be_counted_is_a_mistake(tmp_path):
    shutil.copytree(TOP / "Schemas", tmp_path / "Schemas")
    name = "v99999999999999999999.schema.json"
    (tmp_path / "Schemas/streams/coverage" / name).write_text("{}")
    done = run_phusa("check", "--schemas", str(tmp_path / "Schemas"))
    assert done.returncode != 0 and name in done.stdout + done.stderr, done.stdout + done.stderr


def test_each_line_is_a_document(schema):
    lines = ['{"ts":"a","level":"low"}', '{"ts":"a","level":"middle"}', '{"ts":', '{"ts":"a","ts":"b"}']
    result = validate(schema, "--lines", "--format", "json", "-", text="\n".join(lines) + "\n")
    assert result.returncode == 1
    verdicts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [verdict["valid"] for verdict in verdicts] == [True, False, False, False]
    assert [verdict.get("kind") for verdict in verdicts] == [None, "enum", "truncated", "duplicateName"]
    assert verdicts[1]["pointer"] == "/level"
    assert verdicts[1]["record"] == 2
    assert verdicts[1]["schema_location"].endswith("#/enum")


def test_what_is_too_much_for_this_program_is_not_decided(schema, tmp_path):
    branch = {"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}}}
    recursive = tmp_path / "recursive.json"
    recursive.write_text(
        json.dumps({"$defs": {"n": {"anyOf": [{"type": "integer"}, branch, branch]}}, "$ref": "#/$defs/n"})
    )
    text = '{"a":' * 60 + '"x"' + "}" * 60
    result = run_phusa("schema", "validate", str(recursive), "-", input=text)
    assert result.returncode == 1
    assert "standard input: not decided" in result.stdout
    assert "the document takes more than 273789 steps to check, the limit for its size" in result.stdout
    texts = [text, "[" * 300 + "1" + "]" * 300, "9" * 5000, "[1,]"]
    result = run_phusa(
        "schema", "validate", "--lines", "--format", "json", str(recursive), "-", input="\n".join(texts) + "\n"
    )
    assert result.returncode == 1
    verdicts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [verdict["valid"] for verdict in verdicts] == [None, None, None, False]
    assert [verdict["kind"] for verdict in verdicts] == ["undecided", "tooDeep", "numberOutOfRange", "syntax"]
    assert all(verdict["sentence"].startswith("this is more than this program takes: ") for verdict in verdicts[1:3])
    assert verdicts[3]["sentence"].startswith("this is not JSON: ")


def test_wrong_schemas_and_arguments_are_2(schema, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text('{"type":\n"strin"}')
    result = run_phusa("schema", "validate", str(broken), "-", input="1")
    assert result.returncode == 2
    assert "broken.json:1:2" in result.stderr and "/type" in result.stderr
    missing = run_phusa("schema", "validate", str(schema), "-", input="1")
    assert missing.returncode == 2
    assert "https://example.com/place.json" in missing.stderr
    assert validate(schema, "nowhere.json").returncode == 2
    assert run_phusa("schema", "test", str(tmp_path / "nowhere")).returncode == 2


def test_runs_suites_and_prints_what_fails(tmp_path):
    groups = [
        {
            "description": "limits",
            "schema": {"maximum": 5},
            "tests": [
                {"description": "below", "data": 4, "valid": True},
                {"description": "wrongly expected", "data": 6, "valid": True},
                {"description": "above", "data": 10**30, "valid": False},
            ],
        }
    ]
    path = tmp_path / "maximum.json"
    path.write_text(json.dumps(groups))
    result = run_phusa("schema", "test", str(path))
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert lines[-1] == "1 passed, 2 failed"
    assert len(lines) == 3
    assert "limits: wrongly expected: found not valid by #/maximum: the document is 6, the maximum is 5" in lines[0]


def test_the_official_suite_passes():
    suites = os.environ.get("PHUSA_JSON_SCHEMA_SUITE", "")
    ran = []
    for draft in ["draft2020-12", "draft2019-09", "draft7"]:
        for suite in map(Path, filter(None, suites.split(":"))):
            if not (suite / "tests" / draft).is_dir():
                continue
            result = run_phusa("schema", "test", "--remotes", str(suite / "remotes"), str(suite / "tests" / draft))
            assert result.returncode == 0, result.stdout
            assert result.stdout.endswith(" passed, 0 failed\n")
            assert int(result.stdout.split()[0]) > 900
            print(suite.name, draft, result.stdout.strip())
            ran.append(draft)
    if not ran:
        pytest.skip("PHUSA_JSON_SCHEMA_SUITE is not set: the path of JSON-Schema-Test-Suite")
    assert "draft2020-12" in ran


def test_a_change_is_called_what_it_is(tmp_path):
    def diff(old: dict, new: dict):
        for name, properties in [("old.json", old), ("new.json", new)]:
            schema = {"type": "object", "properties": properties, "additionalProperties": False}
            (tmp_path / name).write_text(json.dumps(schema))
        paths = [str(tmp_path / name) for name in ("old.json", "new.json")]
        result = run_phusa("schema", "diff", *paths, "--format", "json")
        people = run_phusa("schema", "diff", *paths)
        assert people.returncode == result.returncode
        answer = json.loads(result.stdout)
        assert people.stdout.strip().endswith(answer["sentence"])
        return answer, result.returncode

    wider, code = diff({"a": {"maximum": 5}}, {"a": {"maximum": 6}, "b": {"type": "string"}})
    assert (wider["compatibility"], code) == ("backward", 0)
    assert [difference["field"] for difference in wider["differences"]] == ["/a", "/b"]
    narrower, code = diff({"a": {"maximum": 6}}, {"a": {"maximum": 5}})
    assert (narrower["compatibility"], code) == ("forward", 0)
    assert "maximum 6 becomes 5" in narrower["differences"][0]["sentence"]
    breaking, code = diff({"a": {"unit": "m"}}, {"a": {"unit": "km"}})
    assert (breaking["compatibility"], code) == ("breaking", 1)
    same, code = diff({"a": {}}, {"a": {}})
    assert (same["compatibility"], code) == ("full", 0)


@pytest.mark.parametrize("stream", sorted(path.name for path in (TOP / "Schemas/streams").iterdir() if path.is_dir()))
def test_agrees_with_another_validator_on_the_streams(stream):
    folder = TOP / "Schemas/streams" / stream
    schema = folder / "v1.schema.json"
    examples = sorted(str(path) for path in folder.glob("examples/*/*.json"))
    assert examples
    result = run_phusa("schema", "validate", "--format", "json", str(schema), *examples)
    verdicts = {found["instance"]: found["valid"] for found in map(json.loads, result.stdout.splitlines())}
    other = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
    for example in examples:
        try:
            expected = other.is_valid(json.loads(Path(example).read_text()))
        except json.JSONDecodeError:
            expected = False
        assert verdicts[example] == expected, example
