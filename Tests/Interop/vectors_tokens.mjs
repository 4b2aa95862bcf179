// Headers, tokens and PARs for vectors.mjs: their forms, and the common mistakes in tokens.
import * as crypto from "node:crypto";

export class Rejected extends Error {}
export function demand(value, code) {
    if (value === null || value === undefined || value === false) throw new Rejected(code);
    return value;
}
export function maybe(work) {
    try { return work(); } catch { return null; }
}
export const attempt = (code, work) => demand(maybe(work), code);
export const words = (text) => text.split(" ").filter(Boolean);
export function only(object, due, optional = "") {
    const names = Object.keys(object), isKnown = names.every((name) => words(`${due} ${optional}`).includes(name));
    if (!isKnown || !words(due).every((name) => names.includes(name))) throw new Error(`members: ${names}`);
    return object;
}
export const encode = (data, alphabet = "base64url") => data.toString(alphabet).replace(/=+$/, "");
export function decode(text, alphabet = "base64url") {
    const data = Buffer.from(text, alphabet);
    return encode(data, alphabet) === text ? data : null;
}

// Tokens and headers.
const ZONES = { UTC: 0, GMT: 0, KST: 9, JST: 9 };
export const HEADERS = { // a group in a pattern matches a time
    aspId: ["x-km-user-aspid", /^[0-9A-Za-z]{15}$/], accessKey: ["x-km-access-key", /^[!-~]{40}$/],
    correlationId: ["x-km-correlation-id", /^([0-9]{12})-[0-9A-Fa-f]{7}$/], timeZone: ["x-km-time-zone", /^[A-Z]{3}$/],
    cryptoKeyId: ["x-km-crypto-key-id", /^[0-9A-Za-z_-]{32}$/], tranTime: ["x-km-tran-time", /^([0-9]{14})$/],
    token: ["x-km-tran-token", /^/],
};
// Returns the milliseconds since 1970 of yyyyMMddHHmmss, with or without SSS, in UTC.
function instant(digits) {
    const [, year, ...rest] = /^(....)(..)(..)(..)(..)(..)(...)?$/.exec(digits);
    const [month, day, hour, minute, second, milliseconds = "000"] = rest;
    const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
    const isReal = year !== "0000" && date.toISOString().replace(/[^0-9]/g, "") === digits.padEnd(17, "0");
    return isReal ? date.getTime() : null;
}
export function check(member, text) {
    const [, digits] = demand(HEADERS[member][1].exec(text), "headerInvalid");
    if (digits !== undefined) attempt("headerInvalid", () => instant(`20${digits}`.slice(-14)));
    demand(member !== "timeZone" || text in ZONES, "timeZoneUnknown");
    return text;
}
export function readHeaders(fields, members) {
    const values = {}, lower = (name) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    for (const member of members) {
        const found = fields.filter((field) => lower(only(field, "name value").name) === HEADERS[member][0]);
        demand(found.length < 2, "headerRepeated");
        demand(found.length || ["accessKey", "cryptoKeyId"].includes(member), "headerMissing");
        if (found.length) values[member] = check(member, found[0].value);
    }
    return values;
}
function readToken(token) {
    const [, digits, mac] = demand(/^KMV1:([0-9]{17}):([A-Za-z0-9+/]{43})=?$/.exec(token), "tokenMalformed");
    const time = attempt("tokenMalformed", () => instant(digits));
    return { digits, time, mac: demand(decode(mac, "base64"), "tokenMalformed") };
}
function bothForms({ digits, mac }) {
    const token = `KMV1:${digits}:${encode(mac, "base64")}`;
    return { documented: token, gateway: `${token}=` };
}
export const FAILED = "authenticationFailed";
export const sign = (key, message) => crypto.createHmac("sha256", key).update(message).digest();
const sha256 = (...data) => crypto.createHash("sha256").update(Buffer.concat(data)).digest();

// Returns the time in the zone as yyyyMMddHHmmssSSS.
function stampDigits(timeZone, milliseconds) {
    check("timeZone", timeZone);
    demand(milliseconds >= 946771200000 && milliseconds <= 4102358400000, "headerInvalid");
    return new Date(milliseconds + ZONES[timeZone] * 3600000).toISOString().replace(/[^0-9]/g, "");
}
export function tokenSign({ secretKey, timeZone, signedAt, profile, body }) {
    demand(secretKey.length > 0, "invalidSize");
    return { token: bothForms({ digits: stampDigits(timeZone, signedAt), mac: sign(secretKey, body) })[profile] };
}
export function requestStamp({ timeZone, stampedAt, random }) {
    const digits = stampDigits(timeZone, stampedAt), bits = random.toString("hex").slice(1);
    return { correlationId: `${digits.slice(2, 14)}-${bits}`, tranTime: digits.slice(0, 14), tokenTime: digits };
}
export function tokenVerify({ secretKey, timeZone, toleranceSeconds = Infinity, token, body, verifiedAt }) {
    const read = readToken(token), tokenTime = read.time - ZONES[timeZone] * 3600000;
    demand(sign(secretKey, body).equals(read.mac), "tokenMismatch");
    demand(Math.abs(verifiedAt - tokenTime) <= toleranceSeconds * 1000, "tokenStale");
    return { tokenTime, ...bothForms(read) };
}
export const responseHeaders = ({ fields }) => readHeaders(fields, ["correlationId", "cryptoKeyId"]);
export function requestHeaders({ fields }) {
    const { token, ...values } = readHeaders(fields, Object.keys(HEADERS)), read = readToken(token);
    demand(read.digits.slice(0, 14) === values.tranTime, "timeMismatch");
    return { ...values, tokenTime: read.digits, ...bothForms(read) };
}

