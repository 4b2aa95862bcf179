#!/usr/bin/env python3
"""Tests/Promises/record.py FOLDER VERSION_FOLDER: runs the steps below with the tools of FOLDER on the files of a version, and
writes what they print beside the files. Tests/Promises/make calls it. Tests/Promises/run compares later tools with that."""

import json
import pathlib
import sys

import promises

A, B, C, D, E, F = (letter * 32 for letter in "abcdef")
LOOKUP = "--lookup-key lookup-1.key --sealing-key sealing.key"
SQLITE = f"--sqlite registry.sqlite {LOOKUP}"
POSTGRESQL = f'--postgresql "$PG" {LOOKUP}'
ONE = "--passphrase-file passphrase"
TWO = "--passphrase-file passphrase --passphrase-file passphrase-2"
DECRYPT = f"kmsec decrypt --with keys/peer/{A}.private.pem --key-id {A}"
VERIFY = "kmsec token verify --secret-file request/secret --zone KST --any-time"
SERVER = "serve kmexample server server 0; CALL='--credentials client.json --ca server/tls.cert.pem'"
SANDBOX = "serve kmsandbox serve --endpoints endpoints.json --files made --port 0; CALL='--credentials made/credentials.json'"
REQUEST = ("kmsec request request/parameters --url https://api.example.com/open-api/x --asp-id 000170000000000 --access-key "
           f"0123456789abcdef0123456789abcdef01234567 --secret-file request/secret --to keys/peer/{A}.cert.pem --key-id {A}")
# Members with the time of the call, with texts for people, and with what depends on the version.
TEXTS = {"date", "text", "purpose", "outlook", "parameters", "whereUsed", "standard", "madeWith", "version", "file", "opensslVersion",
         "tool", "protocols", "keyManagement", "findings"}

