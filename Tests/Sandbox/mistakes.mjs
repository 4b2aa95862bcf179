// Plants mistakes in the client of the article, one at a time, and checks that the sandbox names each.
// node mistakes.mjs SANDBOX_URL
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const url = process.argv[2];
const client = readFileSync(new URL("first-call.mjs", import.meta.url), "utf8");

// The mistake, the text of the client, its replacement, and the cause that the sandbox must name.
const mistakes = [
  ["OAEP with SHA-1", 'oaepHash: "sha256" }', 'oaepHash: "sha1" }', "oaep-sha-1"],
  ["no additional data", '  cipher.setAAD(Buffer.from(header, "ascii"));\n', "", "aad-missing"],
  ["Base64 with padding", 'part.toString("base64url")', 'part.toString("base64")', "jwe-standard-base64"],
  ["parameters signed", ".update(body)", ".update(parameters)", "parameters-signed"],
  ["MAC in hexadecimal", '.digest("base64")', '.digest("hex")', "mac-hex"],
  ["time of another zone", "Date.now() + 9 * 3600 * 1000", "Date.now()", "time-zone-wrong"],
  ["17 digits in X-KM-Tran-Time", "time.slice(0, 14),", "time,", "tran-time-17-digits"],
  ["8 digits in the correlation id", ".slice(0, 7)", ".slice(0, 8)", "correlation-id-21-characters"],
  ["key id in upper case", '"X-KM-Crypto-Key-Id": mine.cryptoKeyId', '"X-KM-Crypto-Key-Id": mine.cryptoKeyId.toUpperCase()', "key-id-case"],
  ["encdata", "{ encData: encrypt", "{ encdata: encrypt", "encdata-name"],
  ["own key instead of the server's", "new crypto.X509Certificate(mine.serverCertificate).publicKey", "crypto.createPublicKey(mine.clientPrivateKey)", "encrypted-to-other-key"],
  ["newline after signing", "headers, body }", 'headers, body: body + "\\n" }', "body-newline-removed"],
  ["userId as a string", "JSON.stringify(mine.parameters)", "JSON.stringify({ ...mine.parameters, userId: String(mine.parameters.userId) })", "parameter-number-as-string"],
  ["tag before the ciphertext", "[encryptedKey, iv, ciphertext, cipher.getAuthTag()]", "[encryptedKey, iv, cipher.getAuthTag(), ciphertext]", "jwe-tag-and-ciphertext-exchanged"],
];

const get = async (path) => (await fetch(url + path)).json();
const directory = mkdtempSync(join(tmpdir(), "mistakes-"));
const credentials = join(directory, "credentials.json");
writeFileSync(credentials, await (await fetch(`${url}/sandbox/credentials.json`)).text());

async function judged(source) {
  const { last } = await get("/sandbox/calls?limit=1");
  writeFileSync(join(directory, "client.mjs"), source);
  let output;
  try {
    output = execFileSync("node", [join(directory, "client.mjs"), `${url}/open-api`, credentials], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    output = error.stdout;
  }
  const { calls } = await get(`/sandbox/calls?after=${last ?? 0}`);
  if (calls.length !== 1) throw new Error(`${calls.length} calls were recorded: ${output}`);
  return { output, call: await get(`/sandbox/calls/${calls[0].number}`) };
}

let [passed, failed] = [0, 0];
function check(name, isGood, found) {
  isGood ? passed++ : failed++;
  console.log(`${isGood ? "ok  " : "FAIL"} ${name}: ${found}`);
}

const right = await judged(client);
check("the client as it is", right.output.startsWith("200 ") && right.call.judgment.verdict === "accepted", right.call.summary);
for (const [name, text, replacement, cause] of mistakes) {
  if (client.split(text).length !== 2) throw new Error(`the client must have this text once: ${text}`);
  const { call } = await judged(client.replace(text, () => replacement));
  const failures = call.judgment.steps.filter((step) => step.outcome === "failed");
  const first = failures[0];
  check(name, first?.cause === cause && Boolean(first.fix) && call.status === 400, `${first?.name} ${first?.cause}: ${first?.fix}`);
}
rmSync(directory, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
