"""Measures the operations of `kmsec speed` with a Python library. speed.py starts it and describes its protocol.

python3 speed_python.py cryptography|jwcrypto|joserfc FOLDER

Exit status 77: the library is not installed."""

import base64
import hmac
import importlib
import importlib.metadata
import json
import os
import platform
import re
import statistics
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

LIBRARY, FOLDER = sys.argv[1], Path(sys.argv[2])
KMV1 = re.compile("KMV1:([0-9]{17}):([A-Za-z0-9+/]{43})=?")
KST = timezone(timedelta(hours=9))
PARAMETERS, BODY = (FOLDER / "parameters").read_bytes(), (FOLDER / "body").read_bytes()
SECRET, CLOCK = (FOLDER / "secret").read_bytes(), int((FOLDER / "clock").read_text())
TIME = (FOLDER / "time").read_text()
HEADER = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": (FOLDER / "key-id").read_text()}
HEADER_TEXT = json.dumps(HEADER, separators=(",", ":"))


def encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_header(header: dict) -> None:
    if any(header.get(name) != value for name, value in HEADER.items()):
        raise ValueError("another header")


class Tokens:
    """The tokens, with the hmac module of the standard library."""

    def sign(self) -> str:
        mac = hmac.digest(SECRET, BODY, "sha256")
        return f"KMV1:{TIME}:{base64.b64encode(mac).decode().rstrip('=')}"

    def verify(self, token: str) -> bool:
        match = KMV1.fullmatch(token)
        if match is None:
            return False
        digits, mac = match.groups()
        moment = self.moment(digits)
        if not hmac.compare_digest(base64.b64decode(mac + "="), hmac.digest(SECRET, BODY, "sha256")):
            return False
        return abs(moment.timestamp() * 1000 - CLOCK) <= 300_000

    @staticmethod
    def moment(digits: str) -> datetime:
        """Reads the digits one number after the other: strptime takes several times as long."""
        year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
        hour, minute, second = int(digits[8:10]), int(digits[10:12]), int(digits[12:14])
        return datetime(year, month, day, hour, minute, second, int(digits[14:]) * 1000, KST)


class Cryptography(Tokens):
    def __init__(self):
        from cryptography.hazmat.backends.openssl import backend
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.aes, self.openssl = AESGCM, backend.openssl_version_text().split()[1]
        self.oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        self.public_key = serialization.load_pem_public_key((FOLDER / "public.pem").read_bytes())
        self.private_key = serialization.load_pem_private_key((FOLDER / "private.pem").read_bytes(), None)

    def encrypt(self) -> str:
        key, iv, header = os.urandom(32), os.urandom(12), encode(HEADER_TEXT.encode())
        sealed = self.aes(key).encrypt(iv, PARAMETERS, header)
        parts = self.public_key.encrypt(key, self.oaep), iv, sealed[:-16], sealed[-16:]
        return '{"encData":"' + b".".join([header, *map(encode, parts)]).decode() + '"}'

    def decrypt(self, body: str) -> bytes:
        header, *parts = json.loads(body)["encData"].split(".")
        wrapped, iv, ciphertext, tag = map(decode, parts)
        check_header(json.loads(decode(header)))
        key = self.private_key.decrypt(wrapped, self.oaep)
        if (len(key), len(iv), len(tag)) != (32, 12, 16):
            raise ValueError("another length")
        return self.aes(key).decrypt(iv, ciphertext + tag, header.encode())


class JWCrypto:
    def __init__(self):
        from jwcrypto.jwe import JWE
        from jwcrypto.jwk import JWK

        self.jwe = JWE
        self.public_key = JWK.from_pem((FOLDER / "public.pem").read_bytes())
        self.private_key = JWK.from_pem((FOLDER / "private.pem").read_bytes())

    def encrypt(self) -> str:
        message = self.jwe(PARAMETERS, protected=HEADER_TEXT, recipient=self.public_key)
        return '{"encData":"' + message.serialize(compact=True) + '"}'

    def decrypt(self, body: str) -> bytes:
        message = self.jwe(algs=["RSA-OAEP-256", "A256GCM"])
        message.deserialize(json.loads(body)["encData"], self.private_key)
        check_header(message.jose_header)
        return message.payload


class JOSERFC:
    def __init__(self):
        from joserfc import jwe
        from joserfc.jwk import RSAKey

        self.jwe, self.registry = jwe, jwe.JWERegistry(algorithms=["RSA-OAEP-256", "A256GCM"])
        self.public_key = RSAKey.import_key((FOLDER / "public.pem").read_bytes())
        self.private_key = RSAKey.import_key((FOLDER / "private.pem").read_bytes())

    def encrypt(self) -> str:
        message = self.jwe.encrypt_compact(dict(HEADER), PARAMETERS, self.public_key, registry=self.registry)
        return '{"encData":"' + message + '"}'

    def decrypt(self, body: str) -> bytes:
        message = self.jwe.decrypt_compact(json.loads(body)["encData"], self.private_key, registry=self.registry)
        check_header(message.headers())
        return message.plaintext


def measure(call, seconds: float) -> float:
    """Returns the median time of a call in microseconds, of batches of some milliseconds each."""
    batch, times, end = 1, [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        for _ in range(batch):
            call()
        elapsed = time.perf_counter() - start
        if elapsed < 0.005:
            batch *= 2
        else:
            times.append(elapsed / batch * 1e6)
    return statistics.median(times)


def call(library, operation: str):
    """Returns a function without arguments that runs an operation once."""
    if operation == "message-encrypt":
        return library.encrypt
    if operation == "message-decrypt":
        body = library.encrypt()
        return lambda: library.decrypt(body)
    if operation == "token-sign":
        return library.sign
    token = library.sign()
    return lambda: library.verify(token)


def version(library) -> str:
    text = f"{LIBRARY} {importlib.metadata.version(LIBRARY)} (Python {platform.python_version()}"
    return f"{text}, OpenSSL {library.openssl})" if isinstance(library, Cryptography) else f"{text})"


def answer(library, command: str, *arguments: str) -> str:
    if command == "version":
        return version(library)
    if command == "measure":
        return str(measure(call(library, arguments[0]), float(arguments[1])))
    if command in ("encrypt", "sign"):
        return getattr(library, command)()
    try:
        if command == "verify":
            return "accepted" if library.verify(*arguments) else "rejected"
        return base64.b64encode(library.decrypt(*arguments)).decode()
    except Exception:  # The libraries have no common error, and any error rejects.
        return "rejected"


try:
    importlib.import_module(LIBRARY)
except ImportError:
    print(f"the package {LIBRARY} is not installed; run .ci/interop-environment", file=sys.stderr)
    sys.exit(77)
chosen = {"cryptography": Cryptography, "jwcrypto": JWCrypto, "joserfc": JOSERFC}[LIBRARY]()
for line in sys.stdin:
    print(answer(chosen, *line.split()), flush=True)
