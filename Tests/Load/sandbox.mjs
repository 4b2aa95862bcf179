#!/usr/bin/env node
// Sends valid calls at a given rate to a running sandbox, each encrypted and signed anew, with nothing but Node's standard
// library. Prints the answers by status, the median and the 99th percentile of the time of an answer, and the resident
// memory of the sandbox. Exit status 1 if an answer is not HTTP 200, or if a call gets none.
//
// usage: node Tests/Load/sandbox.mjs URL [--rate CALLS_PER_SECOND] [--seconds SECONDS] [--pid PID]
//
// URL is that of the sandbox, such as http://127.0.0.1:8080. PID is the process of the sandbox, whose memory is read from
// /proc; without it, no memory is printed. The rate is 1000 and the time 60 seconds if they are omitted.
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

function usage(text) {
  console.error(`sandbox.mjs: ${text}`);
  console.error("usage: node Tests/Load/sandbox.mjs URL [--rate CALLS_PER_SECOND] [--seconds SECONDS] [--pid PID]");
  process.exit(64);
}

const options = { rate: 1000, seconds: 60, pid: undefined };
const urls = [];
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (!word.startsWith("--")) {
    urls.push(word);
    continue;
  }
  const name = word.slice(2);
  if (!Object.hasOwn(options, name)) usage(`there is no option ${word}`);
  options[name] = Number(words.shift());
  if (!(options[name] > 0)) usage(`${word} must be a number above 0`);
}
if (urls.length !== 1 || !/^http:\/\/[^/]+\/?$/.test(urls[0])) usage("give one URL, such as http://127.0.0.1:8080");
const origin = urls[0].replace(/\/$/, "");

/** The resident memory of the sandbox in MiB; undefined if it is not known. */
function memory() {
  if (options.pid === undefined) return undefined;
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${options.pid}/status`, "utf8"))[1]) / 1024;
  } catch {
    return usage(`there is no process ${options.pid}, or its memory cannot be read`);
  }
}

// MARK: One call

const answer = await fetch(`${origin}/sandbox/credentials.json`).catch(() => usage(`no sandbox answers at ${origin}`));
if (!answer.ok) usage(`${origin} is not a sandbox: it has no /sandbox/credentials.json`);
const mine = await answer.json();
const parameters = JSON.stringify(mine.parameters);
const publicKey = new crypto.X509Certificate(mine.serverCertificate).publicKey;
const header = Buffer.from(JSON.stringify({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: mine.cryptoKeyId })).toString("base64url");

function encrypted() {
  const contentKey = crypto.randomBytes(32);
  const iv = crypto.randomBytes(12);
  const padding = crypto.constants.RSA_PKCS1_OAEP_PADDING;
  const encryptedKey = crypto.publicEncrypt({ key: publicKey, padding, oaepHash: "sha256" }, contentKey);
  const cipher = crypto.createCipheriv("aes-256-gcm", contentKey, iv);
  cipher.setAAD(Buffer.from(header, "ascii"));
  const ciphertext = Buffer.concat([cipher.update(parameters, "utf8"), cipher.final()]);
  return [header, ...[encryptedKey, iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString("base64url"))].join(".");
}

function call() {
  const body = JSON.stringify({ encData: encrypted() });
  const time = new Date(Date.now() + 9 * 3600 * 1000).toISOString().replace(/\D/g, "");
  const mac = crypto.createHmac("sha256", mine.secretKey).update(body).digest("base64").replace("=", "");
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "X-KM-User-AspId": mine.aspId,
    "X-KM-Correlation-Id": `${time.slice(2, 14)}-${crypto.randomBytes(4).toString("hex").slice(0, 7)}`,
    "X-KM-Access-Key": mine.accessKey,
    "X-KM-Crypto-Key-Id": mine.cryptoKeyId,
    "X-KM-Tran-Token": `KMV1:${time}:${mac}`,
    "X-KM-Tran-Time": time.slice(0, 14),
    "X-KM-Time-Zone": "KST",
  };
  return { headers, body };
}

// MARK: The load

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const path = "/open-api/api/v1/issued-cards/pre-issue/waiting/physical";
const counts = new Map();
const times = [];
let open = 0;

function send() {
  const { headers, body } = call();
  const begin = performance.now();
  open += 1;
  let isDone = false;
  const done = (status) => {
    if (isDone) return;
    isDone = true;
    open -= 1;
    counts.set(status, (counts.get(status) ?? 0) + 1);
    times.push(performance.now() - begin);
  };
  const sent = request(`${origin}${path}`, { method: "POST", agent, headers, timeout: 30_000 }, (response) => {
    response.resume();
    response.on("end", () => done(String(response.statusCode)));
    response.on("error", (error) => done(error.code ?? "failed"));
  });
  sent.on("timeout", () => sent.destroy(Object.assign(new Error(), { code: "timeout" })));
  sent.on("error", (error) => done(error.code ?? "failed"));
  sent.end(body);
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

const before = memory();
let highest = before;
const start = performance.now();
const total = Math.max(1, Math.round(options.rate * options.seconds));
let sentCount = 0;
while (sentCount < total) {
  // As many as the rate allows by now; a slow client catches up, but never holds more than 1000 open calls.
  const allowed = Math.min(total, Math.floor(((performance.now() - start) / 1000) * options.rate) + 1);
  while (sentCount < allowed && open < 1000) {
    send();
    sentCount += 1;
    if (sentCount % 100 === 0) await pause(0);
  }
  if (before !== undefined) highest = Math.max(highest, memory());
  await pause(2);
}
while (open > 0) await pause(10);
const seconds = (performance.now() - start) / 1000;
agent.destroy();

times.sort((a, b) => a - b);
console.log(`calls     ${total} in ${seconds.toFixed(1)} s: ${Math.round(total / seconds)} a second, ${options.rate} asked for`);
for (const [status, count] of [...counts].sort()) console.log(`status    ${status}: ${count}`);
console.log(`time      p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`);
if (before !== undefined) {
  console.log(`memory    ${before.toFixed(1)} MiB before, ${highest.toFixed(1)} MiB at most, ${memory().toFixed(1)} MiB after`);
}
process.exit(counts.get("200") === total ? 0 : 1);
