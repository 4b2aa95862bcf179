// The Node code of the article FromNodeJOSE, and commands by which Tests/Interop/migration runs it:
//
//   node migration.mjs BASE_URL CREDENTIALS [PARAMETERS]       makes the documented call, and prints the answer
//   node migration.mjs request CREDENTIALS < parameters        prints a request: {"headers":{…},"body":"…"}
//   node migration.mjs open CREDENTIALS < body                 prints the parameters of an answer
//   node migration.mjs receive CREDENTIALS < request           checks and opens a request, as the platform's server
//   node migration.mjs made CREDENTIALS KIND < parameters      prints a faulty or foreign message
import { CompactEncrypt, compactDecrypt, importPKCS8, importX509 } from "jose";
import { constants, createCipheriv, createHmac, publicEncrypt, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

async function encrypt(parameters, certificate, keyId) {
    const key = await importX509(certificate, "RSA-OAEP-256");
    const jwe = await new CompactEncrypt(Buffer.from(parameters, "utf8"))
        .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: keyId })
        .encrypt(key);
    return JSON.stringify({ encData: jwe });
}

function headers(body, mine) {
    // Korea is 9 hours ahead of UTC: 17 digits, yyyyMMddHHmmssSSS.
    const time = new Date(Date.now() + 9 * 3600 * 1000).toISOString().replace(/\D/g, "");
    const mac = createHmac("sha256", mine.secretKey).update(body).digest("base64");
    return {
        "Content-Type": "application/json",
        "X-KM-User-AspId": mine.aspId,
        "X-KM-Correlation-Id": `${time.slice(2, 14)}-${randomBytes(4).toString("hex").slice(0, 7)}`,
        "X-KM-Access-Key": mine.accessKey,
        "X-KM-Crypto-Key-Id": mine.cryptoKeyId,
        "X-KM-Tran-Token": `KMV1:${time}:${mac}`,
        "X-KM-Tran-Time": time.slice(0, 14),
        "X-KM-Time-Zone": "KST",
    };
}

async function decrypt(body, privateKey, keyId) {
    const key = await importPKCS8(privateKey, "RSA-OAEP-256");
    const { plaintext, protectedHeader } = await compactDecrypt(JSON.parse(body).encData, key, {
        keyManagementAlgorithms: ["RSA-OAEP-256"],
        contentEncryptionAlgorithms: ["A128GCM", "A256GCM"],
    });
    if ((protectedHeader.kid ?? keyId) !== keyId) throw new Error("encrypted under another key");
    return Buffer.from(plaintext).toString("utf8");
}

async function call(url, mine, parameters) {
    const body = await encrypt(parameters, mine.serverCertificate, mine.cryptoKeyId);
    const sent = headers(body, mine);
    const response = await fetch(url, { method: "POST", headers: sent, body });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    const echoed = response.headers.get("X-KM-Correlation-Id") === sent["X-KM-Correlation-Id"];
    const keyId = response.headers.get("X-KM-Crypto-Key-Id") ?? mine.cryptoKeyId;
    if (!echoed || keyId !== mine.cryptoKeyId) throw new Error("not the answer to this call");
    return JSON.parse(await decrypt(text, mine.clientPrivateKey, keyId));
}

// `raw` is the Buffer of the body as received, before any middleware parses it.
function isSigned(raw, token, secretKey) {
    const [, time, mac] = /^KMV1:(\d{17}):([A-Za-z0-9+/]{43})=?$/.exec(token ?? "") ?? [];
    if (time === undefined) return false;
    const found = Buffer.from(mac, "base64");
    if (found.toString("base64") !== `${mac}=`) return false;
    return timingSafeEqual(found, createHmac("sha256", secretKey).update(raw).digest());
}

// Everything below serves the tests alone.

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING };

// Makes a JWE that the library jose does not make, or not by default.
function jwe(header, plaintext, key, { hash = "sha256", ivSize = 12, coding = "base64url" } = {}) {
    const size = header.enc === "A128GCM" ? 16 : 32;
    const [contentKey, iv] = [randomBytes(size), randomBytes(ivSize)];
    const encode = (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        if (coding === "base64") return text;
        const url = text.replace(/\+/g, "-").replace(/\//g, "_");
        return coding === "padded" ? url : url.replace(/=/g, "");
    };
    const first = encode(JSON.stringify(header));
    const cipher = createCipheriv(`aes-${size * 8}-gcm`, contentKey, iv).setAAD(Buffer.from(first, "ascii"));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const encryptedKey = publicEncrypt({ key, ...oaep, oaepHash: hash }, contentKey);
    return [first, ...[encryptedKey, iv, ciphertext, cipher.getAuthTag()].map(encode)].join(".");
}

// Messages with one mistake each, and those of other platforms' schemes.
const kinds = {
    padded: (mine) => [{ alg: "RSA-OAEP-256", enc: "A256GCM" }, { coding: "padded" }],
    base64: (mine) => [{ alg: "RSA-OAEP-256", enc: "A256GCM" }, { coding: "base64" }],
    sha1: (mine) => [{ alg: "RSA-OAEP", enc: "A256GCM" }, { hash: "sha1" }],
    mislabelled: (mine) => [{ alg: "RSA-OAEP-256", enc: "A256GCM" }, { hash: "sha1" }],
    otherKey: (mine) => [{ alg: "RSA-OAEP-256", enc: "A256GCM", kid: "f".repeat(32) }, {}],
    // Visa's message level encryption: the key id is in the protected header, with the time in milliseconds.
    visa: (mine) => [{ alg: "RSA-OAEP-256", enc: "A128GCM", kid: mine.cryptoKeyId, iat: Date.now() }, {}],
    visaUUID: (mine) => [
        { alg: "RSA-OAEP-256", enc: "A128GCM", kid: "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", iat: Date.now() }, {},
    ],
    // Mastercard's client encryption: the key's fingerprint as the key id, and an initialization vector of 16 bytes.
    mastercard: (mine) => [
        { kid: "0".repeat(64), cty: "application/json", alg: "RSA-OAEP-256", enc: "A256GCM" }, { ivSize: 16 },
    ],
    mastercard12: (mine) => [
        { kid: "0".repeat(64), cty: "application/json", alg: "RSA-OAEP-256", enc: "A256GCM" }, {},
    ],
};

async function main([operation, file = process.env.KM_CREDENTIALS, argument]) {
    if (operation === undefined || operation.startsWith("http")) {
        const base = operation ?? process.env.KM_BASE_URL;
        const mine = JSON.parse(readFileSync(file, "utf8"));
        const parameters = argument ?? JSON.stringify(mine.parameters);
        const url = `${base}/api/v1/issued-cards/pre-issue/waiting/physical`;
        return JSON.stringify(await call(url, mine, parameters));
    }
    const mine = JSON.parse(readFileSync(file, "utf8"));
    const input = readFileSync(0, "utf8");
    switch (operation) {
    case "request": {
        const body = await encrypt(input, mine.serverCertificate, mine.cryptoKeyId);
        return JSON.stringify({ headers: headers(body, mine), body });
    }
    case "open":
        return await decrypt(input, mine.clientPrivateKey, mine.cryptoKeyId);
    case "receive": {
        const { headers, body } = JSON.parse(input);
        const value = (name) => headers.find((header) => header.name.toLowerCase() === name)?.value;
        if (!isSigned(Buffer.from(body), value("x-km-tran-token"), mine.secretKey)) throw new Error("not signed");
        return await decrypt(body, mine.serverPrivateKey, value("x-km-crypto-key-id"));
    }
    case "made": {
        const [header, options] = kinds[argument](mine, input);
        return jwe(header, Buffer.from(input), mine.serverPublicKey, options);
    }
    default:
        throw new Error(`no operation ${operation}`);
    }
}

process.stdout.write(await main(process.argv.slice(2)));
