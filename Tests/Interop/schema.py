"""Checks JSON files with the package's JSON Schemas.

python3 schema.py check SCHEMA FILE... > one line for each file that is valid
python3 schema.py damage SCHEMA FILE... > the number of copies with one damaged member that the schema rejects

`damage` removes each member, adds an unknown one to each object, gives each member another type, and misspells each word of
an enumeration. Exit status 1 if a file is not valid, or a damaged copy is.
"""

import copy
import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

# Members that a file can lack, all other members being as they are.
OPTIONAL = {"$schema", "primary", "certificate", "accessKey", "notBefore", "notAfter", "presence", "insecureAcceptingPlain"}
# Members with one word of a list.
WORDS = {"role", "state", "peer", "direction", "protection", "presence", "privateKey"}


def objects(value, way=()):
    """The objects in a document, each with the names and indices that lead to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield way, value
    for name, item in items:
        yield from objects(item, (*way, name))


def at(document, way):
    for name in way:
        document = document[name]
    return document


def damages(document):
    """Copies with one damaged member, each with what was done to it."""

    def damaged(what, way, change):
        twin = copy.deepcopy(document)
        change(at(twin, way))
        return f"{what} in {'/'.join(map(str, way)) or 'the file'}", twin

    for way, members in objects(document):
        yield damaged("an unknown member", way, lambda twin: twin.update(unknown=1))
        for name, value in members.items():
            if name not in OPTIONAL and not (name.startswith("privateKey") and "certificate" in members):
                yield damaged(f"no {name}", way, lambda twin: twin.pop(name))
            for other in (None, 1.5, [1], {"x": 1}, not value if isinstance(value, (str, int)) else "x"):
                if type(other) is not type(value) or isinstance(value, list):
                    yield damaged(f"{name}: {other}", way, lambda twin: twin.update({name: other}))
            # In a census, a peer is any name.
            if name in WORDS and not (name == "peer" and "direction" in members):
                for other in (value + "x", value[:-1], value.upper(), value.capitalize(), " " + value, ""):
                    yield damaged(f"{name}: {other}", way, lambda twin: twin.update({name: other}))


mode, schema_path, *paths = sys.argv[1:]
schema = json.loads(Path(schema_path).read_text("utf-8"))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
faults = count = 0
for path in paths:
    document = json.loads(Path(path).read_text("utf-8"))
    errors = [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(document)]
    if errors:
        print(f"{path}: {errors}", file=sys.stderr)
        faults += 1
    elif mode == "check":
        print(Path(path).name)
    else:
        for what, twin in damages(document):
            if validator.is_valid(twin):
                print(f"{path}: the schema accepts {what}", file=sys.stderr)
                faults += 1
            else:
                count += 1
if mode == "damage":
    print(count)
sys.exit(faults > 0)
