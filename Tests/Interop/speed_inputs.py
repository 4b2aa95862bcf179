"""The inputs of speed.py's peers, and the checks that each peer and kmsec understand each other."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from speed_peers import Failed, Peer

KST = timezone(timedelta(hours=9))
PARAMETERS = (
    b'{"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}'
)
# A response of the documented shape, as `kmsec speed` makes it.
CARD = (
    '{"response":{"code":"000_000","message":"Success."},"issuedCardList":[{"cardApplyNo":"A202611230000000000001",'
    '"issueType":"ISSUE","digital":{"cardNo":"9999990000000014","par":"Q180BEA3B2F1BBD8410336D66A4",'
    '"serviceId":"100000000000001","serviceName":"Demo Pay","mobileCardCVC":"737"},"status":"DIGITAL_ISSUED",'
    '"values":{"balance":150000,"points":[{"policyType":"00","policyId":"P00000000000001","policyName":"Basic",'
    '"amount":1200}]},"requester":"APP"}]}'
)


def document() -> tuple[bytes, int]:
    """Returns the JSON document of one megabyte that `kmsec speed` scans, and the number of its items."""
    cards = -(-(1_000_000 - 1) // (len(CARD) + 1))
    return ("[" + (CARD + ",") * cards + "0]").encode(), cards + 1


class Inputs:
    """A folder with the inputs of the peers: a key pair and a secret for this run, and one moment as the clock."""

    def __init__(self, folder: Path, kmsec: Path):
        self.folder, self.kmsec = folder, kmsec
        self.key_id, self.secret, self.body = os.urandom(16).hex(), os.urandom(16).hex().encode(), b"x" * 600
        self.now = int(time.time() * 1000)
        self.time = self.digits(self.now)
        content, self.items = document()
        self.document_size = len(content)
        for name, data in {
            "parameters": PARAMETERS,
            "body": self.body,
            "secret": self.secret,
            "key-id": self.key_id.encode(),
            "clock": str(self.now).encode(),
            "time": self.time.encode(),
            "document.json": content,
        }.items():
            self.write(name, data)
        self.run("key", "generate", "--out", folder / "keys", "--id", self.key_id)
        for name in ("private.pem", "public.pem"):
            (folder / "keys" / f"{self.key_id}.{name}").rename(folder / name)

    def write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_bytes(data)

    def run(self, *arguments: str | Path, data: bytes = b"") -> bytes:
        """Runs kmsec and returns its output without the newline at its end."""
        command = [str(part) for part in (self.kmsec, *arguments)]
        result = subprocess.run(command, input=data, capture_output=True, check=False)
        if result.returncode != 0:
            raise Failed(f"kmsec {arguments[0]} failed: {result.stderr.decode().strip()}")
        return result.stdout.removesuffix(b"\n")

    def encrypt(self, key_id: str | None = None, encryption: str = "A256GCM") -> str:
        key = ("--to", self.folder / "public.pem", "--key-id", key_id or self.key_id)
        return self.run("encrypt", *key, "--enc", encryption, data=PARAMETERS).decode()

    def decrypt(self, body: str) -> bytes:
        key = ("--with", self.folder / "private.pem", "--key-id", self.key_id)
        return self.run("decrypt", *key, data=body.encode())

    def sign(self) -> str:
        options = ("--secret-file", self.folder / "secret", "--zone", "KST", "--time", self.time)
        return self.run("token", "sign", *options, data=self.body).decode()

    def verify(self, token: str) -> None:
        # The clock of the run stands still while the peers are built.
        options = ("--secret-file", self.folder / "secret", "--zone", "KST", "--tolerance", "86400")
        self.run("token", "verify", *options, "--token", token, data=self.body)

    def token(self, digits: str) -> str:
        """Returns a token with the right MAC and any time."""
        mac = base64.b64encode(hmac.digest(self.secret, self.body, hashlib.sha256)).decode()
        return f"KMV1:{digits}:{mac.rstrip('=')}"

    @staticmethod
    def digits(milliseconds: int) -> str:
        moment = datetime.fromtimestamp(milliseconds // 1000, KST)
        return f"{moment:%Y%m%d%H%M%S}{milliseconds % 1000:03}"


def check(peer: Peer, inputs: Inputs) -> None:
    """Throws `Failed` unless the peer does the same work as kmsec."""
    if "message-encrypt" in peer.operations:
        check_decryption(peer, inputs)
        check_encryption(peer, inputs)
    if "token-sign" in peer.operations:
        check_tokens(peer, inputs)
    if "json-scan" in peer.operations:
        expect(int(peer.ask("count")) == inputs.items, "it finds another number of items")


def expect(condition: bool, fault: str) -> None:
    if not condition:
        raise Failed(fault)


def changed(text: str, index: int) -> str:
    """Returns the text with another Base64 character at an index."""
    return text[:index] + ("B" if text[index] == "A" else "A") + text[index + 1 :]


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_decryption(peer: Peer, inputs: Inputs) -> None:
    body = inputs.encrypt()
    answer = peer.ask("decrypt", body)
    expect(answer == base64.b64encode(PARAMETERS).decode(), f"it does not decrypt kmsec's message: {answer}")
    start = len('{"encData":"')
    lengths = [len(part) + 1 for part in body[start:].split(".")]
    for number, name in enumerate(["header", "encrypted key", "IV", "ciphertext", "tag"]):
        index = start + sum(lengths[:number])
        answer = peer.ask("decrypt", changed(body, index))
        expect(answer == "rejected", f"it accepts a message with another {name}")
    for other in (inputs.encrypt(key_id="0" * 32), inputs.encrypt(encryption="A128GCM")):
        expect(peer.ask("decrypt", other) == "rejected", "it accepts a message with another kid or enc")


def check_encryption(peer: Peer, inputs: Inputs) -> None:
    bodies = [peer.ask("encrypt"), peer.ask("encrypt")]
    for body in bodies:
        expect(inputs.decrypt(body) == PARAMETERS, "kmsec decrypts its message to other parameters")
    first, second = ([decode(part) for part in json.loads(body)["encData"].split(".")] for body in bodies)
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": inputs.key_id}
    expect(json.loads(first[0]) == header, "its protected header is another")
    expect([len(part) for part in first[1:]] == [256, 12, len(PARAMETERS), 16], "its parts have other lengths")
    is_fresh = all(one != other for one, other in zip(first[1:], second[1:]))
    expect(is_fresh, "its messages share the encrypted key, the IV or the ciphertext")


def check_tokens(peer: Peer, inputs: Inputs) -> None:
    expected, token = inputs.sign(), peer.ask("sign")
    expect(token == expected, f"its token is {token}; kmsec's is {expected}")
    inputs.verify(token)
    expect(peer.ask("verify", expected) == "accepted", "it rejects kmsec's token")
    month_13 = inputs.time[:4] + "13" + inputs.time[6:]
    rejected = {
        "another MAC": changed(expected, 30),
        "another prefix": "KMV2" + expected[4:],
        "a month 13": inputs.token(month_13),
        "a second 60": inputs.token(inputs.time[:12] + "60" + inputs.time[14:]),
        "a time too far in the past": inputs.token(inputs.digits(inputs.now - 300_001)),
        "a time too far in the future": inputs.token(inputs.digits(inputs.now + 300_001)),
        "a short MAC": expected[:-1],
    }
    for fault, text in rejected.items():
        expect(peer.ask("verify", text) == "rejected", f"it accepts a token with {fault}")
    for limit in (-300_000, 300_000):
        text = inputs.token(inputs.digits(inputs.now + limit))
        expect(peer.ask("verify", text) == "accepted", "it rejects a token whose time is just within the tolerance")
