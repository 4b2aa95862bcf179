"""Headers, tokens and PARs for vectors.py: their forms, and the common mistakes in tokens."""
import base64, collections, datetime, hashlib, hmac, json, math, re

class Rejected(Exception): """An input is rejected; the text is the error code."""

def demand(value, code):
    if value is None or value is False: raise Rejected(code)
    return value

FAILED = "authenticationFailed"

def maybe(function, *arguments):
    try: return function(*arguments)
    except Exception: return None

def attempt(code, function, *arguments): return demand(maybe(function, *arguments), code)

def encode(data, alphabet="-_"): return base64.b64encode(data, alphabet.encode()).decode().rstrip("=")

def decode(text, alphabet="-_"):
    data = base64.b64decode(text + "=" * (-len(text) % 4), alphabet, validate=True)
    return data if encode(data, alphabet) == text else None

def sign(key, message): return hmac.digest(key, message, "sha256")

def sha256(data): return hashlib.sha256(data).digest()

def hmac_sha256(key, message, mac):
    demand(len(mac) == 32, "invalidSize")
    demand(sign(key, message) == mac, FAILED)

# Tokens and headers.
ZONES = {"UTC": 0, "GMT": 0, "KST": 9, "JST": 9}
HEADERS = {  # a group in a pattern matches a time
    "aspId": ("X-KM-User-AspId", "[0-9A-Za-z]{15}"), "tranTime": ("X-KM-Tran-Time", "([0-9]{14})"),
    "correlationId": ("X-KM-Correlation-Id", "([0-9]{12})-[0-9A-Fa-f]{7}"), "timeZone": ("X-KM-Time-Zone", "[A-Z]{3}"),
    "accessKey": ("X-KM-Access-Key", "[!-~]{40}"), "cryptoKeyId": ("X-KM-Crypto-Key-Id", "[0-9A-Za-z_-]{32}"),
    "token": ("X-KM-Tran-Token", "(?s:.*)"),
}
Field = collections.namedtuple("Field", "name value")

def instant(digits):
    """Returns the milliseconds since 1970 of yyyyMMddHHmmss, with or without SSS, in UTC."""
    time = datetime.datetime.strptime(digits[:14] + "+0000", "%Y%m%d%H%M%S%z").timestamp()
    return int(time) * 1000 + int(digits[14:] or 0)

def check(member, text):
    found = demand(re.fullmatch(HEADERS[member][1], text), "headerInvalid")
    for digits in found.groups(): attempt("headerInvalid", instant, ("20" + digits)[-14:])
    return demand(text if member != "timeZone" or text in ZONES else None, "timeZoneUnknown")

def read_headers(fields, members):
    values, fields = {}, [Field(**field) for field in fields]
    for member in members:
        found = [field.value for field in fields if re.fullmatch(HEADERS[member][0], field.name, re.I | re.A)]
        demand(len(found) < 2, "headerRepeated")
        demand(found != [] or member in ("accessKey", "cryptoKeyId"), "headerMissing")
        values |= {member: check(member, value) for value in found}
    return values

def read_token(token):
    found = demand(re.fullmatch("KMV1:([0-9]{17}):([A-Za-z0-9+/]{43})=?", token), "tokenMalformed")
    return found[1], attempt("tokenMalformed", instant, found[1]), attempt("tokenMalformed", decode, found[2], "+/")

def both_forms(digits, mac):
    token = f"KMV1:{digits}:{encode(mac, '+/')}"
    return {"documented": token, "gateway": token + "="}

def stamp_digits(timeZone, milliseconds):
    """Returns the time in the zone as yyyyMMddHHmmssSSS."""
    check("timeZone", timeZone)
    demand(946_771_200_000 <= milliseconds <= 4_102_358_400_000, "headerInvalid")
    local = milliseconds + ZONES[timeZone] * 3_600_000
    time = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=local)
    return time.strftime("%Y%m%d%H%M%S") + f"{local % 1000:03}"

