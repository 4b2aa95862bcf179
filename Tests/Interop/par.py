"""Derives PARs from PANs; written from the article on the derivation alone.

python3 par.py KEY-FILE PREFIX KEY-VERSION < PANs, one per line > PARs, one per line
"""

import hashlib
import hmac
import sys

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def derive(key: bytes, version: int, prefix: str, pan: str) -> str:
    message = (
        b"KMSecurity PAR 1" + bytes([len(prefix) + 25]) + prefix.encode() + version.to_bytes(4, "big") + pan.encode()
    )
    number = int.from_bytes(hmac.new(key, message, hashlib.sha256).digest(), "big")
    reference = ""
    for _ in range(25):
        # The bits above 256 are the next digit, and the lower 256 bits give the digits after it.
        number *= 36
        reference += ALPHABET[number >> 256]
        number &= (1 << 256) - 1
    return prefix + reference


def key_check_value(key: bytes, version: int) -> str:
    return hmac.new(key, b"KMSecurity KCV 1" + version.to_bytes(4, "big"), hashlib.sha256).hexdigest()[:10].upper()


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        key = file.read().removesuffix(b"\n")
    for line in sys.stdin:
        print(derive(key, int(sys.argv[3]), sys.argv[2], line.strip()))
