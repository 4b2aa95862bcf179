// A client of the documented call, written from the protocol with the standard library only.
//
// It makes one call to KM_BASE_URL with the credentials in the file KM_CREDENTIALS. Exit status 0 means that it accepted the
// answer, and 1 that it rejected it. With --fault NAME it has one planted fault; `kmsandbox conform --listen` must find it.
//
// usage: node faulty-client.mjs [--fault NAME] | --list
import {
  X509Certificate, constants, createCipheriv, createDecipheriv, createHmac, createPrivateKey, privateDecrypt,
  publicEncrypt, randomBytes,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as send } from 'node:http';

/** The planted faults, each with the cases of `kmsandbox conform --listen` that must find it. */
const faults = {
  'only-a256gcm': 'right-other-form', 'requires-key-id': 'right-without-key-id', 'rejects-tokens': 'right-with-token',
  'no-white-space': 'right-white-space',
  'correlation-id-not-compared': 'correlation-id-other,replay', 'correlation-id-optional': 'correlation-id-missing',
  'first-correlation-id': 'correlation-id-duplicate', 'ignores-key-id': 'key-id-other',
  'accepts-plain': 'plain', 'last-member': 'duplicate-member', 'ignores-empty-body': 'empty-body', 'no-limit': 'huge-body',
  'ignores-decryption-errors': 'other-key,not-json', 'ignores-tag': 'tag,header-changed',
  'aad-of-parsed-header': 'header-changed', 'ignores-kid': 'kid', 'ignores-alg': 'alg', 'ignores-enc': 'enc',
  'ignores-crit': 'crit', 'ignores-zip': 'zip', 'does-not-parse': 'not-json',
  'ignores-result': 'error,success-status-400', 'error-as-success': 'error-status-200',
  'success-by-code': 'success-status-400', 'ignores-status-500': 'status-500',
  'signs-parameters': null,
};

const options = process.argv.slice(2);
if (options.includes('--list')) {
  for (const [fault, found] of Object.entries(faults)) console.log(`${fault} ${found ?? '*'}`);
  process.exit(0);
}
const fault = options[0] === '--fault' ? options[1] : undefined;
if (fault !== undefined && !Object.hasOwn(faults, fault)) throw new Error(`there is no fault ${fault}`);
const has = (name) => fault === name;
const credentials = JSON.parse(readFileSync(process.env.KM_CREDENTIALS, 'utf8'));
const keyId = credentials.cryptoKeyId;

function require(condition, reason) {
  if (!condition) throw new Error(reason);
}

