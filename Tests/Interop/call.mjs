// Calls the example's server with only Node's own modules, in the forms that public clients use:
// NODE_EXTRA_CA_CERTS=DIR/tls.cert.pem node call.mjs https://localhost:PORT/open-api DIR
//
// Prints a line for each call; the exit status is 1 if one did not get what it must.
import * as crypto from "node:crypto";
import { readFileSync } from "node:fs";

const [baseURL, directory] = process.argv.slice(2);
const file = (name) => readFileSync(`${directory}/${name}`);
const keyID = file("key-id").toString();
const secret = file("shop.secret");
const serverKey = crypto.createPublicKey(file("server.cert.pem"));
const clientKey = crypto.createPrivateKey(file("client.private.pem"));

function stamp(zone) {
    const shifted = new Date(Date.now() + (zone === "KST" ? 9 : 0) * 3_600_000);
    return shifted.toISOString().replace(/\D/g, "").slice(0, 17);
}

function headers(body, { isPadded, zone, names }) {
    const time = stamp(zone), mac = crypto.createHmac("sha256", secret).update(body).digest("base64");
    const fields = {
        "X-KM-User-AspId": "000170000000000",
        "X-KM-Correlation-Id": `${time.slice(2, 14)}-${crypto.randomBytes(4).toString("hex").slice(0, 7)}`,
        "X-KM-Access-Key": "0123456789abcdef0123456789abcdef01234567",
        "X-KM-Crypto-Key-Id": keyID,
        "X-KM-Tran-Token": `KMV1:${time}:${isPadded ? mac : mac.replace(/=+$/, "")}`,
        "X-KM-Tran-Time": time.slice(0, 14),
        "X-KM-Time-Zone": zone,
    };
    const entries = Object.entries(fields).map(([name, value]) => [names === "lower" ? name.toLowerCase() : name, value]);
    return { ...Object.fromEntries(entries), ...(body.length ? { "Content-Type": "application/json" } : {}) };
}

function encrypt(text, { enc, hasKeyID }) {
    const size = enc === "A128GCM" ? 16 : 32, key = crypto.randomBytes(size), iv = crypto.randomBytes(12);
    const header = { alg: "RSA-OAEP-256", enc, ...(hasKeyID ? { kid: keyID } : {}) };
    const aad = Buffer.from(JSON.stringify(header)).toString("base64url");
    const cipher = crypto.createCipheriv(`aes-${size * 8}-gcm`, key, iv).setAAD(Buffer.from(aad));
    const text2 = Buffer.concat([cipher.update(text), cipher.final()]);
    const wrapped = crypto.publicEncrypt({ key: serverKey, oaepHash: "sha256" }, key);
    const parts = [wrapped, iv, text2, cipher.getAuthTag()].map((part) => part.toString("base64url"));
    return JSON.stringify({ encData: [aad, ...parts].join(".") });
}

function decrypt(text) {
    const [aad, wrapped, iv, ciphertext, tag] = JSON.parse(text).encData.split(".");
    const header = JSON.parse(Buffer.from(aad, "base64url"));
    const bytes = (part) => Buffer.from(part, "base64url");
    const key = crypto.privateDecrypt({ key: clientKey, oaepHash: "sha256" }, bytes(wrapped));
    const algorithm = { A128GCM: "aes-128-gcm", A256GCM: "aes-256-gcm" }[header.enc];
    const decipher = crypto.createDecipheriv(algorithm, key, bytes(iv)).setAAD(Buffer.from(aad));
    return Buffer.concat([decipher.setAuthTag(bytes(tag)).update(bytes(ciphertext)), decipher.final()]).toString();
}

const query = '{"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}';
const cards = "/api/v1/issued-cards/pre-issue/waiting/physical", list = "/api/v1/user/card/list", state = "/api/v1/service/state";
const gateway = { isPadded: true, zone: "KST", enc: "A128GCM", hasKeyID: false };
const documented = { isPadded: false, zone: "UTC", enc: "A256GCM", hasKeyID: true };
let failures = 0;

async function call(name, path, text, options, check) {
    const isPlain = path !== cards;
    const body = text === "" ? "" : isPlain ? text : encrypt(text, options);
    const response = await fetch(baseURL + path, {
        method: text === "" ? "GET" : "POST",
        headers: { ...headers(options.signs ?? body, options), ...options.changes },
        ...(body ? { body } : {}),
    });
    const found = await response.text();
    let isRight = false;
    try { isRight = check(response.status, found); } catch (error) { console.log(String(error)); }
    if (!isRight) failures += 1;
    console.log(`${isRight ? "right" : "WRONG"}  ${name}: ${response.status}${isRight ? "" : ` ${found}`}`);
}

const hasCards = (status, text) => status === 200 && JSON.parse(decrypt(text)).issuedCardList[0].status === "READY";
const isRejected = (status, text) => status === 400 && JSON.parse(text).response.code === "000_002";
await call("padded token, no kid, A128GCM, KST", cards, query, gateway, hasCards);
await call("unpadded token, kid, A256GCM, UTC", cards, query, documented, hasCards);
await call("names of headers in lower case", cards, query, { ...gateway, names: "lower" }, hasCards);
await call("a plain request with an encrypted answer", list, '{"userId":50000104652}', gateway,
    (status, text) => status === 200 && JSON.parse(decrypt(text)).issuedCardList.length === 0);
await call("a GET", state, "", gateway, (status, text) => status === 200 && JSON.parse(text).state === "open");
await call("another card's CVC", cards, query.replace("211", "212"), gateway,
    (status, text) => status === 400 && JSON.parse(text).response.code === "003_011");
await call("a token over other bytes", cards, query, { ...gateway, signs: "{}" }, isRejected);
await call("another time zone", cards, query, { ...gateway, changes: { "X-KM-Time-Zone": "UTC" } }, isRejected);
await call("another crypto key", cards, query, { ...gateway, changes: { "X-KM-Crypto-Key-Id": "0".repeat(32) } }, isRejected);
await call("no token", cards, query, { ...gateway, changes: { "X-KM-Tran-Token": "" } }, isRejected);
process.exit(failures ? 1 : 0);
