"""Opens and makes JWE compact serializations with jwcrypto.

python3 with_jwcrypto.py open PRIVATE.pem < JWEs, one per line > plaintexts, in Base64, one per line
python3 with_jwcrypto.py seal PUBLIC.pem HEADER... < plaintext > JWEs, one per line
"""

import sys
from base64 import b64encode
from pathlib import Path

from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

operation, path, *headers = sys.argv[1:]
key = JWK.from_pem(Path(path).read_bytes())
data = sys.stdin.buffer.read()

if operation == "open":
    for line in data.decode("ascii").splitlines():
        message = JWE()
        message.deserialize(line, key)
        print(b64encode(message.payload).decode())
elif operation == "seal":
    for header in headers:
        print(JWE(data, protected=header, recipient=key).serialize(compact=True))
else:
    sys.exit(f"no operation {operation}")
