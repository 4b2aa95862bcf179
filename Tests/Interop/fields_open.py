"""Decrypts each field of a message on its own, with jwcrypto.

Each input line: {"key": PEM of the private key, "jwes": [compact serialization, …]}.
Each output line: [{"header": protected header, "plaintext": Base64}, …], in the same order.
"""
import base64
import json
import sys

from jwcrypto import jwe, jwk

for line in sys.stdin:
    job = json.loads(line)
    key = jwk.JWK.from_pem(job["key"].encode())
    fields = []
    for text in job["jwes"]:
        message = jwe.JWE(algs=["RSA-OAEP-256", "A128GCM", "A256GCM"])
        message.deserialize(text, key)
        fields.append({
            "header": json.loads(message.objects["protected"]),
            "plaintext": base64.b64encode(message.payload).decode(),
        })
    print(json.dumps(fields), flush=True)
