"""Runs vector files with only Python's standard library and pyca/cryptography: python3 vectors.py FILE-OR-FOLDER...

Prints `N agreed, N disagreed` for each file and for all files, with the ids of tests that disagree. The exit status is 1 if
a test disagrees or a file is invalid. Vectors/README.md has the rules, and the meaning of the error codes.
"""
import collections, functools, json, pathlib, re, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from vectors_tokens import attempt, check, decode, demand, encode, FAILED, HEADERS, par_derive, Rejected
from vectors_tokens import hmac_sha256, request_headers, request_stamp, response_headers, token_explain, token_sign
from vectors_tokens import token_verify

# JSON (RFC 8259): values with their range; kind is the first byte, and items are pairs of a name or an index and a value.
Value = collections.namedtuple("Value", "kind start end items text")
SPACE, STRING = rb"[ \t\n\r]*", rb'("[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*")'
TOKEN = STRING[:-1] + rb"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|[{[])"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")

def scan(text, limit=64, malformed="malformedJSON"):
    at = 0
    def take(pattern, is_due=True):
        nonlocal at
        found = re.compile(SPACE + pattern).match(text, at)
        demand(found or not is_due, malformed)
        at = found.end() if found else at
        return found and found[1]
    def value(depth):
        token, items = take(TOKEN), []
        start, closing = at - len(token), {b"{": rb"(})", b"[": rb"(\])"}.get(token)
        demand(depth < limit or not closing, "limitExceeded")
        while closing and not take(closing, is_due=False):
            if items: take(rb"(,)")
            key = json.loads(take(STRING + SPACE + b":")) if token == b"{" else len(items)
            items.append((key, value(depth + 1)))
        return Value(token[:1], start, at, items, json.loads(token) if token[:1] == b'"' else None)
    attempt(malformed, text.decode)
    return [value(0), take(rb"(\Z)")][0]

# Paths in the subset of RFC 9535, as lists of names, indexes, and None for the wildcard.
WS, HEX, LETTER = "[ \t\n\r]*", "[0-9A-Fa-f]", r"A-Za-z_\x80-\U0010ffff"
UNIT = rf"u(?:[0-9A-CEFa-cef]{HEX}{{3}}|[Dd][0-7]{HEX}{{2}}|[Dd][89ABab]{HEX}{{2}}\\u[Dd][C-Fc-f]{HEX}{{2}})"
SINGLE, DOUBLE = (rf"{q}((?:[^{q}\\\x00-\x1f]|\\(?:[bfnrt/\\{q}]|{UNIT}))*){q}" for q in "'\"")
BRACKET = rf"\[{WS}(?:\*|{SINGLE}|{DOUBLE}|(0|[1-9][0-9]*)){WS}"
STEP = rf"{WS}(?:{BRACKET}\]|\.(?:\*|([{LETTER}][0-9{LETTER}]*)))"
UNSUPPORTED = re.compile(rf"{WS}(?:\.\.|\[{WS}[?:-]|{BRACKET}[,:])")
ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", "'": r"\'", "\\": r"\\"}

def steps(path):
    end, result = re.match(rf"\$?(?:{STEP})*", path).end(), []
    demand(end == len(path) or not UNSUPPORTED.match(path, end), "pathUnsupported")
    demand(path[:1] == "$" and end == len(path) and len(path.encode()) <= 2048, "pathMalformed")
    for single, quoted, index, name in (step.groups() for step in re.finditer(STEP, path[1:])):
        if single is not None:  # as in a JSON string, where \' is not an escape and " needs one
            quoted = re.sub(r'\\.|"', lambda part: {r"\'": "'", '"': r'\"'}.get(part[0], part[0]), single)
        result.append(int(index) if index else name if quoted is None else json.loads(f'"{quoted}"'))
    demand(len(result) <= 64 and all(step < 1 << 53 for step in result if isinstance(step, int)), "pathMalformed")
    return result

def normalized(key):
    escaped = re.sub(r"['\\\x00-\x1f]", lambda found: ESCAPES.get(found[0], rf"\u{ord(found[0]):04x}"), str(key))
    return f"[{key}]" if isinstance(key, int) else f"['{escaped}']"

