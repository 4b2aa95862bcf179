// Measures the operations of `kmsec speed` with Node's crypto module, and prints microseconds per call as JSON.
//
//   node speed.mjs SECONDS
import * as crypto from "node:crypto";

const seconds = Number(process.argv[2] ?? 1);
const pair = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const oaep = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
const parameters = Buffer.from(
    '{"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}',
);
const header = Buffer.from(
    '{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"0123456789abcdef0123456789abcdef"}',
).toString("base64url");

function encrypt() {
    const key = crypto.randomBytes(32);
    const iv = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv("aes-256-gcm", key, iv);
    cipher.setAAD(Buffer.from(header));
    const ciphertext = Buffer.concat([cipher.update(parameters), cipher.final()]);
    const wrapped = crypto.publicEncrypt({ key: pair.publicKey, ...oaep }, key);
    const parts = [wrapped, iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString("base64url"));
    return `{"encData":"${header}.${parts.join(".")}"}`;
}

function decrypt(body) {
    const parts = JSON.parse(body).encData.split(".");
    const [wrapped, iv, ciphertext, tag] = parts.slice(1).map((part) => Buffer.from(part, "base64url"));
    JSON.parse(Buffer.from(parts[0], "base64url"));
    const key = crypto.privateDecrypt({ key: pair.privateKey, ...oaep }, wrapped);
    const cipher = crypto.createDecipheriv("aes-256-gcm", key, iv);
    cipher.setAAD(Buffer.from(parts[0]));
    cipher.setAuthTag(tag);
    return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
}

const secret = crypto.createSecretKey(crypto.randomBytes(32));
const body = Buffer.alloc(600, "x");
const sign = () =>
    `KMV1:20260101000000000:${crypto.createHmac("sha256", secret).update(body).digest("base64").slice(0, 43)}`;
const sealed = encrypt();

/** Returns the median time per call, of batches of some milliseconds each. */
function measure(call) {
    for (let i = 0; i < 2000; i += 1) call();
    let batch = 1;
    const times = [];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end || times.length < 5) {
        const start = performance.now();
        for (let i = 0; i < batch; i += 1) call();
        const milliseconds = performance.now() - start;
        if (milliseconds < 5) batch *= 2;
        else times.push((milliseconds * 1000) / batch);
    }
    return times.sort((a, b) => a - b)[times.length >> 1];
}

console.log(
    JSON.stringify({
        "message-encrypt": measure(encrypt),
        "message-decrypt": measure(() => decrypt(sealed)),
        "token-sign": measure(sign),
    }),
);
