// Decrypts each field of a message on its own, with Node's crypto module.
//
// Each input line: {"key": PEM of the private key, "jwes": [compact serialization, …]}.
// Each output line: [{"header": protected header, "plaintext": Base64}, …], in the same order.
import { constants, createDecipheriv, privateDecrypt } from "node:crypto";
import { createInterface } from "node:readline";

const ciphers = { A128GCM: "aes-128-gcm", A256GCM: "aes-256-gcm" };

function open(key, text) {
    const encoded = text.split(".");
    const [header, encryptedKey, iv, ciphertext, tag] = encoded.map((part) => Buffer.from(part, "base64url"));
    const parsed = JSON.parse(header);
    if (encoded.length !== 5 || parsed.alg !== "RSA-OAEP-256") throw new Error("not a field");
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const contentKey = privateDecrypt({ key, padding, oaepHash: "sha256" }, encryptedKey);
    const decipher = createDecipheriv(ciphers[parsed.enc], contentKey, iv, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(encoded[0], "ascii"));
    decipher.setAuthTag(tag);
    const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    return { header: parsed, plaintext: plaintext.toString("base64") };
}

for await (const line of createInterface({ input: process.stdin })) {
    const { key, jwes } = JSON.parse(line);
    console.log(JSON.stringify(jwes.map((text) => open(key, text))));
}
