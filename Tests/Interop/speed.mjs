// Measures the operations of `kmsec speed` with Node's crypto module or with jose. speed.py starts it and describes its
// protocol.
//
//   node speed.mjs crypto|jose FOLDER
//
// Exit status 77: the library is not installed.
import * as crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [library, folder] = process.argv.slice(2);
const file = (name) => readFileSync(`${folder}/${name}`);
const publicKey = crypto.createPublicKey(file("public.pem"));
const privateKey = crypto.createPrivateKey(file("private.pem"));
const secret = crypto.createSecretKey(file("secret"));
const [parameters, body, time] = [file("parameters"), file("body"), file("time").toString()];
const clock = Number(file("clock"));
const header = { alg: "RSA-OAEP-256", enc: "A256GCM", kid: file("key-id").toString() };
const oaep = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
const authTagLength = 16;

function checkHeader(found) {
    for (const name in header) if (found[name] !== header[name]) throw new Error("another header");
}

const node = {
    version: () => `Node.js ${process.versions.node} crypto (OpenSSL ${process.versions.openssl.split("+")[0]})`,

    encrypt() {
        const key = crypto.randomBytes(32);
        const iv = crypto.randomBytes(12);
        const protectedHeader = Buffer.from(JSON.stringify(header)).toString("base64url");
        const cipher = crypto.createCipheriv("aes-256-gcm", key, iv, { authTagLength });
        cipher.setAAD(Buffer.from(protectedHeader, "latin1"));
        const ciphertext = Buffer.concat([cipher.update(parameters), cipher.final()]);
        const wrapped = crypto.publicEncrypt({ key: publicKey, ...oaep }, key);
        const parts = [wrapped, iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString("base64url"));
        return JSON.stringify({ encData: `${protectedHeader}.${parts.join(".")}` });
    },

    decrypt(text) {
        const parts = JSON.parse(text).encData.split(".");
        if (parts.length !== 5) throw new Error("another number of parts");
        const [found, wrapped, iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, "base64url"));
        checkHeader(JSON.parse(found));
        const key = crypto.privateDecrypt({ key: privateKey, ...oaep }, wrapped);
        if (key.length !== 32 || iv.length !== 12 || tag.length !== 16) throw new Error("another length");
        const cipher = crypto.createDecipheriv("aes-256-gcm", key, iv, { authTagLength });
        cipher.setAAD(Buffer.from(parts[0], "latin1")).setAuthTag(tag);
        return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
    },

    sign() {
        const mac = crypto.createHmac("sha256", secret).update(body).digest("base64");
        return `KMV1:${time}:${mac.slice(0, 43)}`;
    },

    verify(token) {
        const match = /^KMV1:([0-9]{17}):([A-Za-z0-9+/]{43})=?$/.exec(token);
        if (match === null) return false;
        const milliseconds = instant(match[1]);
        const mac = crypto.createHmac("sha256", secret).update(body).digest();
        if (!crypto.timingSafeEqual(Buffer.from(match[2], "base64"), mac)) return false;
        return Math.abs(milliseconds - clock) <= 300_000;
    },
};

/** Returns the milliseconds since 1970 of a time in KST; NaN if there is no such time. */
function instant(digits) {
    const part = (start, end) => Number(digits.slice(start, end));
    const fields = [part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14)];
    const date = new Date(Date.UTC(...fields, part(14, 17)));
    const isSame =
        date.getUTCMonth() === fields[1] && date.getUTCDate() === fields[2] && date.getUTCHours() === fields[3] &&
        date.getUTCMinutes() === fields[4] && date.getUTCSeconds() === fields[5];
    return isSame ? date.getTime() - 9 * 3_600_000 : NaN;
}

/** Returns the operations with jose, which has none for the token. */
function withJOSE({ CompactEncrypt, compactDecrypt }, version) {
    const options = { keyManagementAlgorithms: [header.alg], contentEncryptionAlgorithms: [header.enc] };
    return {
        version: () => `jose ${version} (Node.js ${process.versions.node})`,
        encrypt: async () => {
            const encData = await new CompactEncrypt(parameters).setProtectedHeader(header).encrypt(publicKey);
            return JSON.stringify({ encData });
        },
        decrypt: async (text) => {
            const opened = await compactDecrypt(JSON.parse(text).encData, privateKey, options);
            checkHeader(opened.protectedHeader);
            return Buffer.from(opened.plaintext);
        },
    };
}

function loadJOSE() {
    const require = createRequire(import.meta.url);
    // Debian's node-jose is in the second place, where Node does not search by itself.
    for (const place of ["jose", "/usr/share/nodejs/jose"]) {
        try {
            return withJOSE(require(place), require(`${place}/package.json`).version);
        } catch (error) {
            if (error.code !== "MODULE_NOT_FOUND") throw error;
        }
    }
    console.error("the package is not installed; on Debian, install node-jose");
    process.exit(77);
}

/** Returns the median time of a call in microseconds, of batches of some milliseconds each. */
async function measure(run, seconds) {
    let batch = 1;
    const times = [];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end || times.length < 5) {
        const start = performance.now();
        await run(batch);
        const milliseconds = performance.now() - start;
        if (milliseconds < 5) batch *= 2;
        else times.push((milliseconds * 1000) / batch);
    }
    return times.sort((a, b) => a - b)[times.length >> 1];
}

/** Returns a function that runs an operation a number of times. */
async function rounds(peer, operation) {
    const verb = operation.split("-")[1];
    const input = verb === "decrypt" ? await peer.encrypt() : verb === "verify" ? peer.sign() : undefined;
    const call = peer[verb];
    // Only what is asynchronous is awaited, because that takes time.
    if (peer === node) return (count) => { for (let i = 0; i < count; i += 1) call(input); };
    return async (count) => { for (let i = 0; i < count; i += 1) await call(input); };
}

async function answer(peer, command, ...words) {
    if (command === "measure") return measure(await rounds(peer, words[0]), Number(words[1]));
    if (!["verify", "decrypt"].includes(command)) return peer[command]();
    try {
        const result = await peer[command](...words);
        return command === "verify" ? (result ? "accepted" : "rejected") : result.toString("base64");
    } catch {
        return "rejected";
    }
}

const peer = library === "jose" ? loadJOSE() : node;
for await (const line of createInterface({ input: process.stdin })) {
    console.log(String(await answer(peer, ...line.split(" "))));
}