def token_sign(secretKey, timeZone, signedAt, profile, body):
    demand(secretKey != b"", "invalidSize")
    return {"token": both_forms(stamp_digits(timeZone, signedAt), sign(secretKey, body))[profile]}

def request_stamp(timeZone, stampedAt, random):
    digits = stamp_digits(timeZone, stampedAt)
    correlation_id = f"{digits[2:14]}-{int.from_bytes(random, 'big') & 0xfffffff:07x}"
    return {"correlationId": correlation_id, "tranTime": digits[:14], "tokenTime": digits}

def token_verify(secretKey, timeZone, token, body, verifiedAt, toleranceSeconds=math.inf):
    digits, time, mac = read_token(token)
    time -= ZONES[timeZone] * 3_600_000
    demand(sign(secretKey, body) == mac, "tokenMismatch")
    demand(abs(verifiedAt - time) <= toleranceSeconds * 1000, "tokenStale")
    return {"tokenTime": time} | both_forms(digits, mac)

def request_headers(fields):
    values = read_headers(fields, HEADERS)
    digits, _, mac = read_token(values.pop("token"))
    demand(digits[:14] == values["tranTime"], "timeMismatch")
    return values | {"tokenTime": digits} | both_forms(digits, mac)

def response_headers(fields): return read_headers(fields, ["correlationId", "cryptoKeyId"])

