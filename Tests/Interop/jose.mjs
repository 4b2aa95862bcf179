// Opens and makes JWE compact serializations after RFC 7516 section 5, with RSA-OAEP-256 and AES-GCM of Node's crypto module.
//
//   node jose.mjs open PRIVATE.pem < JWEs, one per line > plaintexts, in Base64, one per line
//   node jose.mjs seal PUBLIC.pem HEADER... < plaintext > JWEs, one per line, with exactly these protected headers
import { constants, createCipheriv, createDecipheriv, privateDecrypt, publicEncrypt, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const [operation, path, ...headers] = process.argv.slice(2);
const key = { key: readFileSync(path), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
const ciphers = { A128GCM: ["aes-128-gcm", 16], A256GCM: ["aes-256-gcm", 32] };

function open(message) {
    const parts = message.split(".");
    if (parts.length !== 5) throw new Error(`${parts.length} parts`);
    const [header, wrapped, iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, "base64url"));
    const { alg, enc } = JSON.parse(header);
    if (alg !== "RSA-OAEP-256") throw new Error(`alg ${alg}`);
    const [name, size] = ciphers[enc];
    const contentKey = privateDecrypt(key, wrapped);
    if (contentKey.length !== size) throw new Error(`a content key of ${contentKey.length} bytes`);
    const cipher = createDecipheriv(name, contentKey, iv, { authTagLength: 16 });
    cipher.setAAD(Buffer.from(parts[0], "ascii"));
    cipher.setAuthTag(tag);
    return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
}

function seal(header, plaintext) {
    const [name, size] = ciphers[JSON.parse(header).enc];
    const contentKey = randomBytes(size);
    const iv = randomBytes(12);
    const protectedHeader = Buffer.from(header).toString("base64url");
    const cipher = createCipheriv(name, contentKey, iv, { authTagLength: 16 });
    cipher.setAAD(Buffer.from(protectedHeader, "ascii"));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const parts = [publicEncrypt(key, contentKey), iv, ciphertext, cipher.getAuthTag()];
    return [protectedHeader, ...parts.map((part) => part.toString("base64url"))].join(".");
}

const input = readFileSync(0);
if (operation === "open") {
    for (const line of input.toString("ascii").trimEnd().split("\n")) console.log(open(line).toString("base64"));
} else if (operation === "seal") {
    for (const header of headers) console.log(seal(header, input));
} else {
    throw new Error(`no operation ${operation}`);
}