/** Encrypts parameters to the server. */
function encrypt(plaintext) {
  const key = new X509Certificate(credentials.serverCertificate).publicKey;
  const [contentKey, iv] = [randomBytes(32), randomBytes(12)];
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const encryptedKey = publicEncrypt({ key, ...padding }, contentKey);
  const header = Buffer.from(JSON.stringify({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: keyId })).toString('base64url');
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv);
  cipher.setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [header, ...[encryptedKey, iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

/** Decrypts the answer's JWE. */
function decrypt(jwe) {
  const parts = jwe.split('.');
  require(parts.length === 5, 'a JWE has five parts');
  const [headerJSON, encryptedKey, iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  const header = JSON.parse(headerJSON);
  require(header.alg === 'RSA-OAEP-256' || has('ignores-alg'), 'alg is not allowed');
  const encs = has('only-a256gcm') ? ['A256GCM'] : ['A128GCM', 'A256GCM'];
  require(encs.includes(header.enc) || has('ignores-enc'), 'enc is not allowed');
  require(!('crit' in header) || has('ignores-crit'), 'crit is not understood');
  require(!('zip' in header) || has('ignores-zip'), 'zip is not allowed');
  require(header.kid === undefined || header.kid === keyId || has('ignores-kid'), 'kid names another key');
  require(tag.length === 16 && iv.length === 12, 'the tag or the IV has another size');
  const privateKey = createPrivateKey(credentials.clientPrivateKey);
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const contentKey = privateDecrypt({ key: privateKey, ...padding }, encryptedKey);
  const decipher = createDecipheriv(`aes-${contentKey.length * 8}-gcm`, contentKey, iv, { authTagLength: 16 });
  const aad = has('aad-of-parsed-header') ? Buffer.from(JSON.stringify(header)).toString('base64url') : parts[0];
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  if (!has('ignores-tag')) decipher.final();
  return has('does-not-parse') ? plaintext : JSON.parse(plaintext);
}

/** Checks an answer, and returns its parameters. */
function open(response, body, correlationId) {
  const value = (name, isRequired) => {
    const values = response.headersDistinct[name] ?? [];
    require(values.length > 0 || !isRequired, `${name} is missing`);
    require(values.length <= 1 || has('first-correlation-id'), `${name} appears twice`);
    return values[0];
  };
  const echoed = value('x-km-correlation-id', !has('correlation-id-optional'));
  require(echoed === undefined || echoed === correlationId || has('correlation-id-not-compared'), 'another call’s answer');
  const answerKey = value('x-km-crypto-key-id', has('requires-key-id') && response.statusCode === 200);
  require(answerKey === undefined || answerKey === keyId || has('ignores-key-id'), 'the key is unknown');
  require(!has('rejects-tokens') || !('x-km-tran-token' in response.headers), 'a token in an answer');
  if (response.statusCode === 400) {
    const result = JSON.parse(body).response;
    if (has('ignores-result') || (has('success-by-code') && result.code === '000_000')) return result;
    throw new Error(`the call was rejected with ${result.code}`);
  }
  require(response.statusCode === 200 || has('ignores-status-500'), `HTTP ${response.statusCode}`);
  if (body.length === 0 && has('ignores-empty-body')) return {};
  const text = body.toString();
  require(!has('no-white-space') || !/^\s/.test(text), 'white space');
  const object = JSON.parse(text);
  if (object.response && !object.issuedCardList && has('error-as-success')) return object;
  if (object.issuedCardList && has('accepts-plain')) return object;
  const count = text.match(/"encData"\s*:/g)?.length ?? 0;
  require(count === 1 || (has('last-member') && count > 1), 'the answer is not one encrypted message');
  require(Object.keys(object).length === 1, 'there are members beside encData');
  try {
    return decrypt(object.encData);
  } catch (error) {
    // A correct client never ignores an error; this one does so for errors of the decryption and of the JSON in it.
    const isIgnored = has('ignores-decryption-errors') && (error instanceof SyntaxError || /oaep/i.test(error.message));
    if (!isIgnored) throw error;
    return {};
  }
}

const body = Buffer.from(JSON.stringify({ encData: encrypt(Buffer.from(JSON.stringify(credentials.parameters))) }));
const now = new Date().toISOString().replace(/[-T:.Z]/g, '');
const correlationId = `${now.slice(2, 14)}-${randomBytes(4).toString('hex').slice(0, 7)}`;
const signed = has('signs-parameters') ? JSON.stringify(credentials.parameters) : body;
const mac = createHmac('sha256', credentials.secretKey).update(signed).digest('base64').replace('=', '');
const headers = {
  'Content-Type': 'application/json', 'Content-Length': body.length, 'X-KM-User-AspId': credentials.aspId,
  'X-KM-Correlation-Id': correlationId, 'X-KM-Access-Key': credentials.accessKey, 'X-KM-Crypto-Key-Id': keyId,
  'X-KM-Tran-Token': `KMV1:${now}:${mac}`, 'X-KM-Tran-Time': now.slice(0, 14), 'X-KM-Time-Zone': 'UTC',
};
const url = `${process.env.KM_BASE_URL}/api/v1/issued-cards/pre-issue/waiting/physical`;
const call = send(url, { method: 'POST', headers }, async (response) => {
  try {
    const parts = [];
    let count = 0;
    for await (const part of response) {
      count += part.length;
      require(count <= 1 << 20 || has('no-limit'), 'the answer is too large');
      parts.push(part);
    }
    open(response, Buffer.concat(parts), correlationId);
    process.exit(0);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
});
call.on('error', () => process.exit(1));
call.end(body);
