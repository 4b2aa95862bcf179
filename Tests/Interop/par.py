"""PARs of PANs, written from the article on the derivation alone: the file of a key, the prefix and the key's version as
arguments; PANs in, a line each, PARs out."""

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
        # What overflows 256 bits is the next digit, and the rest goes on.
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