# What the files must give: a name, what it proves, the script, the exit status, and whether the output must be equal as a
# text, or as JSON without some members.
OPENS = [
    ("keyring-provider", "a provider's keyring file", f"kmsec keyring list provider/ring {ONE} --json", 0, set()),
    ("keyring-platform", "a platform's keyring file", f"kmsec keyring list platform/ring {ONE} --json", 0, set()),
    ("keyring-custodians", "a keyring file of two custodians", f"kmsec keyring list states/ring {TWO} --json", 0, set()),
    ("keyring-inventory", "its keys and algorithms",
     f"kmsec keyring inventory provider/ring {ONE} --format json --at 2027-01-01T00:00:00Z", 0, TEXTS),
    ("keyring-log", "its audit log", f"kmsec keyring verify-log provider/ring {ONE} | wc -l", 0, "text"),
    ("keyring-log-platform", "its audit log", f"kmsec keyring verify-log platform/ring {ONE} | wc -l", 0, "text"),
    ("keyring-log-custodians", "its audit log", f"kmsec keyring verify-log states/ring {TWO} | wc -l", 0, "text"),
    ("keyring-log-cut", "its audit log without a line", f"sed -i 2d provider/ring.log; kmsec keyring verify-log provider/ring {ONE}", 1, None),
    ("keyring-wrong-passphrase", "a keyring file under another passphrase",
     "kmsec keyring list provider/ring --passphrase-file passphrase-2", 1, None),
    ("keyring-changed", "a keyring file that was changed without the passphrase",
     f"sed -i 's/\"soakSeconds\": 86400/\"soakSeconds\": 86401/' provider/ring; kmsec keyring list provider/ring {ONE}", 1, None),
    ("keyring-sealed-key", "a private key in a keyring file",
     f"kmsec keyring export provider/ring {ONE} {B} --part private-key --export-passphrase-file passphrase-2 -o key.pem;"
     f"kmsec encrypt --to keys/own/{B}.cert.pem --key-id {B} request/answer |"
     f"kmsec decrypt --with key.pem --passphrase-file passphrase-2 --key-id {B}", 0, "text"),
    ("keyring-referenced-key", "a private key beside a keyring file",
     f"kmsec keyring export states/ring {TWO} {E} --part public-key | cmp - keys/own/{E}.public.pem", 0, "text"),
    ("keyring-goes-on", "the next steps of a rotation",
     f"K() {{ kmsec keyring $1 provider/ring \"${{@:2}}\" {ONE}; }}; K set --node shop1 --node shop2; K peer {C} holds;"
     f"K promote {C} --insecure-force --reason rehearsal; K passphrase --new-passphrase-file passphrase-2;"
     "kmsec keyring verify-log provider/ring --passphrase-file passphrase-2 | wc -l", 0, None),
    ("census-provider", "a census and the record of the censuses seen", f"kmsec keyring census provider/ring {ONE} --json", 0, set()),
    ("census-platform", "a census and the record of the censuses seen", f"kmsec keyring census platform/ring {ONE} --json", 0, set()),
    ("census-continued", "a census that a node continues",
     f"follow provider/ring --node shop1 {ONE};"
     f"kmsec keyring census provider/ring {ONE}", 0, None),
    ("census-of-another", "a census of another keyring file", f"cp platform/ring.api1.census provider/ring.shop1.census;"
     f"kmsec keyring census provider/ring {ONE}", 1, None),
    ("keyring-followed", "a keyring file that a node loads",
     f"follow platform/ring --node api1 {ONE}", 0, None),
    *((f"request-{name}", f"a request: {what}",
       f"kmsec headers check {extra} request/{name}.headers >checked; {VERIFY} --token $(cat request/{name}.token) request/{name}.body "
       f">verified; {DECRYPT} {options} request/{name}.body", 0, "text")
      for name, what, extra, options in (
          ("documented", "the profile documented", "", ""),
          ("gateway", "the profile gateway", "", ""),
          ("fields", "encrypted fields", "", "--field '$.physicalCardNo' --field '$.physicalCardCVC' "
           "--correlation-id $(cat request/fields.correlation-id)"),
          ("callback", "a callback", "--callback", ""))),
    ("request-token", "the token of a body, made again",
     "for PROFILE in documented gateway; do kmsec token sign --secret-file request/secret --profile $PROFILE --zone KST --time "
     "20261101120000000 request/parameters; done", 0, "text"),
    ("request-changed", "a request with one changed byte",
     f"sed -i 's/\"}}$/ \"}}/' request/documented.body; {VERIFY} --token $(cat request/documented.token) request/documented.body", 1, None),
    ("request-other-message", "fields in another message",
     f"{DECRYPT} --field '$.physicalCardNo' --field '$.physicalCardCVC' --correlation-id "
     "$(cat request/documented.correlation-id) request/fields.body", 1, None),
    ("answer", "an encrypted answer", f"kmsec headers check --response request/answer.headers >checked;"
     f"kmsec decrypt --with keys/own/{A}.private.pem --key-id {A} request/answer.body", 0, "text"),
    ("key-encrypted", "a private key under a passphrase",
     f"kmsec encrypt --to keys/encrypted/{A}.cert.pem --key-id {A} request/answer |"
     f"kmsec decrypt --with keys/encrypted/{A}.private.pem {ONE} --key-id {A}", 0, "text"),
    ("par-check-value", "a tokenization key", "kmsec par key check --key-file tokenization.key;"
     "kmsec par key check --key-file tokenization.key --key-version 7", 0, "text"),
    ("par-derive", "derived PARs", "kmsec par derive --key-file tokenization.key pans;"
     "kmsec par derive --key-file tokenization.key --key-version 7 --prefix KM01 pans", 0, "text"),
    ("par-derive-json", "derived PARs in JSON",
     "kmsec par derive --key-file tokenization.key --json --field '$.card' pans.jsonl;"
     "kmsec par derive --key-file tokenization.key --json --field '$.card' --beside par pans.jsonl", 0, "text"),
    *(step for store, before, options in (("sqlite", "", SQLITE), ("postgresql", "restore;", POSTGRESQL)) for step in (
        (f"registry-{store}-lookup", f"the PARs of a registry, {store}",
         f"{before} kmsec par registry lookup {options} <<<$'9999000000000004\\n9999000000000012\\n9999000000000046\\n9999000000000053'",
         0, "text"),
        (f"registry-{store}-check", "its hashes, chains and kept card numbers",
         f"{before} kmsec par registry check {options} --tokenization-key tokenization.key --json", 0, set()),
        (f"registry-{store}-stats", "its numbers", f"{before} kmsec par registry stats {options} --json", 0, set()),
        (f"registry-{store}-history", "the cards of an account",
         f"{before} kmsec par registry history {options} --actor tester --reason rehearsal --json $(cat par)", 0, {"id", "added", "created", "replaced",
         "replaces", "replacedBy"}),
        (f"registry-{store}-goes-on", "further cards, tokens and keys",
         f"{before} R() {{ kmsec par registry $1 {options} \"${{@:2}}\"; }}; R import --tokenization-key tokenization.key pans;"
         "R reissue <<<9999000000000046,9999000000000061; R link --kind mobile <<<9999000000000079,$(cat par);"
         "R rotate --lookup-key 2=lookup-2.key --to 2 >rotated;"
         f"kmsec par registry lookup {options.replace('lookup-1.key', '2=lookup-2.key')} <<<$'9999000000000061\\n9999000000000079'", 0, "text"),
        (f"registry-{store}-other-key", "another look-up key",
         f"{before} kmsec par registry lookup {options.replace('lookup-1.key', 'lookup-2.key')} cards", 1, None))),
    ("registry-rotating", "a registry whose look-up key is being changed",
     "R() { kmsec par registry $1 --sqlite rotating.sqlite --lookup-key lookup-1.key --lookup-key 2=lookup-2.key \"${@:2}\"; };"
     "R lookup cards | cmp - rotating.pars; R import cards; R rotate --to 2 >rotated;"
     "kmsec par registry lookup --sqlite rotating.sqlite --lookup-key 2=lookup-2.key cards | cmp - rotating.pars", 0, "text"),
    ("endpoints", "an endpoint table", f"{SANDBOX}; kmsandbox send --url $URL $CALL --level field request/parameters >answer;"
     "! kmsandbox send --url $URL $CALL --level message request/parameters", 0, None),
    ("endpoints-unknown-member", "an endpoint table with an unknown member",
     "sed -i 's/\"version\"/\"vision\"/' endpoints.json; kmsandbox serve --endpoints endpoints.json --port 0", 1, None),
    ("credentials", "the credentials of callers, and those of a client",
     f"{SERVER}; kmsandbox send --url $URL $CALL request/parameters", 0, set()),
    ("credentials-of-nobody", "the credentials of callers without the client's",
     f"sed -i 's/0123456789abcdef/abcdefabcdefabcd/' server/credentials.json; {SERVER};"
     "kmsandbox send --url $URL $CALL request/parameters", 1, None),
    ("conform-environment", "the environment of a client under test",
     "kmsandbox conform --listen --only right -- bash -c 'test -s $KM_CREDENTIALS && kmsandbox send --url $KM_BASE_URL --credentials $KM_CREDENTIALS request/parameters'",
     0, None),
]

