"""The peers of speed.py: programs that have the operations of `kmsec speed` with another library.

A peer reads the inputs from a folder (see speed_inputs.py), and then one command per line. It answers each in one line:

    version                     the name and version of the library
    encrypt                     a body {"encData":"…"} with the parameters
    decrypt BODY                the parameters in Base64, or `rejected`
    sign                        a token for the body
    verify TOKEN                `accepted` or `rejected`
    count                       the number of items of the JSON document
    measure OPERATION SECONDS   the median time of a call, in microseconds

Exit status 77 before the first answer means that the library is not installed. Standard error then has the reason."""

import contextlib
import json
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INTEROP = Path(__file__).resolve().parent
BUILDS = ROOT / ".build/speed"
MESSAGES = ("message-encrypt", "message-decrypt")
TOKENS = ("token-sign", "token-verify")
SCAN = ("json-scan",)


class Missing(Exception):
    """A peer that this machine does not have, with the reason."""


class Failed(Exception):
    """A peer that gave a wrong answer or none."""


class Peer:
    """A running program. `warm_up` is the time in seconds that an operation runs before it is measured."""

    def __init__(self, command: list, operations: tuple, warm_up: float, label: str | None = None):
        self.operations, self.warm_up = operations, warm_up
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        self.label = label or self.ask("version")

    def ask(self, *words: str, limit: float = 60) -> str:
        """Sends a command and returns the answer. The program is ended if it takes longer than `limit` seconds."""
        timer = threading.Timer(limit, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(" ".join(words) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().rstrip("\n")
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            self.fail(words[0])
        return answer

    def fail(self, command: str) -> None:
        self.process.kill()
        status = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines() or ["nothing on standard error"]
        if status == 77:
            raise Missing(lines[-1])
        raise Failed(f"no answer to {command} (exit status {status}): {lines[-1]}")

    def measure(self, operation: str, seconds: float) -> float:
        return float(self.ask("measure", operation, str(seconds), limit=seconds + 60))

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def tool(name: str, remedy: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed; {remedy}")
    return path


def run(*command: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)


def last_error(result: subprocess.CompletedProcess) -> str:
    lines = (result.stderr + result.stdout).strip().splitlines() or ["no output"]
    return next((line.strip() for line in lines if "error:" in line), lines[-1])


def node(library: str, operations: tuple):
    def prepare(inputs: Path) -> Peer:
        program = tool("node", "on Debian, install nodejs")
        return Peer([program, INTEROP / "speed.mjs", library, inputs], operations, warm_up=1)

    return prepare


def python(library: str, operations: tuple):
    def prepare(inputs: Path) -> Peer:
        interpreter = ROOT / ".build/interop/bin/python3"
        if not interpreter.exists():
            raise Missing("its environment does not exist; run .ci/interop-environment")
        return Peer([interpreter, INTEROP / "speed_python.py", library, inputs], operations, warm_up=0.2)

    return prepare


def java(inputs: Path) -> Peer:
    tool("javac", "on Debian, install default-jdk-headless")
    # The serial collector has no threads of its own. The compiler of the virtual machine needs seconds to finish.
    command = ["java", "-XX:+UseSerialGC", INTEROP / "Speed.java", inputs]
    return Peer(command, MESSAGES + TOKENS, warm_up=5)


def swift_crypto(inputs: Path) -> Peer:
    package, scratch = INTEROP / "SwiftCrypto", BUILDS / "swift-crypto"
    options = ["--package-path", package, "--scratch-path", scratch]
    swift = tool("swift", "install the toolchain that builds kmsec")
    resolved = run(swift, "package", *options, "resolve")
    if resolved.returncode != 0:
        raise Missing(f"its package cannot be fetched: {last_error(resolved)}")
    built = run(swift, "build", "-c", "release", *options)
    if built.returncode != 0:
        raise Failed(f"it does not build: {last_error(built)}")
    pins = json.loads((package / "Package.resolved").read_text())["pins"]
    version = next(pin["state"].get("version", "") for pin in pins if pin["identity"] == "swift-crypto")
    label = f"swift-crypto {version} (BoringSSL)"
    return Peer([scratch / "release/SwiftCryptoSpeed", inputs], MESSAGES + TOKENS, 0.2, label)


def simdjson(flags: list[str], *implementation: str):
    def prepare(inputs: Path) -> Peer:
        compiler, source = tool("c++", "on Debian, install g++"), INTEROP / "json_speed.cpp"
        if run(compiler, "-std=c++17", "-E", source, "-o", "/dev/null").returncode != 0:
            raise Missing("simdjson.h is not installed; on Debian, install libsimdjson-dev")
        BUILDS.mkdir(parents=True, exist_ok=True)
        program = BUILDS / ("json_speed" + "".join(flags))
        options = ["-std=c++17", "-O3", *flags]
        built = run(compiler, *options, source, "-lsimdjson", "-o", program)
        if built.returncode != 0:
            raise Failed(f"it does not build: {last_error(built)}")
        peer = Peer([program, inputs / "document.json", *implementation], SCAN, 0.2)
        peer.label += f" ({' '.join(options[1:])})"
        return peer

    return prepare


# The names of the option --only, and the functions that build and start the peers.
PEERS = {
    "node": node("crypto", MESSAGES + TOKENS),
    "jose": node("jose", MESSAGES),
    "cryptography": python("cryptography", MESSAGES + TOKENS),
    "jwcrypto": python("jwcrypto", MESSAGES),
    "joserfc": python("joserfc", MESSAGES),
    "java": java,
    "swift-crypto": swift_crypto,
    "simdjson": simdjson([]),
    "simdjson-native": simdjson(["-march=native"]),
    "simdjson-fallback": simdjson([], "fallback"),
}
