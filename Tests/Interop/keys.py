"""Reads the files of kmsec key generate with cryptography (pyca):

python3 keys.py PRIVATE.pem PUBLIC.pem CERT.pem [PASSPHRASE]

prints the SHA-256 of the SubjectPublicKeyInfo of each, and the certificate's subject once its signature is verified.
"""

import sys
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate

secret, open_key, signed, *passphrase = sys.argv[1:]


def fingerprint(key):
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


certificate = load_pem_x509_certificate(Path(signed).read_bytes())
certificate.verify_directly_issued_by(certificate)
password = passphrase[0].encode() if passphrase else None

print(fingerprint(load_pem_private_key(Path(secret).read_bytes(), password).public_key()))
print(fingerprint(load_pem_public_key(Path(open_key).read_bytes())))
print(fingerprint(certificate.public_key()))
print(certificate.subject.rfc4514_string())