# Each JSON output: the name, the script, and the exit status.
SHAPES = [
    ("demo", "kmsec demo --json", 0),
    ("request", f"{REQUEST} --format json", 0),
    ("keyring-list", f"kmsec keyring list fast/provider/ring {ONE} --json", 0),
    ("keyring-census", f"kmsec keyring census fast/provider/ring {ONE} --json", 0),
    ("keyring-census-unknown", f"rm fast/provider/*.census; kmsec keyring census fast/provider/ring {ONE} --json", 1),
    ("keyring-inventory", f"kmsec keyring inventory fast/provider/ring {ONE} --format json", 1),
    ("keyring-inventory-alarms", f"kmsec keyring inventory fast/states/ring {TWO} --format json --at 2029-06-01T00:00:00Z", 1),
    ("keyring-inventory-cyclonedx", f"kmsec keyring inventory provider/ring {ONE} --format cyclonedx", 0),
    ("pan-scan", "kmsec pan scan --json scanned", 1),
    ("par-audit", "kmsec par audit --json leaking", 1),
    ("par-registry-stats", f"kmsec par registry stats {SQLITE} --json", 0),
    ("par-registry-check", f"kmsec par registry check {SQLITE} --json", 0),
    ("par-registry-history", f"kmsec par registry history {SQLITE} --actor a --reason b --json $(cat par)", 0),
    ("headers-check", "kmsec headers check --json request/documented.headers", 0),
    ("headers-check-rejected", "kmsec headers check --json --response request/documented.body", 1),
    ("jwe-inspect", "kmsec jwe inspect --json request/documented.body", 0),
    ("jwe-inspect-fields", "kmsec jwe inspect --json request/fields.body", 0),
    ("speed", "kmsec speed --json --seconds 0.02 token-sign par-derive", 0),
    ("conform", f"{SERVER}; kmsandbox conform --url $URL $CALL --only valid-documented --only token-mac-cut --json", 0),
    ("conform-list", "kmsandbox conform --list --json", 0),
    ("conform-listen", "kmsandbox conform --listen --only right --json -- bash -c 'kmsandbox send --url $KM_BASE_URL --credentials $KM_CREDENTIALS request/parameters'", 0),
]