def matches(text, paths, is_each_due):
    """Returns the matches of all paths in document order, each once, as triples of normalized path, depth and value."""
    paths = [steps(path) for path in paths]
    demand(1 <= len(paths) <= 256, "limitExceeded")
    demand(not any(len(outer) < len(inner) and all(a == b or None in (a, b) for a, b in zip(outer, inner))
                   for outer in paths for inner in paths), "pathsOverlap")
    def reach(value, rest, place="$", depth=0):
        if not rest: return [(place, depth, value)]
        demand(len(value.items) == len({key for key, _ in value.items}), "malformedJSON")
        if value.kind in b"{[" and not value.items and rest[0] is None: return [None]  # matches, but selects nothing
        return [hit for key, item in value.items if rest[0] in (None, key)
                for hit in reach(item, rest[1:], place + normalized(key), depth + 1)]
    root = scan(text)
    hits = [reach(root, path) for path in paths]
    found = {hit[2].start: hit for hit in sum(hits, []) if hit}
    demand(not any(LONE_SURROGATE.search(place) for place, _, _ in found.values()), "pathUnsupported")
    demand(len(found) <= 1024 and all(len(place.encode()) <= 4096 for place, _, _ in found.values()), "limitExceeded")
    demand(all(hits) or not is_each_due, "fieldMissing")
    return [found[start] for start in sorted(found)]

# JWE compact serializations (RFC 7516).
DUE_TEXTS = {"alg": None, "enc": None, "kid": "", "cty": ""}  # with the value to use for a missing member
Key = collections.namedtuple("Key", "id state privateKey")
SenderKey = collections.namedtuple("SenderKey", "id state privateKey publicKey", defaults=[None])
private_key = functools.cache(lambda pem: serialization.load_pem_private_key(pem.encode(), None))

def read_jwe(text, key_id, algorithms=("RSA-OAEP-256",)):
    """Returns the header and the parts, the first one still encoded, after all checks that need no private key."""
    parts = demand(text.split(".") if text.count(".") == 4 else None, "malformedJWE")
    data, key, iv, ciphertext, tag = [attempt("malformedJWE", decode, part) for part in parts]
    demand(data != b"" != key and len(iv) == 12 and len(tag) == 16, "malformedJWE")
    demand(len(data) <= 4096, "limitExceeded")
    root = scan(data, 16, "malformedHeader")
    header = {name: value.text for name, value in root.items}  # None for values that are not strings
    is_text = not LONE_SURROGATE.search("".join(f"{name}{text}" for name, text in header.items()))
    demand(root.kind == b"{" and len(header) == len(root.items) and is_text, "malformedHeader")
    demand(len(header) <= 32, "limitExceeded")
    demand("crit" not in header and "zip" not in header, "algorithmNotAllowed")
    are_texts = all(header.get(name, due) is not None for name, due in DUE_TEXTS.items())
    demand(are_texts, "malformedHeader")
    demand(header["alg"] in algorithms and header["enc"] in ("A128GCM", "A256GCM"), "algorithmNotAllowed")
    demand(key_id in (None, header.get("kid", key_id)), "keyIDMismatch")
    return header, (parts[0].encode(), key, iv, ciphertext, tag)

def open_oaep(key, hash, data): return attempt(FAILED, key.decrypt, data, OAEP(MGF1(hash), hash, None))

