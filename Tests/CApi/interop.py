"""interop.py LIBRARY KEYS KMSEC: the C library, called by ctypes, against kmsec, jwcrypto and cryptography, with the key files
of the folder KEYS; and against pyarrow, if it is installed."""

import ctypes
import json
import pathlib
import random
import subprocess
import sys
import time

from cryptography import x509
from jwcrypto import jwe, jwk

library = ctypes.CDLL(sys.argv[1])
keys, kmsec = pathlib.Path(sys.argv[2]), sys.argv[3]
ID = "0123456789abcdef0123456789abcdef"
CID = b"261123183000-1234567"
NOW = 1795426200000
SECRET = (keys / "secret.key").read_bytes()
KEY = (keys / "tokenization.key").read_bytes().rstrip(b"\n")


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int32), ("reserved", ctypes.c_int32), ("row", ctypes.c_int64),
                ("detail", ctypes.c_char * 496)]


class CryptoKey(ctypes.Structure):
    _fields_ = [("id", ctypes.c_char_p), ("certificate", ctypes.c_char_p), ("certificate_size", ctypes.c_size_t),
                ("private_key", ctypes.c_char_p), ("private_key_size", ctypes.c_size_t), ("passphrase", ctypes.c_char_p),
                ("passphrase_size", ctypes.c_size_t), ("state", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


assert ctypes.sizeof(CryptoKey) == 64
pointer, size_t, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
u32, i64, out, sizes, errors = ctypes.c_uint32, ctypes.c_int64, ctypes.c_char_p, ctypes.POINTER(size_t), ctypes.POINTER(Error)
created = ctypes.POINTER(pointer)
for name, types in {
    "km_secret_key_create": [text, size_t, created, errors],
    "km_token_sign": [pointer, text, size_t, i64, text, u32, out, size_t, sizes, errors],
    "km_token_verify": [pointer, text, size_t, text, size_t, i64, text, i64, i64, errors],
    "km_cipher_create": [ctypes.POINTER(CryptoKey), size_t, u32, created, errors],
    "km_fields_create": [ctypes.POINTER(text), size_t, u32, created, errors],
    "km_cipher_seal": [pointer, text, pointer, text, u32, i64, text, size_t, out, size_t, sizes, errors],
    "km_cipher_open": [pointer, text, pointer, text, text, size_t, out, size_t, sizes, errors],
    "km_tokenizer_create": [text, size_t, u32, text, created, errors],
    "km_tokenizer_check_value": [pointer, out, size_t, sizes, errors],
    "km_par_derive": [pointer, text, size_t, u32, out, size_t, sizes, errors],
    "km_par_derive_many": [pointer, text, size_t, ctypes.POINTER(i64), size_t, u32, out, size_t, sizes, text, errors],
    "km_par_derive_arrow": [pointer, pointer, pointer, u32, u32, pointer, pointer, ctypes.POINTER(i64), errors],
}.items():
    getattr(library, name).argtypes = types
for name in "secret_key", "cipher", "fields", "tokenizer":
    getattr(library, f"km_{name}_free").argtypes = [pointer]
    getattr(library, f"km_{name}_free").restype = None
library.km_status_name.restype = text


class Failure(Exception):
    pass


def call(name, *arguments):
    error = Error()
    status = getattr(library, name)(*arguments, ctypes.byref(error))
    assert status == error.status
    if status:
        raise Failure(library.km_status_name(status).decode(), error.detail.decode(), error.row)


def make(name, *arguments):
    handle = pointer()
    call(name, *arguments, ctypes.byref(handle))
    return handle


def output(name, *arguments, room=1 << 16):
    buffer, size = ctypes.create_string_buffer(room), size_t()
    call(name, *arguments, buffer, room, ctypes.byref(size))
    return buffer.raw[:size.value]


def run(*arguments, stdin=b""):
    return subprocess.run([kmsec, *map(str, arguments)], input=stdin, capture_output=True, check=True).stdout.rstrip(b"\n")


def fails(code, function, *arguments):
    try:
        function(*arguments)
    except Failure as failure:
        assert failure.args[0] == code, failure
        return failure
    raise AssertionError(f"{code} expected")


def test_tokens():
    key = make("km_secret_key_create", SECRET, len(SECRET))
    for profile, number in ("documented", 0), ("gateway", 1):
        for zone in "UTC", "KST":
            body = json.dumps({"userId": 50000104652, "zone": zone}).encode()
            token = output("km_token_sign", key, body, len(body), NOW, zone.encode(), number)
            digits = time.strftime("%Y%m%d%H%M%S", time.gmtime(NOW / 1000 + (9 * 3600 if zone == "KST" else 0))) + "000"
            assert token == run("token", "sign", "--secret-file", keys / "secret.key", "--profile", profile, "--zone", zone,
                                "--time", digits, stdin=body)
            run("token", "verify", "--secret-file", keys / "secret.key", "--token", token.decode(), "--any-time", stdin=body)
            call("km_token_verify", key, token, len(token), body, len(body), NOW + 999, zone.encode(), 999, 0)
    library.km_secret_key_free(key)


def test_messages():
    certificate, private = ((keys / name).read_bytes() for name in ("key.cert.pem", "key.private.pem"))
    private_key = jwk.JWK.from_pem(private)
    public_key = jwk.JWK.from_pem(certificate)
    # A certificate that is valid now, and the parameters in other bytes than ASCII.
    now = int(x509.load_pem_x509_certificate(certificate).not_valid_before_utc.timestamp() * 1000) + 1000
    parameters = '{"userId":50000104652,"name":"카드","physicalCardNo":"9491339401250765"}'.encode()
    for number, encryption in (0, "A256GCM"), (1, "A128GCM"):
        entry = CryptoKey(ID.encode(), certificate, len(certificate), private, len(private))
        cipher = make("km_cipher_create", ctypes.byref(entry), 1, number)
        body = output("km_cipher_seal", cipher, ID.encode(), None, None, 0, now, parameters, len(parameters))
        message = jwe.JWE()
        message.deserialize(json.loads(body)["encData"], private_key)
        assert message.payload == parameters
        assert json.loads(message.objects["protected"])["enc"] == encryption
        assert run("decrypt", "--with", keys / "key.private.pem", "--key-id", ID, stdin=body) == parameters

        theirs = jwe.JWE(parameters, json.dumps({"alg": "RSA-OAEP-256", "enc": encryption, "kid": ID}))
        theirs.add_recipient(public_key)
        body = json.dumps({"encData": theirs.serialize(compact=True)}).encode()
        assert output("km_cipher_open", cipher, ID.encode(), None, None, body, len(body)) == parameters
        body = run("encrypt", "--to", keys / "key.cert.pem", "--key-id", ID, stdin=parameters)
        assert output("km_cipher_open", cipher, ID.encode(), None, None, body, len(body)) == parameters

        fields = make("km_fields_create", (text * 1)(b"$.physicalCardNo"), 1, 0)
        body = output("km_cipher_seal", cipher, ID.encode(), fields, CID, 0, now, parameters, len(parameters))
        document = json.loads(body)
        field = jwe.JWE()
        field.deserialize(document["physicalCardNo"], private_key)
        assert field.payload == b'"9491339401250765"'
        assert json.loads(field.objects["protected"])["cid"] == CID.decode()
        assert output("km_cipher_open", cipher, ID.encode(), fields, CID, body, len(body)) == parameters
        library.km_fields_free(fields)
        library.km_cipher_free(cipher)


def luhn(digits):
    total = sum(int(d) if i % 2 else (int(d) * 2 - 9 if d > "4" else int(d) * 2) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def test_pars():
    pans = [luhn("0" + "".join(random.choices("0123456789", k=random.randint(10, 17)))) for _ in range(5000)]
    for prefix in None, b"5001":
        tokenizer = make("km_tokenizer_create", KEY, len(KEY), 1, prefix)
        options = ["--prefix", prefix.decode()] if prefix else []
        expected = run("par", "derive", "--key-file", keys / "tokenization.key", *options, stdin="\n".join(pans).encode()).split()
        width = 29 if prefix else 27
        assert [output("km_par_derive", tokenizer, pan.encode(), len(pan), 0, room=29) for pan in pans[:500]] == expected[:500]
        offsets = [0]
        for pan in pans:
            offsets.append(offsets[-1] + len(pan))
        bytes_ = "".join(pans).encode()
        pars = many(tokenizer, bytes_, offsets, width)
        assert pars == expected
        check = output("km_tokenizer_check_value", tokenizer)
        assert check in run("par", "key", "check", "--key-file", keys / "tokenization.key")
        library.km_tokenizer_free(tokenizer)


def many(tokenizer, bytes_, offsets, width):
    count = len(offsets) - 1
    buffer, size = ctypes.create_string_buffer(width * count), size_t()
    call("km_par_derive_many", tokenizer, bytes_, len(bytes_), (i64 * len(offsets))(*offsets), count, 0, buffer, len(buffer),
         ctypes.byref(size), None)
    return [buffer.raw[start:start + width] for start in range(0, size.value, width)]


def test_pyarrow():
    try:
        import pyarrow as pa
        from pyarrow.cffi import ffi
    except ImportError:
        print("pyarrow is not installed; KMSEC_PYARROW=1 installs it and tests with it")
        return
    tokenizer = make("km_tokenizer_create", KEY, len(KEY), 1, None)

    def derive(column, invalid_rows=0):
        holders = [ffi.new("struct ArrowSchema*"), ffi.new("struct ArrowArray*"), ffi.new("struct ArrowSchema*"),
                   ffi.new("struct ArrowArray*")]
        schema, array, par_schema, par_array = (int(ffi.cast("uintptr_t", holder)) for holder in holders)
        column._export_to_c(array, schema)
        invalid = i64()
        try:
            call("km_par_derive_arrow", tokenizer, schema, array, 0, invalid_rows, par_schema, par_array, ctypes.byref(invalid))
        finally:
            pa.Array._import_from_c(array, schema)
        return pa.Array._import_from_c(par_array, par_schema), invalid.value

    pans = [None if n % 7 == 3 else luhn(f"0{n:014}") for n in range(10000)]
    expected = iter(run("par", "derive", "--key-file", keys / "tokenization.key",
                        stdin="\n".join(filter(None, pans)).encode()).decode().split())
    pars = [pan and next(expected) for pan in pans]
    for kind in pa.string(), pa.large_string():
        column = pa.array(pans, kind)
        result, invalid = derive(column)
        result.validate(full=True)
        assert result.type == pa.string() and result.to_pylist() == pars and invalid == 0
        for start, length in (0, 0), (1, 1), (3, 9), (9, 4000), (9990, 10):
            part, _ = derive(column.slice(start, length))
            part.validate(full=True)
            assert part.to_pylist() == pars[start:start + length]
    damaged = pa.array(["9491339401250765", "x", None])
    assert fails("panMalformed", derive, damaged).args[2] == 1
    result, invalid = derive(damaged, 1)
    assert invalid == 1 and result.null_count == 2 and result.to_pylist()[1:] == [None, None]
    fails("arrowInvalid", derive, pa.array([1, 2]))
    fails("arrowInvalid", derive, damaged.dictionary_encode())
    library.km_tokenizer_free(tokenizer)
    print("pyarrow agrees")


test_tokens()
test_messages()
test_pars()
test_pyarrow()
print("kmsec and jwcrypto agree with the library")
