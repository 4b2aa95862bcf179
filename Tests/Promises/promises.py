"""What Tests/Promises/make and Tests/Promises/run share: steps, shapes of JSON, and the PostgreSQL server of the steps."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "Load"))
from cluster import Cluster  # noqa: E402

# Every step is a script for bash in a copy of the files. `serve COMMAND...` starts a server, and sets URL to the URL that
# it prints. `follow` loads a keyring file as a node does, and ends. `restore` makes a database from registry.sql, and sets PG to
# its connection.
PRELUDE = r"""
set -euo pipefail
umask 077
serve() {
    "$@" >served 2>served.log &
    trap "kill $!; wait $! || true" EXIT
    for _ in $(seq 200); do
        URL=$(grep -ohE 'https?://[^ ]*/open-api' served served.log | head -n 1) && return
        sleep 0.1
    done
    cat served.log >&2
    return 1
}
follow() {
    kmsec keyring follow "$@" >followed &
    for _ in $(seq 300); do grep -q generation followed && break; sleep 0.1; done
    kill $!
    wait $!
}
restore() {
    psql -q -h "$PGHOST" -U admin -d postgres -c "CREATE DATABASE $STEP"
    PG="host=$PGHOST user=admin dbname=$STEP"
    psql -q -v ON_ERROR_STOP=1 -h "$PGHOST" -U admin -d "$STEP" -f registry.sql >restored
}
"""


class Steps:
    """Runs steps with the tools of a folder, each in its own copy of the files."""

    def __init__(self, binaries, files):
        self.binaries, self.files = pathlib.Path(binaries).resolve(), pathlib.Path(files)
        for tool in ("kmsec", "kmsandbox", "kmexample"):
            if not (self.binaries / tool).exists():
                sys.exit(f"promises: {self.binaries}/{tool} does not exist; run swift build --enable-all-traits first")
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="km-promises-", dir="/tmp"))
        (self.home / "server").mkdir()
        self.home.chmod(0o755)
        self.cluster = Cluster(self.home / "server")
        self.count, self.lock = 0, threading.Lock()
        # Nothing of the caller's environment may change a result.
        self.environment = {
            "PATH": f"{self.binaries}:{self.cluster.commands}:{os.environ['PATH']}", "HOME": str(self.home), "LC_ALL": "C",
            "TZ": "UTC", "PGHOST": str(self.home / "server"), "ROOT": str(ROOT),
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cluster.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def run(self, script):
        """The exit status and the outputs of a step."""
        with self.lock:
            self.count += 1
            name = f"step{self.count}"
        folder = self.home / name
        shutil.copytree(self.files, folder)
        for path in folder.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        result = subprocess.Popen(["bash", "-c", PRELUDE + script], cwd=folder, env={**self.environment, "STEP": name},
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  start_new_session=True)
        try:
            output, errors = result.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(result.pid, signal.SIGKILL)
            output, errors = result.communicate()
            errors += "\nended after 60 s"
        shutil.rmtree(folder)
        return result.returncode, output, errors


def parsed(text):
    """The value of a JSON text, or the list of the values of its lines."""
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line]


def shape(value):
    """The types in a value. A member that not every item of a list has ends with a question mark."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [merged([shape(item) for item in value])] if value else []
    for kind, name in ((bool, "boolean"), (str, "string"), ((int, float), "number")):
        if isinstance(value, kind):
            return name
    return "null"


def merged(shapes):
    """One shape for several values."""
    if all(isinstance(item, dict) for item in shapes):
        names = {}
        for item in shapes:
            for name in item:
                names.setdefault(name.rstrip("?"))
        result = {}
        for name in names:
            found = [item[spelling] for item in shapes for spelling in (name, name + "?") if spelling in item]
            always = len(found) == len(shapes) and all(name in item for item in shapes)
            result[name if always else name + "?"] = merged(found)
        return result
    if all(isinstance(item, list) for item in shapes):
        items = [item[0] for item in shapes if item]
        return [merged(items)] if items else []
    if all(isinstance(item, str) for item in shapes):
        return "|".join(sorted({word for item in shapes for word in item.split("|")}))
    return "mixed"


def shape_faults(promised, found, place="the output"):
    """What a found shape lacks of a promised one. It can have more members."""
    if isinstance(promised, dict):
        if not isinstance(found, dict):
            return [f"{place} is no object"]
        faults = []
        for name, member in promised.items():
            bare = name.rstrip("?")
            spelling = next((other for other in (bare, bare + "?") if other in found), None)
            if spelling is None:
                faults.append(f"{place} has no member {bare}")
            elif spelling != bare and name == bare:
                faults.append(f"{place} has no member {bare} in some items")
            else:
                faults += shape_faults(member, found[spelling], f"{place}.{bare}")
        return faults
    if isinstance(promised, list):
        if not isinstance(found, list):
            return [f"{place} is no list"]
        if promised and not found:
            return [f"{place} is empty"]
        return shape_faults(promised[0], found[0], f"{place}[]") if promised else []
    if not isinstance(found, str) or not set(found.split("|")) <= set(promised.split("|")):
        return [f"{place} was {promised} and is {found if isinstance(found, str) else type(found).__name__}"]
    return []


