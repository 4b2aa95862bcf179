"""Makes a body at field level with Python: json writes the document, and cryptography does RSA-OAEP and AES-GCM.

Each input line: {"key": PEM of the public key, "kid": …, "enc": …, "cid": … or null, "parameters": a value,
"paths": [[name or index, …], …]}.
Each output line: {"body": the text of the body, "parameters": the text that the body must decrypt to}.
"""
import base64
import json
import os
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key

SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "'": "\\'", "\\": "\\\\"}


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def normalized(path):
    def step(item):
        if isinstance(item, int):
            return f"[{item}]"
        return "['" + "".join(SHORT.get(c, c if c >= " " else f"\\u{ord(c):04x}") for c in item) + "']"

    return "$" + "".join(step(item) for item in path)


for line in sys.stdin:
    job = json.loads(line)
    content_key = os.urandom(16 if job["enc"] == "A128GCM" else 32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    encrypted_key = load_pem_public_key(job["key"].encode()).encrypt(content_key, oaep)
    parameters = text(job["parameters"])
    body = job["parameters"]
    for path in job["paths"]:
        *way, last = path
        holder = body
        for item in way:
            holder = holder[item]
        header = {"alg": "RSA-OAEP-256", "enc": job["enc"], "kid": job["kid"], "cty": "json", "path": normalized(path)}
        if job["cid"] is not None:
            header["cid"] = job["cid"]
        # Unlike kmsec's headers, this one has spaces and may have escapes, because only the values of its members matter.
        encoded = base64url(json.dumps(header).encode())
        iv = os.urandom(12)
        sealed = AESGCM(content_key).encrypt(iv, text(holder[last]).encode(), encoded.encode())
        parts = [encrypted_key, iv, sealed[:-16], sealed[-16:]]
        holder[last] = ".".join([encoded, *map(base64url, parts)])
    print(json.dumps({"body": text(body), "parameters": parameters}), flush=True)
