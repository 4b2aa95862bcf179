"""Sends the output of kmsec request to a server on this machine, which shares no code with kmsec.

python3 request.py SECRET PRIVATE.pem FORMAT KMSEC OPTION... < parameters > the received request, in JSON

The server listens on a free port of the loopback interface, and kmsec gets its URL. FORMAT is curl (sh runs the command), http
(the output is sent unchanged) or json (Python's HTTP client sends the described request).
"""

import base64, hashlib, hmac, http.client, http.server, json, pathlib, re, socket, subprocess, sys, threading

from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

secret, key, form, kmsec, *options = sys.argv[1:]
secret = pathlib.Path(secret).read_bytes()
key = JWK.from_pem(pathlib.Path(key).read_bytes())
received = []


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        received.append((self.command, self.path, self.headers.items(), self.rfile.read(int(self.headers.get("Content-Length", 0)))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *arguments): pass


def decrypted(text):
    message = JWE()
    message.deserialize(text, key)
    return message.payload.decode()


def opened(body):
    """Returns the parameters of a whole message, or the body with each field's JWE replaced by its plaintext."""
    if not body.startswith(b"{"): return body
    whole = json.loads(body).get("encData")
    if whole: return decrypted(whole).encode()
    return re.sub(rb'"(eyJ[\w-]+(?:\.[\w-]+){4})"', lambda found: decrypted(found[1].decode()).encode(), body)


def send(output, port):
    if form == "curl":
        subprocess.run(["sh", "-c", output.decode() + "exit $?"], check=True)
    elif form == "http":
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(output)
            while connection.recv(4096): pass
    else:
        request = json.loads(output)
        body = base64.b64decode(request["bodyBase64"]) if "bodyBase64" in request else request.get("body", "").encode()
        connection = http.client.HTTPConnection("127.0.0.1", port)
        target = request["url"].removeprefix(f"http://127.0.0.1:{port}")
        connection.request(request["method"], target, body or None, {field["name"]: field["value"] for field in request["headers"]})
        connection.getresponse().read()


def check(condition, what):
    if not condition: sys.exit(f"request.py: {what}")


server = http.server.HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_address[1]
command = [kmsec, "request", "--base-url", f"http://127.0.0.1:{port}/open-api", "--format", form, *options]
output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=sys.stdin).stdout
check(secret.strip() not in output, "the output holds the secret")
send(output, port)
server.shutdown()

check(len(received) == 1, f"{len(received)} requests arrived")
method, target, fields, body = received[0]
headers = dict(fields)
check(len(headers) == len(fields), "a header arrived twice")
check(headers["Host"] == f"127.0.0.1:{port}", "Host")
check(method in ("GET", "DELETE") or headers["Content-Type"] == "application/json", "Content-Type")
frame, time, mac = headers["X-KM-Tran-Token"].split(":")
check(frame == "KMV1" and re.fullmatch("[0-9]{17}", time), "the token's form")
check(headers["X-KM-Tran-Time"] == time[:14], "X-KM-Tran-Time")
check(re.fullmatch(time[2:14] + "-[0-9a-f]{7}", headers["X-KM-Correlation-Id"]), "X-KM-Correlation-Id")
due = base64.b64encode(hmac.digest(secret.strip(), body, hashlib.sha256)).decode()
check(mac in (due, due.rstrip("=")), "the MAC")
names = ["X-KM-User-AspId", "X-KM-Access-Key", "X-KM-Crypto-Key-Id", "X-KM-Time-Zone"]
parameters = base64.b64encode(opened(body)).decode()
print(json.dumps({"method": method, "target": target, "parameters": parameters, "plain": opened(body) == body,
    "tokenLength": len(headers["X-KM-Tran-Token"])} | {name: headers[name] for name in names if name in headers}))
