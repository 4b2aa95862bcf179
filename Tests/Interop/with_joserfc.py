"""Opens and makes JWE compact serializations with joserfc.

python3 with_joserfc.py open PRIVATE.pem < JWEs, one per line > plaintexts, in Base64, one per line
python3 with_joserfc.py seal PUBLIC.pem HEADER... < plaintext > JWEs, one per line
"""

import json
import sys
from base64 import b64encode
from pathlib import Path

from joserfc import jwe
from joserfc.jwk import RSAKey

operation, path, *headers = sys.argv[1:]
key = RSAKey.import_key(Path(path).read_bytes())
data = sys.stdin.buffer.read()
# The strict check rejects the member iat, which some senders write.
registry = jwe.JWERegistry(algorithms=["RSA-OAEP-256", "A128GCM", "A256GCM"], strict_check_header=False)

if operation == "open":
    for line in data.decode("ascii").splitlines():
        print(b64encode(jwe.decrypt_compact(line, key, registry=registry).plaintext).decode())
elif operation == "seal":
    for header in headers:
        print(jwe.encrypt_compact(json.loads(header), data, key, registry=registry))
else:
    sys.exit(f"no operation {operation}")