export function hmacSha256({ key, message, mac }) {
    demand(mac.length === 32, "invalidSize");
    demand(sign(key, message).equals(mac), FAILED);
}

// PARs of PANs.
export function parDerive({ key, keyVersion, prefix, pan }) {
    demand(key.length >= 16 && key.length <= 64 && (key.length >= 32 || !/^[0-9A-Fa-f]*$/.test(key)), "invalidSize");
    demand(/^([0-9A-Z]{2}){1,2}$/.test(prefix), "parMalformed");
    demand(/^[0-9]*$/.test(pan), "panMalformed");
    demand(pan.length >= 12 && pan.length <= 19, "panLengthInvalid");
    const digits = [...pan].reverse().map((digit, at) => digit * (1 + at % 2));
    demand(digits.reduce((sum, digit) => sum + (digit > 9 ? digit - 9 : digit), 0) % 10 === 0, "panCheckDigitInvalid");
    const version = Buffer.alloc(4);
    version.writeUInt32BE(keyVersion);
    const start = Buffer.from(`KMSecurity PAR 1${String.fromCharCode(prefix.length + 25)}${prefix}`);
    const mac = sign(key, Buffer.concat([start, version, Buffer.from(pan)]));
    let par = prefix, number = BigInt(`0x${mac.toString("hex")}`);
    for (let at = 0; at < 25; at += 1) {
        number = (number & (1n << 256n) - 1n) * 36n;
        par += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number >> 256n];
    }
    const check = sign(key, Buffer.concat([Buffer.from("KMSecurity KCV 1"), version]));
    return { par, keyCheckValue: check.toString("hex", 0, 5).toUpperCase() };
}