# Copies of the keyring files that open fast, for the many steps that are about the commands and not about the files.
RING = f"fast/provider/ring {ONE}"
READY = f"K() {{ kmsec keyring $1 {RING} \"${{@:2}}\"; }};"
FORCE = "--insecure-force --reason rehearsal"
STORE = SQLITE
# For each command, scripts with their exit status: done, rejected, wrong usage.
STATUSES = {
    "kmsec demo": [("kmsec demo", 0), ("kmsec demo --profile other", 64)],
    "kmsec key generate": [(f"kmsec key generate --out new --id {A}", 0), (f"kmsec key generate --out keys/own --id {A}", 1),
                           ("kmsec key generate", 64)],
    "kmsec encrypt": [(f"kmsec encrypt --to keys/own/{A}.cert.pem --key-id {A} request/answer", 0),
                      (f"kmsec encrypt --to keys/own/{A}.cert.pem --key-id {A} pans", 1), ("kmsec encrypt request/answer", 64)],
    "kmsec decrypt": [(f"{DECRYPT} request/documented.body", 0), (f"{DECRYPT} request/answer.body", 1), ("kmsec decrypt", 64)],
    "kmsec request": [(REQUEST, 0), (REQUEST.replace("request/parameters", "absent"), 1), ("kmsec request request/parameters", 64)],
    "kmsec keyring init": [(f"kmsec keyring init new --role provider {ONE} --insecure-fast-passphrase", 0), (f"kmsec keyring init {RING} --role provider", 1),
                           (f"kmsec keyring init new {ONE}", 64)],
    "kmsec keyring add": [
        (f"kmsec keyring init new --role provider {ONE} --insecure-fast-passphrase; kmsec keyring add new --id {D} --certificate keys/peer/{D}.cert.pem "
         f"--private-key keys/own/{D}.private.pem {ONE}", 0),
        (f"kmsec keyring add {RING} --id {A} --certificate keys/peer/{A}.cert.pem --private-key keys/own/{A}.private.pem", 1),
        (f"kmsec keyring add {RING}", 64)],
    "kmsec keyring list": [(f"kmsec keyring list {RING}", 0), (f"kmsec keyring list absent {ONE}", 1), ("kmsec keyring list", 64)],
    "kmsec keyring plan": [(f"kmsec keyring plan {RING}", 0), (f"kmsec keyring plan absent {ONE}", 1), ("kmsec keyring plan", 64)],
    "kmsec keyring promote": [(f"kmsec keyring promote {RING} {C} {FORCE}", 0), (f"kmsec keyring promote {RING} {C}", 1),
                              (f"kmsec keyring promote {RING} {C} --insecure-force", 64)],
    "kmsec keyring suspend": [
        (f"{READY} K promote {C} {FORCE}; K suspend {B} --callbacks-move-to {C} {FORCE}", 0), (f"kmsec keyring suspend {RING} {B}", 1),
        (f"kmsec keyring suspend {RING}", 64)],
    "kmsec keyring reactivate": [(f"kmsec keyring reactivate fast/states/ring {TWO} {F} {FORCE}", 0), (f"kmsec keyring reactivate {RING} {A}", 1),
                                 (f"kmsec keyring reactivate {RING}", 64)],
    "kmsec keyring deactivate": [
        (f"{READY} K promote {C} {FORCE}; K deactivate {B} --callbacks-move-to {C} {FORCE}", 0),
        (f"kmsec keyring deactivate {RING} {B}", 1), (f"kmsec keyring deactivate {RING}", 64)],
    "kmsec keyring discard": [(f"kmsec keyring discard fast/platform/ring {ONE} {A} {FORCE}", 0), (f"kmsec keyring discard {RING} {B}", 1),
                              (f"kmsec keyring discard {RING}", 64)],
    "kmsec keyring compromise": [(f"kmsec keyring compromise {RING} {C} --reason rehearsal", 0), (f"kmsec keyring compromise {RING} {B}", 1),
                                 (f"kmsec keyring compromise {RING}", 64)],
    "kmsec keyring peer": [(f"kmsec keyring peer {RING} {C} holds", 0), (f"kmsec keyring peer {RING} {F} holds", 1),
                           (f"kmsec keyring peer {RING} {C} other", 64)],
    "kmsec keyring set": [(f"kmsec keyring set {RING} --soak 100000", 0), (f"kmsec keyring set absent {ONE} --soak 1", 1),
                          (f"kmsec keyring set {RING}", 64)],
    "kmsec keyring passphrase": [
        (f"kmsec keyring passphrase {RING} --new-passphrase-file passphrase-2 --insecure-fast-passphrase", 0),
        ("kmsec keyring passphrase fast/provider/ring --passphrase-file passphrase-2 --new-passphrase-file passphrase", 1),
        ("kmsec keyring passphrase", 64)],
    "kmsec keyring census": [(f"kmsec keyring census {RING}", 0), (f"rm fast/provider/*.census; kmsec keyring census {RING}", 1),
                             ("kmsec keyring census", 64)],
    "kmsec keyring verify-log": [(f"kmsec keyring verify-log {RING}", 0), (f"rm fast/provider/ring.log; kmsec keyring verify-log {RING}", 1),
                                 ("kmsec keyring verify-log", 64)],
    "kmsec keyring export": [(f"kmsec keyring export {RING} {B}", 0), (f"kmsec keyring export {RING} {A}", 1),
                             (f"kmsec keyring export {RING} {B} --part private-key", 64)],
    "kmsec keyring follow": [(f"kmsec keyring follow {RING} --node nobody", 1), (f"kmsec keyring follow {RING}", 64)],
    "kmsec keyring inventory": [(f"kmsec keyring inventory provider/ring {ONE}", 0),
                                (f"kmsec keyring inventory {RING} --at 2126-12-01T00:00:00Z", 1),
                                (f"kmsec keyring inventory {RING} --format other", 64)],
    "kmsec token sign": [("kmsec token sign --secret-file request/secret request/parameters", 0),
                         ("kmsec token sign --secret-file absent request/parameters", 1), ("kmsec token sign request/parameters", 64)],
    "kmsec token verify": [(f"{VERIFY} --token $(cat request/gateway.token) request/gateway.body", 0),
                           (f"{VERIFY} --token $(cat request/gateway.token) request/documented.body", 1), (f"{VERIFY}", 64)],
    "kmsec token explain": [
        ("kmsec token explain --secret-file request/secret --token $(cat request/gateway.token) request/gateway.body", 0),
        ("kmsec token explain --secret-file request/secret --token $(cat request/gateway.token) request/documented.body", 1),
        ("kmsec token explain", 64)],
    "kmsec pan scan": [("kmsec pan scan request/documented.body", 0), ("kmsec pan scan scanned", 1), ("kmsec pan scan --other", 64)],
    "kmsec par derive": [("kmsec par derive --key-file tokenization.key pans", 0),
                         ("kmsec par derive --key-file tokenization.key request/parameters", 1), ("kmsec par derive pans", 64)],
    "kmsec par audit": [
        ("paste -d, pans <(kmsec par derive --key-file tokenization.key pans) | kmsec par audit", 0), ("kmsec par audit leaking", 1),
        ("kmsec par audit --other", 64)],
    "kmsec par key generate": [("kmsec par key generate --out new", 0), ("kmsec par key generate --out pans", 1), ("kmsec par key generate", 64)],
    "kmsec par key check": [("kmsec par key check --key-file tokenization.key", 0),
                            ("kmsec par key check --key-file tokenization.key --check-value 0000000000", 1), ("kmsec par key check", 64)],
    "kmsec par registry create": [("kmsec par registry create --sqlite new --lookup-key lookup-1.key", 0),
                                  ("kmsec par registry create --sqlite registry.sqlite --lookup-key lookup-2.key", 1),
                                  ("kmsec par registry create --sqlite new", 64)],
    "kmsec par registry import": [(f"kmsec par registry import {STORE} pans", 0), (f"kmsec par registry import {STORE} scanned", 1),
                                  ("kmsec par registry import pans", 64)],
    "kmsec par registry lookup": [(f"head -n 1 cards | kmsec par registry lookup {STORE}", 0), (f"kmsec par registry lookup {STORE} pans", 1),
                                  ("kmsec par registry lookup pans", 64)],
    "kmsec par registry link": [(f"kmsec par registry link {STORE} <<<9999000000000079,$(cat par)", 0),
                                (f"kmsec par registry link {STORE} <<<9999000000000079,Q1AAAAAAAAAAAAAAAAAAAAAAAAA", 1),
                                ("kmsec par registry link", 64)],
    "kmsec par registry reissue": [(f"kmsec par registry reissue {STORE} <<<9999000000000046,9999000000000061", 0),
                                   (f"kmsec par registry reissue {STORE} <<<9491339401250765,9999000000000061", 1),
                                   ("kmsec par registry reissue", 64)],
    "kmsec par registry history": [(f"kmsec par registry history {STORE} --actor a --reason b $(cat par)", 0),
                                   (f"kmsec par registry history {STORE} --actor a --reason b Q1AAAAAAAAAAAAAAAAAAAAAAAAA", 1),
                                   (f"kmsec par registry history {STORE} $(cat par)", 64)],
    "kmsec par registry erase": [(f"kmsec par registry erase {STORE} --actor a --reason b $(cat par)", 0),
                                 (f"kmsec par registry erase {STORE} --actor a --reason b Q1AAAAAAAAAAAAAAAAAAAAAAAAA", 1),
                                 (f"kmsec par registry erase {STORE} $(cat par)", 64)],
    "kmsec par registry rotate": [(f"kmsec par registry rotate {STORE} --lookup-key 2=lookup-2.key --to 2", 0),
                                  (f"kmsec par registry rotate {STORE} --to 3", 1), (f"kmsec par registry rotate {STORE}", 64)],
    "kmsec par registry stats": [(f"kmsec par registry stats {STORE}", 0), (f"rm registry.sqlite; kmsec par registry stats {STORE}", 1),
                                 ("kmsec par registry stats", 64)],
    "kmsec par registry check": [(f"kmsec par registry check {STORE}", 0), (f"rm registry.sqlite; kmsec par registry check {STORE}", 1),
                                 ("kmsec par registry check", 64)],
    "kmsec headers check": [("kmsec headers check request/documented.headers", 0), ("kmsec headers check request/callback.headers", 1),
                            ("kmsec headers check --other", 64)],
    "kmsec jwe inspect": [("kmsec jwe inspect request/documented.body", 0), ("kmsec jwe inspect pans", 1), ("kmsec jwe inspect --other", 64)],
    "kmsec vectors run": [("kmsec vectors run $ROOT/Vectors/hmac-sha256.json", 0), ("kmsec vectors run pans", 1), ("kmsec vectors run", 64)],
    "kmsec vectors generate": [("mkdir out; kmsec vectors generate --out out", 0), ("kmsec vectors generate --out absent", 1),
                               ("kmsec vectors generate", 64)],
    "kmsec speed": [("kmsec speed --seconds 0.02 token-sign", 0), ("kmsec speed --seconds x", 64)],
    "kmsandbox serve": [("kmsandbox serve --endpoints absent --port 0", 1), ("kmsandbox serve --port x", 64)],
    "kmsandbox proxy": [("kmsandbox proxy --to http://127.0.0.1:1/open-api --credentials absent", 1), ("kmsandbox proxy", 64)],
    "kmsandbox conform": [
        (f"{SERVER}; kmsandbox conform --url $URL $CALL --only valid-documented", 0),
        ("kmsandbox conform --url http://127.0.0.1:1/open-api --credentials client.json", 1), ("kmsandbox conform", 64)],
    "kmsandbox send": [(f"{SERVER}; kmsandbox send --url $URL $CALL request/parameters", 0),
                       ("kmsandbox send --url http://127.0.0.1:1/open-api --credentials client.json request/parameters", 1),
                       ("kmsandbox send request/parameters", 64)],
}

