"""Compares `kmsec speed` with other implementations on the same machine, and writes a table in Markdown.

    swift build -c release && .ci/interop-environment && python3 Tests/Interop/speed.py

Each peer does the whole work of an operation: JSON, Base64url, the protected header, a new content encryption key and
IV. For a token it checks the time, and compares in constant time. Keys are loaded once. Before the measurement, each
peer must decrypt and verify what kmsec made, reject damaged copies of it, and make what kmsec decrypts and verifies.

The peers run in turns, each on one thread. A cell has the median of all rounds in microseconds and, in parentheses, its
ratio to the median of KMSecurity. Peers that this machine does not have are listed below the table with the reason.

Exit status: 0 for success, 1 if a peer failed, 64 for wrong usage."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from speed_inputs import Inputs, check
from speed_peers import MESSAGES, PEERS, ROOT, SCAN, TOKENS, Failed, Missing, Peer

TITLES = {
    "message-encrypt": "message encrypt",
    "message-decrypt": "message decrypt",
    "token-sign": "token sign",
    "token-verify": "token verify",
    "json-scan": "JSON, 1 MB",
}
NOTES = """\
- Messages: RSA 2048, RSA-OAEP-256, A256GCM, parameters of 111 bytes. Tokens: a body of 600 bytes.
- Bare OpenSSL does only the costly work, with all contexts prepared. It parses no JSON.
- jose, jwcrypto and joserfc have no operation for the token. Python's tokens use its standard library.
- The JDK has no JSON parser. The Java program finds members with regular expressions.
- JSON: KMSecurity validates the document and reads its lexemes. simdjson also builds a document in memory.
- simdjson is a shared library that chooses instructions at run time; compiler options only affect its caller."""


class KMSecurity:
    """The release build of kmsec, as a peer. It also measures the bare OpenSSL loop."""

    operations, warm_up = MESSAGES + TOKENS + SCAN, 0

    def __init__(self, path: Path, inputs: Inputs):
        self.path, self.document_size = path, inputs.document_size
        self.label = "KMSecurity (" + inputs.run("--version").decode().split(" (")[0] + ")"
        self.version = inputs.run("--version").decode().split("(OpenSSL ")[-1].split()[0]
        self.bare: dict[str, list[float]] = {}

    def measure(self, operation: str, seconds: float) -> float:
        # Half of the time is for the reference.
        command = [str(self.path), "speed", "--json", "--seconds", str(2 * seconds), operation]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Failed(f"kmsec speed failed: {result.stderr.strip()}")
        row = json.loads(result.stdout)[0]
        if row["reference"] == "bare OpenSSL":
            self.bare.setdefault(operation, []).append(row["referenceMicroseconds"])
        if operation == "json-scan" and round(row["microseconds"] * row["megabytesPerSecond"]) != self.document_size:
            raise Failed("kmsec scans a document of another size; change CARD in speed_inputs.py")
        return row["microseconds"]

    def close(self) -> None:
        pass


class Progress:
    """One line on standard error, if that is a terminal."""

    def __init__(self):
        self.is_shown = sys.stderr.isatty()

    def show(self, text: str) -> None:
        if self.is_shown:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


class Comparison:
    """The peers of a run with what was measured and what was not."""

    def __init__(self, inputs: Inputs, kmsec: KMSecurity, progress: Progress):
        self.inputs, self.progress = inputs, progress
        self.kmsec = kmsec
        self.peers: dict[str, Peer | KMSecurity] = {"kmsec": kmsec}
        self.rounds: dict[str, dict[str, list[float]]] = {"kmsec": {}}
        self.missing: dict[str, str] = {}
        self.failed: dict[str, str] = {}

    def prepare(self, names: list[str]) -> None:
        for name in names:
            self.progress.show(f"preparing {name}")
            try:
                self.peers[name] = PEERS[name](self.inputs.folder)
                check(self.peers[name], self.inputs)
            except Missing as reason:
                self.missing[name] = str(reason)
            except Failed as reason:
                self.drop(name, reason)

    def drop(self, name: str, reason: Exception) -> None:
        self.failed[name] = str(reason)
        if name in self.peers:
            self.peers.pop(name).close()

    def warm_up(self) -> None:
        for name, peer in list(self.peers.items()):
            for operation in peer.operations if peer.warm_up else ():
                self.measure(f"warming up {name}, {operation}", name, operation, peer.warm_up)

    def run(self, seconds: float, rounds: int) -> None:
        wanted = {operation for name, peer in self.peers.items() if name != "kmsec" for operation in peer.operations}
        operations = [operation for operation in TITLES if operation in wanted or len(self.peers) == 1]
        for number in range(rounds):
            for operation in operations:
                names = [name for name, peer in self.peers.items() if operation in peer.operations]
                # Every second round is in the opposite order, because a peer may heat the processor for the next one.
                for name in names if number % 2 == 0 else reversed(names):
                    text = f"round {number + 1} of {rounds}: {operation}, {name}"
                    value = self.measure(text, name, operation, seconds)
                    if value is not None:
                        self.rounds.setdefault(name, {}).setdefault(operation, []).append(value)

    def measure(self, text: str, name: str, operation: str, seconds: float) -> float | None:
        self.progress.show(text)
        if name not in self.peers:
            return None
        try:
            return self.peers[name].measure(operation, seconds)
        except (Failed, Missing) as reason:
            if name == "kmsec":
                raise
            self.drop(name, reason)
            return None

    def close(self) -> None:
        for peer in self.peers.values():
            peer.close()

    def rows(self) -> list[dict]:
        """Returns an entry with the medians and ratios for each implementation that was measured."""
        measured = {"kmsec": (self.kmsec.label, self.rounds["kmsec"])}
        if self.kmsec.bare:
            measured["openssl"] = (f"bare OpenSSL {self.kmsec.version}", self.kmsec.bare)
        for name, peer in self.peers.items():
            if name != "kmsec":
                measured[name] = (peer.label, self.rounds.get(name, {}))
        ours = {operation: statistics.median(values) for operation, values in self.rounds["kmsec"].items()}
        return [
            {"name": name, "label": label, "operations": {key: cell(found[key], ours[key]) for key in found}}
            for name, (label, found) in measured.items()
        ]


def cell(rounds: list[float], ours: float) -> dict:
    median = statistics.median(rounds)
    return {"microseconds": median, "ratio": median / ours, "rounds": rounds}


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(rows: list[dict]) -> str:
    operations = [operation for operation in TITLES if operation in rows[0]["operations"]]
    lines = [["µs per call (× KMSecurity)", *(TITLES[operation] for operation in operations)]]
    lines.append(["---"] + ["---:"] * len(operations))
    for row in rows:
        found = [row["operations"].get(operation) for operation in operations]
        cells = [f"{number(value['microseconds'])} ({number(value['ratio'])})" if value else "–" for value in found]
        lines.append([row["label"], *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> dict:
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        models = [line for line in information.read_text().splitlines() if line.startswith("model name")]
        processor = models[0].split(":", 1)[1].strip() if models else processor
    return {"processor": processor, "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], epilog=f"Names of --only: {', '.join(PEERS)}. KMSecurity is always run."
    )
    parser.add_argument("--kmsec", type=Path, default=ROOT / ".build/release/kmsec", help="a release build of kmsec")
    parser.add_argument("--seconds", type=float, default=1, help="the time per operation and round (default: 1)")
    parser.add_argument("--rounds", type=int, default=5, help="the number of rounds (default: 5)")
    parser.add_argument("--only", action="append", choices=PEERS, metavar="NAME", help="measure only these; repeatable")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to this file, too")
    try:
        chosen = parser.parse_args()
        if not (chosen.seconds > 0 and chosen.rounds > 0):
            parser.error("--seconds and --rounds must be greater than 0")
        if not os.access(chosen.kmsec, os.X_OK):
            parser.error(f"{chosen.kmsec} does not exist; build it with: swift build -c release, or give --kmsec PATH")
    except SystemExit as exit_:
        sys.exit(64 if exit_.code else 0)
    return chosen


def report(comparison: Comparison, chosen: argparse.Namespace) -> None:
    rows, computer = comparison.rows(), machine()
    print(table(rows), end="\n\n")
    how = f"{chosen.rounds}, with {chosen.seconds:g} s per operation"
    print(f"- Rounds: {how}, on one thread of {computer['processor']}.")
    print(NOTES)
    for title, reasons in (("Not measured", comparison.missing), ("Failed", comparison.failed)):
        for name, reason in reasons.items():
            print(f"- {title}: {name}: {reason}")
    if chosen.json:
        data = {"unit": "microseconds", "seconds": chosen.seconds, "rounds": chosen.rounds, "machine": computer}
        data |= {"implementations": rows, "notMeasured": comparison.missing, "failed": comparison.failed}
        chosen.json.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def main() -> int:
    chosen, progress = options(), Progress()
    with tempfile.TemporaryDirectory(prefix="kmsec-speed-") as folder:
        try:
            inputs = Inputs(Path(folder), chosen.kmsec.resolve())
            comparison = Comparison(inputs, KMSecurity(chosen.kmsec.resolve(), inputs), progress)
            try:
                comparison.prepare([name for name in PEERS if name in (chosen.only or PEERS)])
                comparison.warm_up()
                comparison.run(chosen.seconds, chosen.rounds)
            finally:
                progress.show("")
                comparison.close()
        except Failed as reason:
            print(f"speed.py: error: {reason}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        report(comparison, chosen)
    return 1 if comparison.failed else 0


if __name__ == "__main__":
    sys.exit(main())