def open_all(key, messages):
    """Returns the plaintexts of JWEs that share a content encryption key."""
    for header, parts in messages[:1]:
        content = open_oaep(key, hashes.SHA1() if header["alg"] == "RSA-OAEP" else hashes.SHA256(), parts[1])
        demand(len(content) == int(header["enc"][1:4]) // 8, FAILED)
    return [attempt(FAILED, AESGCM(content).decrypt, iv, text + tag, aad) for _, (aad, _, iv, text, tag) in messages]

# The operations: each takes the inputs of a test, and returns its outputs or raises Rejected.
def aes_gcm(key, iv, associatedData, ciphertext, tag):
    demand(len(key) in (16, 32) and len(iv) == 12 and len(tag) == 16, "invalidSize")
    plaintext = attempt(FAILED, AESGCM(key).decrypt, iv, ciphertext + tag, associatedData)
    return {"plaintext": plaintext} if AESGCM(key).encrypt(iv, plaintext, associatedData) == ciphertext + tag else {}

def rsa_oaep_decrypt(privateKey, hash, ciphertext):
    return {"message": open_oaep(private_key(privateKey), getattr(hashes, hash.replace("-", ""))(), ciphertext)}

def jwe_decrypt(privateKey, policy, jwe, privateKeyJwk="{}", keyId=None):
    key, jwk = private_key(privateKey), json.loads(privateKeyJwk)
    numbers = [getattr(key.private_numbers(), name) for name in "dpq"]
    demand(not jwk or numbers == [int.from_bytes(decode(jwk[name])) for name in "dpq"], "privateKeyJwk")
    algorithms = {"standard": ["RSA-OAEP-256"], "insecureAllowingSHA1": ["RSA-OAEP-256", "RSA-OAEP"]}[policy]
    header, parts = read_jwe(jwe, keyId, algorithms)
    known = {name: text for name, text in header.items() if name in ("alg", "enc", "kid", "cty")}
    return {"header": known, "plaintext": open_all(key, [(header, parts)])[0]}

def ring_key(keys, id, body, states=("active", "inactive"), kind=Key):
    demand(len(body) <= 1 << 20, "limitExceeded")
    key = demand({key["id"]: kind(**key) for key in keys}.get(check("cryptoKeyId", id)), "keyUnknown")
    demand(key.state in states, "keyNotActive")
    if kind is SenderKey:
        public = serialization.load_pem_public_key(demand(key.publicKey, "keyHalfMissing").encode())
        demand(public == private_key(key.privateKey).public_key(), "publicKey and privateKey are of different keys")
    return private_key(key.privateKey)

def message_decrypt(keys, cryptoKeyId, body):
    key, root = ring_key(keys, cryptoKeyId, body), scan(body)
    demand("encData" in dict(root.items), "protectionRequired")
    demand(len(root.items) == 1 and root.items[0][1].kind == b'"', "malformedBody")
    message = read_jwe(root.items[0][1].text, cryptoKeyId)
    demand(message[0].get("path") is None, "fieldMismatch")
    parameters = open_all(key, [message])[0]
    return {"parameters": parameters} if scan(parameters) else {}

def field_decrypt(keys, cryptoKeyId, paths, requiresMatches, body, correlationId=None):
    key, due = ring_key(keys, cryptoKeyId, body), correlationId and check("correlationId", correlationId)
    found, fields, parameters = matches(body, paths, requiresMatches), [], body
    for place, _, value in found:
        demand(value.kind == b'"' and "." in value.text, "protectionRequired")
        header, parts = read_jwe(value.text, cryptoKeyId)
        demand((header.get("cty"), header.get("path")) == ("json", place), "fieldMismatch")
        demand(due in (None, header.get("cid")), "fieldMismatch")
        fields.append((header, parts))
    demand(len({(header["enc"], parts[1]) for header, parts in fields}) < 2, "fieldMismatch")
    for (_, depth, value), plaintext in reversed([*zip(found, open_all(key, fields))]):
        inner = scan(plaintext, 64 - depth)
        demand((inner.start, inner.end) == (0, len(plaintext)), "malformedJSON")
        parameters = parameters[:value.start] + plaintext + parameters[value.end:]
    return {"parameters": parameters}

def sender(keys, id, profile, enc, contentKey, encryptedKey, names_key):
    """Returns a function that makes a JWE from more header members, an initialization vector and a plaintext."""
    key = ring_key(keys, id, b"", ["active"], SenderKey)
    enc = enc or {"documented": "A256GCM", "gateway": "A128GCM"}[profile]
    is_right = open_oaep(key, hashes.SHA256(), encryptedKey) == contentKey and len(contentKey) == int(enc[1:4]) // 8
    demand(is_right, "encryptedKey holds another content key")
    def seal(members, iv, plaintext):
        header = {"alg": "RSA-OAEP-256", "enc": enc} | ({"kid": id} if names_key else {}) | members
        data = json.dumps(header, separators=",:", ensure_ascii=False).encode()
        demand(len(data) <= 4096, "limitExceeded")
        sealed = AESGCM(contentKey).encrypt(iv, plaintext, encode(data).encode())
        return ".".join(map(encode, (data, encryptedKey, iv, sealed[:-16], sealed[-16:]))).encode()
    return seal

def message_encrypt(keys, cryptoKeyId, profile, parameters, contentKey, encryptedKey, iv, enc=None):
    seal = sender(keys, cryptoKeyId, profile, enc, contentKey, encryptedKey, profile == "documented")
    return {"body": b'{"encData":"%b"}' % seal({}, iv, parameters)} if scan(parameters) else {}

def field_encrypt(keys, cryptoKeyId, profile, paths, requiresMatches, parameters, contentKey, encryptedKey, ivs,
                  enc=None, correlationId=None):
    seal = sender(keys, cryptoKeyId, profile, enc, contentKey, encryptedKey, True)
    bound = {} if correlationId is None else {"cid": check("correlationId", correlationId)}
    found, body = matches(parameters, paths, requiresMatches), parameters
    demand(len(found) == len(ivs), "another number of vectors")
    for (place, _, value), iv in reversed([*zip(found, ivs)]):
        jwe = seal({"cty": "json", "path": place} | bound, bytes.fromhex(iv), body[value.start:value.end])
        body = body[:value.start] + b'"%b"' % jwe + body[value.end:]
    return {"body": body}

def json_path(paths, requiresMatches, document):
    return {"matches": [{"path": place, "offset": value.start, "value": document[value.start:value.end].hex()}
                        for place, _, value in matches(document, paths, requiresMatches)]}
OPERATIONS = {  # with the members of a valid test that are outputs
    "hmac-sha256": (hmac_sha256, ""),
    "aes-gcm": (aes_gcm, "plaintext"),
    "rsa-oaep-decrypt": (rsa_oaep_decrypt, "message"),
    "jwe-decrypt": (jwe_decrypt, "header plaintext"),
    "message-decrypt": (message_decrypt, "parameters"),
    "field-decrypt": (field_decrypt, "parameters"),
    "json-path": (json_path, "matches"),
    "message-encrypt": (message_encrypt, "body"),
    "field-encrypt": (field_encrypt, "body"),
    "par-derive": (par_derive, "par keyCheckValue"),
    "token-verify": (token_verify, "tokenTime documented gateway"),
    "token-explain": (token_explain, ""),
    "token-sign": (token_sign, "token"),
    "request-stamp": (request_stamp, "correlationId tranTime tokenTime"),
    "request-headers": (request_headers, " ".join([*HEADERS, "tokenTime documented gateway"])),
    "response-headers": (response_headers, "correlationId cryptoKeyId"),
}
HEXADECIMAL = ("key message mac iv associatedData ciphertext tag plaintext secretKey body parameters document "
               "contentKey encryptedKey random").split()
File = collections.namedtuple("File", "format operation comment flags numberOfTests groups")

def members(pairs):
    found = {name: bytes.fromhex(value) if name in HEXADECIMAL else value for name, value in pairs}
    demand(len(found) == len(pairs) and None not in found.values(), "a member twice, or null")
    demand(all(found[name].hex() == value for name, value in pairs if name in HEXADECIMAL), "not hexadecimal")
    return found

def agrees(operation, id, comment, flags, result, error=None, **inputs):
    function, outputs = OPERATIONS[operation]
    expected = {name: inputs.pop(name) for name in outputs.split() if name in inputs}
    is_whole = error is None if result == "valid" else result == "invalid" and error and not expected
    demand(is_whole or None, "a test of another form")
    try: given = function(**inputs) or {}
    except Rejected as rejection: return error == str(rejection)
    return result == "valid" and given == expected

def run(path):
    file = File(**json.loads(path.read_bytes(), object_pairs_hook=members))
    group = lambda comment, source, tests, **shared: [shared | test for test in tests]
    tests = [test for each in file.groups for test in group(**each)]
    demand(file.format == "kmsec-vectors-1" and file.operation in OPERATIONS, "another format or operation")
    demand(len({test["id"] for test in tests}) == len(tests) == file.numberOfTests, "another number of tests")
    demand(all(file.flags.keys() >= set(test["flags"]) for test in tests), "a flag that is not explained")
    failed = [test["id"] for test in tests if not agrees(file.operation, **test)]
    print(f"{path}: {len(tests) - len(failed)} agreed, {len(failed)} disagreed", *failed)
    return len(tests) - len(failed), len(failed)

def files(path): return sorted(path.rglob("*.json")) if path.is_dir() else [path]

paths = [file for name in sys.argv[1:] for file in files(pathlib.Path(name)) if not file.name.endswith(".schema.json")]
agreed, disagreed = map(sum, zip((0, 0), *map(run, paths)))
print(f"{agreed} agreed, {disagreed} disagreed")
sys.exit(1 if disagreed or not agreed else 0)