binaries, folder = sys.argv[1], pathlib.Path(sys.argv[2])
faults = []


def write(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def done(steps, name, script, status):
    """The output of a step, which must end with this status."""
    found, output, errors = steps.run(script)
    if found != status:
        faults.append(f"{name} ended with {found} in place of {status}: {script}\n{output[-500:]}{errors[-1500:]}")
    return output


with promises.Steps(binaries, folder / "files") as steps:
    recorded = []
    for name, what, script, status, comparison in OPENS:
        output = done(steps, name, script, status)
        entry = {"name": name, "opens": what, "run": script, "status": status}
        if comparison == "text":
            entry["text"] = output
        elif comparison is not None:
            try:
                entry["json"] = promises.without(json.loads(output), comparison)
            except ValueError:
                faults.append(f"{name} did not write JSON: {output[-500:]}")
        recorded.append(entry)
    write(folder / "opens.json", recorded)
    for name, script, status in SHAPES:
        output = done(steps, name, script, status)
        try:
            write(folder / "json" / f"{name}.json", {"run": script, "status": status, "shape": promises.shape(promises.parsed(output))})
        except ValueError:
            faults.append(f"{name} did not write JSON: {output[-500:]}")
    for command, scripts in STATUSES.items():
        for script, status in scripts:
            done(steps, command, script, status)
    write(folder / "statuses.json", {command: [{"run": script, "status": status} for script, status in scripts]
                                     for command, scripts in STATUSES.items()})
    cases = json.loads(steps.run("kmsandbox conform --list --json")[1])
    listening = steps.run("kmsandbox conform --listen --list")[1]

options = promises.commands(binaries)
faults += [f"{command} has no step in STATUSES" for command in options if command not in STATUSES]
write(folder / "options.json", options)
write(folder / "vectors.json", promises.vector_cases())
write(folder / "c.json", promises.c_declarations())
write(folder / "names.json", {
    "errorCodes": promises.error_codes(), "telemetry": promises.telemetry_names(),
    "serverCases": [case["name"] for case in cases], "clientCases": [line.split()[0] for line in listening.splitlines()],
})
for fault in faults:
    print(f"record: {fault}", file=sys.stderr)
sys.exit(1 if faults else 0)