// Mistakes in the body b and the secret k, in the MAC over them and the time t, and in the MAC's text.
const CLOSING = { "{": "}", "[": "]" };
function layout(root, body, comma, colon, indent = "", isSorted = false) {
    const order = ([a], [b]) => isSorted ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : 0;
    function write({ kind, start, end, items }, line) {
        if (!(kind in CLOSING)) return body.toString("latin1", start, end);
        const inner = line && line + indent, sorted = kind === "{" ? [...items].sort(order) : items;
        const parts = sorted.map(([, item, spelt]) => inner + (spelt && spelt + colon) + write(item, inner));
        return kind + parts.join(comma) + (parts.length ? line : "") + CLOSING[kind];
    }
    return Buffer.from(write(root, indent && "\n"), "latin1");
}
const replaced = (bytes, pattern, by) => Buffer.from(bytes.toString("latin1").replace(pattern, by), "latin1");
const wrapped = (before, bytes, after = "") => Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
const utf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const unhex = (text) => /^([0-9A-Fa-f]{2})+$/.test(text) ? Buffer.from(`${text}`, "hex") : null;
const unit = (letter) => `\\u${letter.charCodeAt().toString(16).padStart(4, "0")}`;
const BODY = {
    "body-newline-removed": (b) => replaced(b, /\r?\n$/, ""), "body-newline-added": (b) => wrapped("", b, "\n"),
    "body-crlf-added": (b) => wrapped("", b, "\r\n"), "body-lf-for-crlf": (b) => replaced(b, /\r\n/g, "\n"),
    "body-crlf-for-lf": (b) => replaced(b, /\r*\n\r*/g, "\r\n"), "body-bom-added": (b) => wrapped("\ufeff", b),
    "body-bom-removed": (b) => replaced(b, /^\xef\xbb\xbf/, ""), "body-null": () => Buffer.from("null"),
    "body-json-compacted": (b, scan) => layout(scan(b), b, ",", ":"),
    "body-json-spaced": (b, scan) => layout(scan(b), b, ", ", ": "),
    "body-json-indented-2": (b, scan) => layout(scan(b), b, ",", ": ", "  "),
    "body-json-indented-4": (b, scan) => layout(scan(b), b, ",", ": ", "    "),
    "body-json-sorted": (b, scan) => layout(scan(b), b, ",", ":", "", true),
    "body-slashes-escaped": (b) => replaced(b, /\\?\//g, "\\/"),
    "body-slashes-unescaped": (b) => replaced(b, /\\\//g, "/"),
    "body-non-ascii-escaped": (b) => Buffer.from(utf8(b).replace(/[^\0-\x7f]/g, unit)), "body-empty": () => Buffer.of(),
    "body-base64": (b) => Buffer.from(b.toString("base64")), "body-hex": (b) => Buffer.from(b.toString("hex")),
    "body-encdata-alone": (b) => Buffer.from(JSON.parse(b).encData), "body-empty-object": () => Buffer.from("{}"),
    "body-json-string": (b) => Buffer.from(JSON.stringify(utf8(b))),
    "body-utf-16": (b) => Buffer.from(utf8(b), "utf16le"),
};
const SECRET = {
    "secret-trimmed": (k) => replaced(k, /^[\0- ]+|[\0- ]+$/g, ""), "secret-newline": (k) => wrapped("", k, "\n"),
    "secret-crlf": (k) => wrapped("", k, "\r\n"), "secret-quoted": (k) => wrapped('"', k, '"'),
    "secret-hex-decoded": unhex, "secret-base64-decoded": (k) => decode(`${k}`.replace(/=+$/, ""), "base64"),
    "secret-hex-encoded": (k) => Buffer.from(k.toString("hex")), "secret-empty": () => Buffer.of(),
    "secret-base64-encoded": (k) => Buffer.from(k.toString("base64")),
    "secret-lower-case": (k) => replaced(k, /[A-Z]/g, (letter) => letter.toLowerCase()),
    "secret-upper-case": (k) => replaced(k, /[a-z]/g, (letter) => letter.toUpperCase()),
};
const MAC = {
    "time-before-body": (k, b, t) => sign(k, wrapped(t, b)), "time-after-body": (k, b, t) => sign(k, wrapped("", b, t)),
    "time-colon-body": (k, b, t) => sign(k, wrapped(`${t}:`, b)), "key-and-message-swapped": (k, b) => sign(b, k),
    "plain-sha-256": (k, b) => sha256(b), "sha-256-of-secret-and-body": (k, b) => sha256(k, b),
    "sha-256-of-body-and-secret": (k, b) => sha256(b, k), "body-hashed-first": (k, b) => sign(k, sha256(b)),
};
const FORMS = {
    "": (text) => decode(text.length === 44 ? text.replace(/=$/, "") : text, "base64"), "mac-hex": unhex,
    "mac-base64url": (text) => decode(text.replace(/=+$/, "")),
    "mac-base64-of-hex": (text) => unhex(decode(text.replace(/=+$/, ""), "base64")),
};
const [bodies, others] = [Object.keys(BODY), [...Object.keys(SECRET), ...Object.keys(MAC)]];
const PAIRS = bodies.flatMap((a) => [...bodies, ...Object.keys(SECRET)].map((b) => [a, b]));
const SIGNED = "parameters-signed"; // the MAC is over the parameters before their encryption
const KNOWN = [[], ...[...bodies, ...others].map((name) => [name]), ...PAIRS];
// Checks that the mistakes in the cause give the token, and that fewer mistakes do not.
export function tokenExplain({ secretKey, token, body, parameters, cause }, scan) {
    const [, head, time, written] = /^\s*((?:.*:)?(.*):)?([^:]*?)\s*$/.exec(token);
    const made = (mistakes) => maybe(() => {
        let [k, b, make] = [secretKey, mistakes.includes(SIGNED) ? parameters : body, sign];
        for (const name of mistakes) {
            if (name in SECRET) k = SECRET[name](k);
            if (name in BODY) b = BODY[name](b, scan);
            make = MAC[name] ?? make;
        }
        return make(k, b, time ?? "");
    });
    const form = Object.keys(FORMS).find((name) => maybe(() => FORMS[name](written))?.length === 32);
    if (form === undefined) return void demand(cause === "token-unreadable", "another cause");
    const isFramed = /^KMV1:[0-9]{17}:$/.test(head) && maybe(() => instant(time)) !== null;
    const known = parameters ? [...KNOWN, ...KNOWN.map((mistakes) => [SIGNED, ...mistakes])] : KNOWN;
    const fitting = known.filter((mistakes) => made(mistakes)?.equals(FORMS[form](written)));
    const shown = [...(isFramed ? [] : ["token-frame"]), ...(form ? [form] : [])];
    const fewest = fitting.filter(({ length }) => length === Math.min(...fitting.map((mistakes) => mistakes.length)));
    const causes = fewest.map((mistakes) => [...shown, ...mistakes].join("+") || "verifies");
    demand((causes.length ? causes : ["no known cause"]).includes(cause), "another cause");
}
