"""Compares `kmsec speed` with Node's crypto module, pyca/cryptography and jwcrypto on the same machine.

The programs run in turns. The output is the median of all turns and its ratio to the time of kmsec.

    swift build -c release && .build/interop/bin/python3 Tests/Interop/speed.py [SECONDS [TURNS]]

It needs Node and the packages that `.ci/interop-environment` installs."""

import base64
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
TURNS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
OPERATIONS = ["message-encrypt", "message-decrypt", "token-sign"]
PARAMETERS = (
    b'{"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}'
)
HEADER = b'{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"0123456789abcdef0123456789abcdef"}'

private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
public_key = private_key.public_key()
oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
secret, body = os.urandom(32), b"x" * 600
jwk = JWK.from_pyca(private_key)


def encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def decode(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def pyca_encrypt() -> bytes:
    key, iv, header = os.urandom(32), os.urandom(12), encode(HEADER)
    sealed = AESGCM(key).encrypt(iv, PARAMETERS, header)
    parts = [header, encode(public_key.encrypt(key, oaep)), encode(iv), encode(sealed[:-16]), encode(sealed[-16:])]
    return b'{"encData":"' + b".".join(parts) + b'"}'


def pyca_decrypt(message: bytes) -> bytes:
    header, wrapped, iv, ciphertext, tag = json.loads(message)["encData"].encode().split(b".")
    json.loads(decode(header))
    key = private_key.decrypt(decode(wrapped), oaep)
    return AESGCM(key).decrypt(decode(iv), decode(ciphertext) + decode(tag), header)


def jwcrypto_encrypt() -> str:
    return JWE(PARAMETERS, protected=HEADER.decode(), recipient=jwk).serialize(compact=True)


def jwcrypto_decrypt(message: str) -> bytes:
    jwe = JWE()
    jwe.deserialize(message, jwk)
    return jwe.payload


def python_sign() -> bytes:
    return b"KMV1:20260101000000000:" + base64.b64encode(hmac.digest(secret, body, hashlib.sha256))[:43]


def measure(call) -> float:
    batch, times, end = 1, [], time.perf_counter() + SECONDS
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


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def kmsec() -> dict[str, float]:
    rows = json.loads(output(str(ROOT / ".build/release/kmsec"), "speed", "--json", "--seconds", str(SECONDS), *OPERATIONS))
    measured = {row["operation"]: row["microseconds"] for row in rows}
    floors = {"floor " + row["operation"]: row["referenceMicroseconds"] for row in rows}
    return measured | floors


pyca_message, jwcrypto_message = pyca_encrypt(), jwcrypto_encrypt()
peers = {
    "kmsec": kmsec,
    "node": lambda: json.loads(output("node", str(ROOT / "Tests/Interop/speed.mjs"), str(SECONDS))),
    "cryptography": lambda: {
        "message-encrypt": measure(pyca_encrypt),
        "message-decrypt": measure(lambda: pyca_decrypt(pyca_message)),
        "token-sign": measure(python_sign),
    },
    "jwcrypto": lambda: {
        "message-encrypt": measure(jwcrypto_encrypt),
        "message-decrypt": measure(lambda: jwcrypto_decrypt(jwcrypto_message)),
    },
}

turns = {name: [] for name in peers}
for _ in range(TURNS):
    for name, measure_peer in peers.items():
        turns[name].append(measure_peer())

print(f"{'us a call (times kmsec)':26}" + "".join(f"{operation:>24}" for operation in OPERATIONS))
ours = {key: statistics.median(turn[key] for turn in turns["kmsec"]) for key in turns["kmsec"][0]}
for name, all_turns in [("bare OpenSSL loop", None), *turns.items()]:
    cells = []
    for operation in OPERATIONS:
        key = operation if all_turns else "floor " + operation
        values = [turn[key] for turn in (all_turns or turns["kmsec"]) if key in turn]
        value = statistics.median(values) if values else None
        cells.append(f"{value:.3g} ({value / ours[operation]:.2f})" if value else "-")
    print(f"{name:26}" + "".join(f"{cell:>24}" for cell in cells))