def value_faults(promised, found, place="the output"):
    """Where a found value lacks a promised one. An object can have more members."""
    if isinstance(promised, dict) and isinstance(found, dict):
        faults = []
        for name, member in promised.items():
            if name in found:
                faults += value_faults(member, found[name], f"{place}.{name}")
            else:
                faults.append(f"{place} has no member {name}")
        return faults
    if isinstance(promised, list) and isinstance(found, list) and len(promised) == len(found):
        return [fault for index, pair in enumerate(zip(promised, found)) for fault in value_faults(*pair, f"{place}[{index}]")]
    return [] if promised == found and type(promised) is type(found) else [f"{place} must be {promised!r}; got {found!r}"]


def without(value, names):
    """A value without the members of these names, at any depth."""
    if isinstance(value, dict):
        return {name: without(member, names) for name, member in value.items() if name not in names}
    return [without(item, names) for item in value] if isinstance(value, list) else value


def commands(binaries):
    """The commands of the tools that have no commands below them, with their options."""
    found = {}

    def walk(command, words):
        words = [*words, command["commandName"]]
        below = [item for item in command.get("subcommands", []) if item["commandName"] != "help"]
        for item in below:
            walk(item, words)
        if below:
            return
        options = {}
        for argument in command.get("arguments", []):
            names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names", [])]
            entry = {"kind": argument["kind"], "isRequired": not argument["isOptional"], "isRepeating": argument["isRepeating"]}
            if argument.get("allValues"):
                entry["values"] = argument["allValues"]
            for name in names or [f"<{argument['valueName']}>"]:
                options[name] = entry
        found[" ".join(words)] = options

    for tool in ("kmsec", "kmsandbox"):
        text = subprocess.run([pathlib.Path(binaries) / tool, "--experimental-dump-help"], capture_output=True, text=True,
                              check=True).stdout
        walk(json.loads(text)["command"], [])
    return found


def option_faults(promised, found):
    """What no longer is accepted of the commands and options that were promised."""
    for command, options in promised.items():
        if command not in found:
            yield f"{command} no longer exists"
            continue
        for name, old in options.items():
            new = found[command].get(name)
            if new is None:
                yield f"{command} has no {name}"
            elif new["kind"] != old["kind"] or old["isRepeating"] > new["isRepeating"] or new["isRequired"] > old["isRequired"]:
                yield f"{command}: {name} was {old} and is {new}"
            elif "values" in new and not set(old.get("values", ["any value"])) <= set(new["values"]):
                yield f"{command}: {name} no longer accepts {sorted(set(old.get('values', ['any value'])) - set(new['values']))}"
        for name, new in found[command].items():
            if new["isRequired"] and name not in options:
                yield f"{command} now requires {name}"


def vector_cases():
    """For each test vector, by its file and id, a digest of what decides its result."""
    found = {}
    for path in sorted((ROOT / "Vectors").glob("*.json")):
        if path.name.endswith(".schema.json"):
            continue
        file = json.loads(path.read_text("utf-8"))
        for group in file["groups"]:
            shared = {name: value for name, value in group.items() if name not in ("comment", "source", "tests")}
            for test in group["tests"]:
                case = {**shared, **test, "operation": file["operation"], "format": file["format"]}
                for name in ("comment", "flags"):
                    case.pop(name, None)
                text = json.dumps(case, sort_keys=True, separators=(",", ":"))
                found.setdefault(path.name, {})[str(test["id"])] = hashlib.sha256(text.encode()).hexdigest()[:12]
    return found


def c_declarations():
    """The declarations, constants and structures of the C header, without its comments and its version."""
    text = (ROOT / "Sources/CKMSecurity/include/kmsecurity.h").read_text("utf-8")
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    found = [" ".join(line.split()) for line in re.findall(r"^#define KM_.*$", text, re.M) if "KM_VERSION" not in line]
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M).replace('extern "C" {', "")
    # A semicolon ends a declaration, except within braces.
    depth, start = 0, 0
    for index, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if letter == ";" and depth <= 0:
            declaration = " ".join(text[start:index].split()).lstrip("} ")
            start, depth = index + 1, 0
            if declaration:
                found.append(declaration)
    # An enumeration can get more numbers, so each of its numbers counts by itself.
    split = []
    for declaration in found:
        numbers = re.fullmatch(r"(?:typedef )?enum(?: \w+)? ?\{(.*)\} ?(\w*)", declaration)
        split += [number.strip() for number in numbers[1].split(",") if number.strip()] if numbers else [declaration]
    return split


def sources():
    """The text of all Swift sources of the package, without the tools of the tests."""
    return "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "Sources").rglob("*.swift")))


def telemetry_names():
    """The names of metrics, their dimensions, spans and log keys."""
    return sorted({*re.findall(r'"(km\.[a-z][a-z_. -]*)"', sources()), "error.type"})


def error_codes():
    """The names of the public error codes."""
    return sorted(set(re.findall(r'public static let \w+ = (?:Self|KMError\.Code|Code)\("(\w+)"\)', sources())))
