// node first-call.mjs BASE_URL CREDENTIALS: makes the documented call, with nothing but Node's standard library.
import crypto from "node:crypto";
import { readFileSync } from "node:fs";

const [base = process.env.KM_BASE_URL, file = process.env.KM_CREDENTIALS] = process.argv.slice(2);
const mine = JSON.parse(readFileSync(file, "utf8"));
const oaep = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };

// A JWE in compact serialization: RSA-OAEP-256 wraps the content key, AES-256-GCM encrypts the parameters.
function encrypt(parameters) {
  const header = Buffer.from(JSON.stringify({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: mine.cryptoKeyId }))
    .toString("base64url");
  const contentKey = crypto.randomBytes(32);
  const iv = crypto.randomBytes(12);
  const publicKey = new crypto.X509Certificate(mine.serverCertificate).publicKey;
  const encryptedKey = crypto.publicEncrypt({ key: publicKey, ...oaep }, contentKey);
  const cipher = crypto.createCipheriv("aes-256-gcm", contentKey, iv);
  cipher.setAAD(Buffer.from(header, "ascii"));
  const ciphertext = Buffer.concat([cipher.update(parameters, "utf8"), cipher.final()]);
  const parts = [encryptedKey, iv, ciphertext, cipher.getAuthTag()];
  return [header, ...parts.map((part) => part.toString("base64url"))].join(".");
}

function decrypt(jwe) {
  const [header, ...rest] = jwe.split(".");
  const [encryptedKey, iv, ciphertext, tag] = rest.map((part) => Buffer.from(part, "base64url"));
  const { alg, enc, kid = mine.cryptoKeyId, ...others } = JSON.parse(Buffer.from(header, "base64url"));
  const isKnown = alg === "RSA-OAEP-256" && ["A128GCM", "A256GCM"].includes(enc) && kid === mine.cryptoKeyId;
  if (!isKnown || Object.keys(others).length > 0) throw new Error("unexpected header");
  const contentKey = crypto.privateDecrypt({ key: mine.clientPrivateKey, ...oaep }, encryptedKey);
  const name = enc === "A256GCM" ? "aes-256-gcm" : "aes-128-gcm";
  const decipher = crypto.createDecipheriv(name, contentKey, iv, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(header, "ascii")).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString("utf8");
}

const parameters = JSON.stringify(mine.parameters);
const body = JSON.stringify({ encData: encrypt(parameters) });
// 17 digits of local time: yyyyMMddHHmmssSSS. Korea is 9 hours ahead of UTC.
const time = new Date(Date.now() + 9 * 3600 * 1000).toISOString().replace(/\D/g, "");
// The MAC is over the body as it is sent, under the secret key's text.
const mac = crypto.createHmac("sha256", mine.secretKey).update(body).digest("base64").replace("=", "");
const headers = {
  "Content-Type": "application/json",
  "X-KM-User-AspId": mine.aspId,
  "X-KM-Correlation-Id": `${time.slice(2, 14)}-${crypto.randomBytes(4).toString("hex").slice(0, 7)}`,
  "X-KM-Access-Key": mine.accessKey,
  "X-KM-Crypto-Key-Id": mine.cryptoKeyId,
  "X-KM-Tran-Token": `KMV1:${time}:${mac}`,
  "X-KM-Tran-Time": time.slice(0, 14),
  "X-KM-Time-Zone": "KST",
};
const url = `${base}/api/v1/issued-cards/pre-issue/waiting/physical`;
const response = await fetch(url, { method: "POST", headers, body });
const text = await response.text();
// Error replies are not encrypted.
if (response.status !== 200) throw new Error(`${response.status} ${text}`);
const isOurs = (name, missing) => (response.headers.get(name) ?? missing) === headers[name];
if (!isOurs("X-KM-Correlation-Id") || !isOurs("X-KM-Crypto-Key-Id", mine.cryptoKeyId)) throw new Error("not our answer");
console.log(200, JSON.stringify(JSON.parse(decrypt(JSON.parse(text).encData))));
