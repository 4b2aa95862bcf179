// Reads the files of kmsec key generate with Node:
//
//   node keys.mjs PRIVATE.pem PUBLIC.pem CERT.pem [PASSPHRASE]
//
// prints the SHA-256 of the SubjectPublicKeyInfo of each, and the certificate's subject once its signature is verified.
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

const [secret, open, signed, passphrase] = process.argv.slice(2);

function fingerprint(key) {
    return createHash("sha256").update(key.export({ type: "spki", format: "der" })).digest("hex");
}

const certificate = new X509Certificate(readFileSync(signed));
if (!certificate.verify(certificate.publicKey)) throw new Error("the certificate is not signed by its own key");

console.log(fingerprint(createPublicKey(createPrivateKey({ key: readFileSync(secret), passphrase }))));
console.log(fingerprint(createPublicKey(readFileSync(open))));
console.log(fingerprint(certificate.publicKey));
console.log(certificate.subject);