# PARs of PANs.
def par_derive(key, keyVersion, prefix, pan):
    demand(16 <= len(key) <= 64 and not (len(key) < 32 and re.fullmatch(rb"[0-9A-Fa-f]*", key)), "invalidSize")
    demand(re.fullmatch("(?:[0-9A-Z]{2}){1,2}", prefix), "parMalformed")
    demand(re.fullmatch("[0-9]*", pan), "panMalformed")
    demand(12 <= len(pan) <= 19, "panLengthInvalid")
    doubled = [int(digit) * 2 for digit in pan[-2::-2]]
    total = sum(map(int, pan[::-2])) + sum(digit // 10 + digit % 10 for digit in doubled)
    demand(total % 10 == 0, "panCheckDigitInvalid")
    version, par = keyVersion.to_bytes(4, "big"), prefix
    message = b"KMSecurity PAR 1" + bytes([len(prefix) + 25]) + prefix.encode() + version + pan.encode()
    number = int.from_bytes(sign(key, message), "big")
    for _ in range(25):
        overflow, number = divmod(number * 36, 1 << 256)
        par += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[overflow]
    return {"par": par, "keyCheckValue": sign(key, b"KMSecurity KCV 1" + version)[:5].hex().upper()}

# Mistakes in the body b and the secret k, in the MAC over them and the time t, and in the MAC's text.
def layout(body, **options):
    """Returns the JSON text as json.dumps writes it, but with the original text of numbers."""
    tree = json.loads(body, parse_float="\0{}\0".format, parse_int="\0{}\0".format)
    return re.sub(r'"\\u0000(.*?)\\u0000"', r"\1", json.dumps(tree, ensure_ascii=False, **options)).encode()

BODY = {
    "body-newline-removed": lambda b: re.sub(rb"\r?\n\Z", b"", b), "body-newline-added": lambda b: b + b"\n",
    "body-crlf-added": lambda b: b + b"\r\n", "body-lf-for-crlf": lambda b: b.replace(b"\r\n", b"\n"),
    "body-crlf-for-lf": lambda b: b.replace(b"\r", b"").replace(b"\n", b"\r\n"), "body-empty": lambda b: b"",
    "body-bom-added": lambda b: b"\xef\xbb\xbf" + b, "body-bom-removed": lambda b: b.removeprefix(b"\xef\xbb\xbf"),
    "body-json-compacted": lambda b: layout(b, separators=",:"), "body-json-spaced": layout,
    "body-json-indented-2": lambda b: layout(b, indent=2), "body-json-indented-4": lambda b: layout(b, indent=4),
    "body-json-sorted": lambda b: layout(b, separators=",:", sort_keys=True), "body-empty-object": lambda b: b"{}",
    "body-slashes-escaped": lambda b: b.replace(b"\\/", b"/").replace(b"/", b"\\/"), "body-base64": base64.b64encode,
    "body-slashes-unescaped": lambda b: b.replace(b"\\/", b"/"), "body-hex": lambda b: b.hex().encode(),
    "body-non-ascii-escaped": lambda b: re.sub(r"[^\0-\x7f]", lambda c: json.dumps(c[0])[1:-1], b.decode()).encode(),
    "body-utf-16": lambda b: b.decode().encode("utf-16-le"), "body-null": lambda b: b"null",
    "body-encdata-alone": lambda b: json.loads(b)["encData"].encode(),
    "body-json-string": lambda b: json.dumps(b.decode(), ensure_ascii=False).encode(),
}
SECRET = {
    "secret-trimmed": lambda k: k.strip(bytes(range(33))), "secret-newline": lambda k: k + b"\n",
    "secret-crlf": lambda k: k + b"\r\n", "secret-quoted": lambda k: b'"' + k + b'"', "secret-empty": lambda k: b"",
    "secret-hex-decoded": lambda k: bytes.fromhex(k.decode()), "secret-hex-encoded": lambda k: k.hex().encode(),
    "secret-base64-decoded": lambda k: decode(k.decode().rstrip("="), "+/"), "secret-base64-encoded": base64.b64encode,
    "secret-lower-case": bytes.lower, "secret-upper-case": bytes.upper,
}
MAC = {
    "time-before-body": lambda k, b, t: sign(k, t + b), "time-after-body": lambda k, b, t: sign(k, b + t),
    "time-colon-body": lambda k, b, t: sign(k, t + b":" + b), "key-and-message-swapped": lambda k, b, t: sign(b, k),
    "plain-sha-256": lambda k, b, t: sha256(b), "sha-256-of-secret-and-body": lambda k, b, t: sha256(k + b),
    "sha-256-of-body-and-secret": lambda k, b, t: sha256(b + k),
    "body-hashed-first": lambda k, b, t: sign(k, sha256(b)),
}
FORMS = {
    "": lambda text: decode(text.removesuffix("=") if len(text) == 44 else text, "+/"), "mac-hex": bytes.fromhex,
    "mac-base64url": lambda text: decode(text.rstrip("=")),
    "mac-base64-of-hex": lambda text: bytes.fromhex(decode(text.rstrip("="), "+/").decode()),
}
SIGNED = "parameters-signed"  # the MAC is over the parameters before their encryption
KNOWN = [[], *([a] for a in [*BODY, *SECRET, *MAC]), *([a, b] for a in BODY for b in [*BODY, *SECRET])]

def token_explain(secretKey, token, body, cause, parameters=None):
    """Checks that the mistakes in the cause give the token, and that fewer mistakes do not."""
    head, _, written = token.strip().rpartition(":")
    def made(mistakes):
        k, b, make = secretKey, parameters if SIGNED in mistakes else body, lambda k, b, t: sign(k, b)
        for name in mistakes:
            k, b, make = maybe(SECRET.get(name, bytes), k), maybe(BODY.get(name, bytes), b), MAC.get(name, make)
        return maybe(make, k, b, head.rpartition(":")[2].encode())
    read = [(name, mac) for name in FORMS for mac in [maybe(FORMS[name], written)] if mac and len(mac) == 32]
    form, mac = read[0] if read else (None, None)
    is_framed = re.fullmatch("KMV1:[0-9]{17}", head) and maybe(instant, head[5:]) is not None
    shown = ([] if is_framed else ["token-frame"]) + ([form] if form else [])
    known = KNOWN if parameters is None else [*KNOWN, *([SIGNED, *mistakes] for mistakes in KNOWN)]
    fitting = [shown + mistakes for mistakes in known if made(mistakes) == mac]
    causes = ["+".join(mistakes) or "verifies" for mistakes in fitting if len(mistakes) == min(map(len, fitting))]
    demand(cause in (["token-unreadable"] if form is None else causes or ["no known cause"]), "another cause")
