// Runs vector files with only Node's own modules: node vectors.mjs FILE-OR-FOLDER...
//
// Prints `N agreed, N disagreed` for each file and for all files, with the ids of tests that disagree. The exit status is 1 if
// a test disagrees or a file is invalid. Vectors/README.md has the rules, and the meaning of the error codes.
import * as crypto from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { attempt, check, decode, demand, encode, FAILED, only, Rejected, words } from "./vectors_tokens.mjs";
import * as tokens from "./vectors_tokens.mjs";

// JSON (RFC 8259): values with their range; kind is the first byte, and items are name or index, value, and the name's text.
const SPACE = "[ \\t\\n\\r]*";
const STRING = /("[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*")/.source;
const TOKEN = `(${STRING}|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|[{[])`;
const LONE_SURROGATE = /\p{Surrogate}/u, CLOSING = { "{": "}", "[": "]" };
function scan(bytes, limit = 64, malformed = "malformedJSON") {
    attempt(malformed, () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    const text = bytes.toString("latin1"); // a character for each byte
    const string = (token) => JSON.parse(Buffer.from(token, "latin1").toString());
    let at = 0;
    function take(pattern, isDue = true) {
        const search = Object.assign(new RegExp(SPACE + pattern, "y"), { lastIndex: at }), found = search.exec(text);
        if (isDue) demand(found, malformed);
        if (found) at = search.lastIndex;
        return found?.[1];
    }
    function value(depth) {
        const token = take(TOKEN), kind = token[0], start = at - token.length, items = [];
        if (kind in CLOSING) demand(depth < limit, "limitExceeded");
        while (kind in CLOSING && !take(`(\\${CLOSING[kind]})`, false)) {
            if (items.length) take("(,)");
            const spelt = kind === "{" ? take(`${STRING}${SPACE}:`) : "";
            items.push([spelt ? string(spelt) : items.length, value(depth + 1), spelt]);
        }
        return { kind, start, end: at, items, text: kind === '"' ? string(token) : null };
    }
    const root = value(0);
    take("($)");
    return root;
}

// Paths in the subset of RFC 9535, as lists of names, indexes, and null for the wildcard.
const HEX = "[0-9A-Fa-f]", LETTER = "A-Za-z_\\x80-\\uffff";
const UNIT = String.raw`u(?:[0-9A-CEFa-cef]${HEX}{3}|[Dd][0-7]${HEX}{2}|[Dd][89ABab]${HEX}{2}\\u[Dd][C-Fc-f]${HEX}{2})`;
const quoted = (q) => String.raw`${q}((?:[^${q}\\\x00-\x1f]|\\(?:[bfnrt/\\${q}]|${UNIT}))*)${q}`;
const [SINGLE, DOUBLE] = [quoted("'"), quoted('"')];
const BRACKET = String.raw`\[${SPACE}(?:\*|${SINGLE}|${DOUBLE}|(0|[1-9][0-9]*))${SPACE}`;
const STEP = String.raw`${SPACE}(?:${BRACKET}\]|\.(?:\*|([${LETTER}][0-9${LETTER}]*)))`;
const UNSUPPORTED = new RegExp(String.raw`^${SPACE}(?:\.\.|\[${SPACE}[?:-]|${BRACKET}[,:])`);
const ESCAPES = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "'": "\\'", "\\": "\\\\" };
function steps(path) {
    const end = new RegExp(String.raw`^\$?(?:${STEP})*`).exec(path)[0].length;
    demand(end === path.length || !UNSUPPORTED.test(path.slice(end)), "pathUnsupported");
    demand(path[0] === "$" && end === path.length && Buffer.byteLength(path) <= 2048, "pathMalformed");
    const result = [...path.slice(1).matchAll(new RegExp(STEP, "g"))].map(([, single, double, index, name]) => {
        // A name in single quotes as in a JSON string, where \' is not an escape and " needs one.
        const quoted = double ?? single?.replace(/\\.|"/g, (part) => ({ "\\'": "'", '"': '\\"' })[part] ?? part);
        return index !== undefined ? Number(index) : quoted !== undefined ? JSON.parse(`"${quoted}"`) : name ?? null;
    });
    demand(result.length <= 64 && result.every((step) => typeof step !== "number" || step < 2 ** 53), "pathMalformed");
    return result;
}
function normalized(key) {
    const escape = (found) => ESCAPES[found] ?? `\\u${found.charCodeAt().toString(16).padStart(4, "0")}`;
    return typeof key === "number" ? `[${key}]` : `['${key.replace(/['\\\x00-\x1f]/g, escape)}']`;
}
// Returns the matches of all paths in document order, each once.
function matches(text, texts, isEachDue) {
    const paths = texts.map(steps), meet = (a, b) => a === b || a === null || b === null;
    demand(paths.length >= 1 && paths.length <= 256, "limitExceeded");
    const lies = (inner, outer) => inner.length > outer.length && outer.every((step, at) => meet(step, inner[at]));
    demand(!paths.some((outer) => paths.some((inner) => lies(inner, outer))), "pathsOverlap");
    function reach(value, [step, ...rest], isEnd, place = "$", depth = 0) {
        if (isEnd) return [{ place, depth, value }];
        demand(new Set(value.items.map(([key]) => key)).size === value.items.length, "malformedJSON");
        if (value.kind in CLOSING && !value.items.length && step === null) return [null]; // matches, but selects nothing
        return value.items.filter(([key]) => step === null || step === key)
            .flatMap(([key, item]) => reach(item, rest, !rest.length, place + normalized(key), depth + 1));
    }
    const root = scan(text), hits = paths.map((path) => reach(root, path, !path.length));
    const found = [...new Map(hits.flat().filter(Boolean).map((hit) => [hit.value.start, hit])).values()];
    demand(!found.some(({ place }) => LONE_SURROGATE.test(place)), "pathUnsupported");
    demand(found.length <= 1024 && found.every(({ place }) => Buffer.byteLength(place) <= 4096), "limitExceeded");
    demand(!isEachDue || hits.every((each) => each.length), "fieldMissing");
    return found.sort((a, b) => a.value.start - b.value.start);
}

// JWE compact serializations (RFC 7516).
const keys = new Map();
const privateKey = (pem) => keys.get(pem) ?? keys.set(pem, crypto.createPrivateKey(pem)).get(pem);
// Returns the header and the parts, the first one still encoded, after all checks that need no private key.
function readJwe(text, keyId, algorithms = ["RSA-OAEP-256"]) {
    const parts = text.split(".");
    demand(parts.length === 5 && parts[0] !== "", "malformedJWE");
    const [data, key, iv, ciphertext, tag] = parts.map((part) => demand(decode(part), "malformedJWE"));
    demand(key.length && iv.length === 12 && tag.length === 16 || null, "malformedJWE");
    demand(data.length <= 4096, "limitExceeded");
    const root = scan(data, 16, "malformedHeader");
    const header = new Map(root.items.map(([name, value]) => [name, value.text]));
    demand(root.kind === "{" && header.size === root.items.length, "malformedHeader");
    demand(![...header].flat().some((text) => LONE_SURROGATE.test(text)), "malformedHeader");
    demand(header.size <= 32, "limitExceeded");
    demand(!header.has("crit") && !header.has("zip"), "algorithmNotAllowed");
    const isText = (name) => header.has(name) ? header.get(name) !== null : ["kid", "cty"].includes(name);
    demand(["alg", "enc", "kid", "cty"].every(isText), "malformedHeader");
    const isAllowed = algorithms.includes(header.get("alg")) && ["A128GCM", "A256GCM"].includes(header.get("enc"));
    demand(isAllowed, "algorithmNotAllowed");
    demand(keyId === undefined || (header.get("kid") ?? keyId) === keyId, "keyIDMismatch");
    return { header, parts: [Buffer.from(parts[0]), key, iv, ciphertext, tag] };
}
function openOaep(key, oaepHash, data) {
    demand(data.length === key.asymmetricKeyDetails.modulusLength / 8, FAILED);
    const padding = crypto.constants.RSA_PKCS1_OAEP_PADDING;
    return attempt(FAILED, () => crypto.privateDecrypt({ key, padding, oaepHash }, data));
}
function sealGcm(key, iv, associated, plaintext) {
    const cipher = crypto.createCipheriv(`aes-${key.length * 8}-gcm`, key, iv).setAAD(associated);
    return [Buffer.concat([cipher.update(plaintext), cipher.final()]), cipher.getAuthTag()];
}
const openGcm = (key, iv, associated, ciphertext, tag) => attempt(FAILED, () => {
    const decipher = crypto.createDecipheriv(`aes-${key.length * 8}-gcm`, key, iv).setAAD(associated).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
});
// Returns the plaintexts of JWEs that share a content encryption key.
function openAll(key, messages) {
    if (!messages.length) return [];
    const { header, parts } = messages[0];
    const content = openOaep(key, header.get("alg") === "RSA-OAEP" ? "sha1" : "sha256", parts[1]);
    demand(content.length === parseInt(header.get("enc").slice(1)) / 8, FAILED);
    return messages.map(({ parts: [associated, , iv, ...rest] }) => openGcm(content, iv, associated, ...rest));
}


// The operations: each takes the inputs of a test, and returns its outputs or throws Rejected.
function aesGcm({ key, iv, associatedData, ciphertext, tag }) {
    demand([16, 32].includes(key.length) && iv.length === 12 && tag.length === 16, "invalidSize");
    const plaintext = openGcm(key, iv, associatedData, ciphertext, tag);
    return isDeepStrictEqual(sealGcm(key, iv, associatedData, plaintext), [ciphertext, tag]) ? { plaintext } : {};
}
const rsaOaepDecrypt = ({ privateKey: pem, hash, ciphertext }) =>
    ({ message: openOaep(privateKey(pem), hash.replace("-", ""), ciphertext) });
function jweDecrypt({ privateKey: pem, privateKeyJwk, policy, jwe, keyId }) {
    const algorithms = { standard: ["RSA-OAEP-256"], insecureAllowingSHA1: ["RSA-OAEP-256", "RSA-OAEP"] };
    const key = privateKey(pem);
    const same = privateKeyJwk && crypto.createPrivateKey({ key: JSON.parse(privateKeyJwk), format: "jwk" });
    demand(!same || isDeepStrictEqual(same.export({ format: "jwk" }), key.export({ format: "jwk" })), "privateKeyJwk");
    const message = readJwe(jwe, keyId, algorithms[policy]);
    const known = [...message.header].filter(([name]) => ["alg", "enc", "kid", "cty"].includes(name));
    return { header: Object.fromEntries(known), plaintext: openAll(key, [message])[0] };
}
function ringKey({ keys, cryptoKeyId }, states = ["active", "inactive"], optional = "") {
    check("cryptoKeyId", cryptoKeyId);
    const key = demand(keys.find((key) => only(key, "id state privateKey", optional).id === cryptoKeyId), "keyUnknown");
    demand(states.includes(key.state), "keyNotActive");
    return { key: privateKey(key.privateKey), publicKey: key.publicKey };
}
// Returns a function that makes a JWE from more header members, an initialization vector and a plaintext.
function sender(inputs, namesKey) {
    const { key, publicKey } = ringKey(inputs, ["active"], "publicKey"), { contentKey, encryptedKey } = inputs;
    const spki = (half) => crypto.createPublicKey(half).export({ type: "spki", format: "pem" });
    demand(spki(demand(publicKey, "keyHalfMissing")) === spki(key), "publicKey and privateKey are of different keys");
    const enc = inputs.enc ?? { documented: "A256GCM", gateway: "A128GCM" }[inputs.profile];
    const isRight = openOaep(key, "sha256", encryptedKey).equals(contentKey);
    demand(isRight && contentKey.length === parseInt(enc.slice(1)) / 8, "another content key");
    return (members, iv, plaintext) => {
        const header = { alg: "RSA-OAEP-256", enc, ...(namesKey ? { kid: inputs.cryptoKeyId } : {}), ...members };
        const data = Buffer.from(JSON.stringify(header));
        demand(data.length <= 4096, "limitExceeded");
        const sealed = sealGcm(contentKey, iv, Buffer.from(encode(data)), plaintext);
        return [data, encryptedKey, iv, ...sealed].map((part) => encode(part)).join(".");
    };
}
function messageEncrypt(inputs) {
    const seal = sender(inputs, inputs.profile === "documented");
    scan(inputs.parameters);
    return { body: Buffer.from(`{"encData":"${seal({}, inputs.iv, inputs.parameters)}"}`) };
}
function fieldEncrypt(inputs) {
    const { parameters, correlationId, ivs } = inputs, seal = sender(inputs, true);
    const bound = correlationId === undefined ? {} : { cid: check("correlationId", correlationId) };
    const found = matches(parameters, inputs.paths, inputs.requiresMatches), pieces = [];
    demand(found.length === ivs.length, "another number of vectors");
    let copied = 0;
    found.forEach(({ place: path, value: { start, end } }, at) => {
        const jwe = seal({ cty: "json", path, ...bound }, Buffer.from(ivs[at], "hex"), parameters.subarray(start, end));
        pieces.push(parameters.subarray(copied, start), Buffer.from(`"${jwe}"`));
        copied = end;
    });
    return { body: Buffer.concat([...pieces, parameters.subarray(copied)]) };
}
function messageDecrypt(inputs) {
    const { cryptoKeyId, body } = inputs, { key } = ringKey(inputs), { items } = scan(body);
    demand(body.length <= 1 << 20, "limitExceeded");
    demand(items.some(([name]) => name === "encData"), "protectionRequired");
    demand(items.length === 1 && items[0][1].kind === '"', "malformedBody");
    const message = readJwe(items[0][1].text, cryptoKeyId);
    demand((message.header.get("path") ?? null) === null, "fieldMismatch");
    const [parameters] = openAll(key, [message]);
    scan(parameters);
    return { parameters };
}
function fieldDecrypt(inputs) {
    const { cryptoKeyId, correlationId, paths, requiresMatches, body } = inputs, { key } = ringKey(inputs);
    demand(body.length <= 1 << 20, "limitExceeded");
    if (correlationId !== undefined) check("correlationId", correlationId);
    const found = matches(body, paths, requiresMatches), fields = found.map(({ place, value }) => {
        demand(value.kind === '"' && value.text.includes("."), "protectionRequired");
        const field = readJwe(value.text, cryptoKeyId), { header } = field;
        demand(header.get("cty") === "json" && header.get("path") === place, "fieldMismatch");
        demand(correlationId === undefined || header.get("cid") === correlationId, "fieldMismatch");
        return field;
    });
    demand(new Set(fields.map(({ header, parts }) => header.get("enc") + encode(parts[1]))).size < 2, "fieldMismatch");
    const pieces = [];
    let copied = 0;
    openAll(key, fields).forEach((plaintext, at) => {
        const { depth, value } = found[at], inner = scan(plaintext, 64 - depth);
        demand(inner.start === 0 && inner.end === plaintext.length, "malformedJSON");
        pieces.push(body.subarray(copied, value.start), plaintext);
        copied = value.end;
    });
    return { parameters: Buffer.concat([...pieces, body.subarray(copied)]) };
}
function jsonPath({ paths, requiresMatches, document }) {
    const match = ({ place, value: { start, end } }) =>
        ({ path: place, offset: start, value: document.toString("hex", start, end) });
    return { matches: matches(document, paths, requiresMatches).map(match) };
}

// Each operation with the members of its tests: required inputs, optional inputs, and outputs.
const SENDER = "keys cryptoKeyId profile parameters contentKey encryptedKey";
const TOKEN_VALUES = "tokenTime documented gateway";
const REQUEST_VALUES = "aspId correlationId accessKey cryptoKeyId tranTime timeZone";
const OPERATIONS = {
    "hmac-sha256": [tokens.hmacSha256, "key message mac", "", ""],
    "aes-gcm": [aesGcm, "key iv associatedData ciphertext tag", "", "plaintext"],
    "rsa-oaep-decrypt": [rsaOaepDecrypt, "privateKey hash ciphertext", "", "message"],
    "jwe-decrypt": [jweDecrypt, "privateKey policy jwe", "privateKeyJwk keyId", "header plaintext"],
    "message-decrypt": [messageDecrypt, "keys cryptoKeyId body", "", "parameters"],
    "field-decrypt": [fieldDecrypt, "keys cryptoKeyId paths requiresMatches body", "correlationId", "parameters"],
    "json-path": [jsonPath, "paths requiresMatches document", "", "matches"],
    "message-encrypt": [messageEncrypt, `${SENDER} iv`, "enc", "body"],
    "field-encrypt": [fieldEncrypt, `${SENDER} paths requiresMatches ivs`, "enc correlationId", "body"],
    "par-derive": [tokens.parDerive, "key keyVersion prefix pan", "", "par keyCheckValue"],
    "token-verify": [tokens.tokenVerify, "secretKey timeZone token body verifiedAt", "toleranceSeconds", TOKEN_VALUES],
    "token-explain": [(inputs) => tokens.tokenExplain(inputs, scan), "secretKey token body cause", "parameters", ""],
    "token-sign": [tokens.tokenSign, "secretKey timeZone signedAt profile body", "", "token"],
    "request-stamp": [tokens.requestStamp, "timeZone stampedAt random", "", "correlationId tranTime tokenTime"],
    "request-headers": [tokens.requestHeaders, "fields", "", `${REQUEST_VALUES} ${TOKEN_VALUES}`],
    "response-headers": [tokens.responseHeaders, "fields", "", "correlationId cryptoKeyId"],
};
const HEXADECIMAL = words("key message mac iv associatedData ciphertext tag plaintext secretKey body parameters"
    + " document contentKey encryptedKey random");
// Returns a value of a vector file in JavaScript's types: hexadecimal digits become bytes, and duplicates and null are rejected.
function plain(text, { kind, start, end, items, text: string }, name) {
    if (kind === "[") return items.map(([, item]) => plain(text, item));
    const names = new Set(items.map(([name]) => name)), isHex = HEXADECIMAL.includes(name);
    if (names.size < items.length || kind === "n") throw new Error("a member twice, or null");
    if (isHex && !/^([0-9a-f]{2})*$/.test(string)) throw new Error(`${name} is not hexadecimal`);
    if (kind === "{") return Object.fromEntries(items.map(([name, item]) => [name, plain(text, item, name)]));
    return isHex ? Buffer.from(string, "hex") : string ?? JSON.parse(text.subarray(start, end));
}
function agrees([run, due, optional, outputs], { id, comment, flags, result, error, ...rest }) {
    const isOutput = ([name]) => words(outputs).includes(name), members = Object.entries(rest);
    const expected = Object.fromEntries(members.filter(isOutput)), isValid = result === "valid" && error === undefined;
    const inputs = only(Object.fromEntries(members.filter((member) => !isOutput(member))), due, optional);
    if (!isValid && (result !== "invalid" || !error || members.some(isOutput))) throw new Error(`result of ${id}`);
    try {
        const given = run(inputs) ?? {};
        return isValid && isDeepStrictEqual(given, expected);
    } catch (rejection) {
        if (!(rejection instanceof Rejected)) throw rejection;
        return error === rejection.message;
    }
}
function run(path) {
    const text = readFileSync(path);
    const file = only(plain(text, scan(text)), "format operation comment flags numberOfTests groups");
    const { format, operation, flags: known, numberOfTests: count } = file;
    const whole = (group) => only(group, "comment source tests", Object.keys(group).join(" "));
    const merged = ({ comment, source, tests, ...shared }) => tests.map((test) => ({ ...shared, ...test }));
    const tests = file.groups.map(whole).flatMap(merged);
    const isExplained = tests.every(({ flags }) => flags.every((flag) => Object.hasOwn(known, flag)));
    const isCounted = tests.length === count && new Set(tests.map(({ id }) => id)).size === count;
    const isKnown = format === "kmsec-vectors-1" && Object.hasOwn(OPERATIONS, operation);
    if (!isKnown || !isCounted || !isExplained) throw new Error(`${path}: format, operation, number of tests or flags`);
    const failed = tests.filter((test) => !agrees(OPERATIONS[file.operation], test)).map(({ id }) => id);
    console.log(`${path}: ${tests.length - failed.length} agreed, ${failed.length} disagreed`, ...failed);
    return [tests.length - failed.length, failed.length];
}
const isFolder = (path) => statSync(path).isDirectory();
const inside = (path) => readdirSync(path).sort().flatMap((name) => files(`${path}/${name}`));
const files = (path) => isFolder(path) ? inside(path).filter((name) => name.endsWith(".json")) : [path];
const paths = process.argv.slice(2).flatMap(files);
const counts = paths.filter((path) => !path.endsWith(".schema.json")).map(run);
const sum = (column) => counts.reduce((total, count) => total + count[column], 0);
console.log(`${sum(0)} agreed, ${sum(1)} disagreed`);
process.exit(sum(1) || !sum(0) ? 1 : 0);
