// A server of the documented call, written from the protocol with the standard library only.
//
// Without a fault it is correct, and passes `kmsandbox conform` completely. With --fault NAME it has one planted fault.
//
// usage: node faulty-server.mjs SERVER.json [--port N] [--fault NAME] | --list
// It prints its base URL when it is ready.
import {
  X509Certificate, constants, createCipheriv, createDecipheriv, createHmac, createPrivateKey, createPublicKey,
  privateDecrypt, publicEncrypt, randomBytes, timingSafeEqual,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { inflateRawSync } from 'node:zlib';

/** The planted faults, each with the one case of `kmsandbox conform` that must find it. */
export const faults = {
  'case-sensitive-headers': 'valid-header-names', 'mac-of-parsed-json': 'valid-body-spelling',
  'ignores-time-zone': 'valid-time-zone', 'user-id-in-int64': 'valid-longest-parameters', 'one-key-only': 'valid-other-key',
  'no-echo': 'response-correlation-id', 'other-key-id': 'response-key-id', 'plain-response': 'response-encrypted',
  'answers-with-own-key': 'response-decrypts', 'other-success-code': 'response-parameters',
  'no-mac-check': 'token-secret', 'mac-ignores-white-space': 'token-flipped-byte',
  'mac-prefix': 'token-mac-cut', 'mac-in-hex': 'token-mac-hex', 'lenient-mac': 'token-mac-base64',
  'any-token-version': 'token-version',
  'no-freshness': 'time-past', 'no-future-check': 'time-future', 'no-time-comparison': 'time-unlike-token',
  'rolling-dates': 'time-impossible', 'unknown-zone-is-utc': 'time-zone-unknown',
  'any-correlation-id': 'correlation-id-malformed', 'no-correlation-time': 'correlation-id-time',
  'no-replay-check': 'replay-copy', 'replay-by-token': 'replay-new-time', 'replay-race': 'replay-at-once',
  'replay-before-mac': 'replay-after-forgery',
  'ignores-access-key': 'caller-access-key', 'ignores-asp-id': 'caller-asp-id', 'ignores-key-id': 'key-unknown',
  'tries-all-keys': 'key-mixed', 'one-caller-only': 'valid-other-caller', 'ignores-key-owner': 'key-of-other-caller',
  'optional-tran-time': 'header-missing', 'first-of-duplicates': 'header-duplicate',
  'accepts-plain': 'body-plain', 'duplicate-encdata': 'body-encdata-duplicate', 'other-members': 'body-encdata-beside',
  'encdata-in-list': 'body-malformed', 'no-depth-limit': 'body-deep', 'no-size-limit': 'body-oversized',
  'ignores-tag': 'jwe-tag', 'aad-of-parsed-header': 'jwe-header-changed', 'short-tags': 'jwe-part-size',
  'twelve-byte-tags': 'jwe-tag-cut', 'no-part-count': 'jwe-structure', 'lenient-base64url': 'jwe-base64url',
  'duplicate-header-members': 'jwe-header-json', 'ignores-kid': 'jwe-kid', 'ignores-alg': 'jwe-alg',
  'ignores-enc': 'jwe-enc', 'enc-by-key-size': 'jwe-enc-key-size', 'accepts-rsa-oaep': 'jwe-alg-rsa-oaep',
  'accepts-rsa1_5': 'jwe-alg-rsa1_5', 'accepts-dir': 'jwe-alg-dir', 'accepts-zip': 'jwe-zip', 'ignores-crit': 'jwe-crit',
  'trims-content-key': 'jwe-content-key',
  'field-any-path': 'field-moved', 'field-any-cid': 'field-of-other-call', 'field-several-keys': 'field-content-key',
  'field-may-be-plain': 'field-plain', 'duplicate-fields': 'field-duplicate', 'field-any-cty': 'field-content-type',
  'trims-field-values': 'field-value', 'field-ignores-tag': 'field-tag', 'field-as-message': 'field-as-message',
  'optional-parameters': 'parameters-missing', 'any-parameter-type': 'parameters-type',
  'parameters-in-list': 'parameters-not-object', 'any-method': 'unknown-path',
  'fails-on-garbage': 'error-no-failure', 'status-401': 'error-status', 'other-error-code': 'error-body',
  'detailed-errors': 'error-same', 'no-echo-in-errors': 'error-correlation-id', 'lock-out': 'valid-at-the-end',
};

const path = '/open-api/api/v1/issued-cards/pre-issue/waiting/physical';
const zones = { UTC: 0, GMT: 0, KST: 9, JST: 9 };
const fieldNames = ['physicalCardNo', 'physicalCardExpDate', 'physicalCardCVC'];
const tolerance = 300_000;
const retention = 3_600_000;
const results = {
  invalid: ['000_002', 'Invalid input parameter.'], noUser: ['001_006', 'Wallet user not found.'],
  noCard: ['003_011', 'Invalid card info.'],
};

/** A call that is answered with HTTP 400 and a result. The reason is for the log only. */
class Rejection extends Error {
  constructor(reason, result = results.invalid, status = 400) {
    super(reason);
    this.result = result;
    this.status = status;
  }
}

function require(condition, reason) {
  if (!condition) throw new Rejection(reason);
}

// ---- JSON

/** Parses JSON strictly: UTF-8 without a byte order mark, limited depth, no duplicate names unless allowed. */
function parseJSON(bytes, { duplicates = false, maximumDepth = 64 } = {}) {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Rejection('the text is not UTF-8');
  }
  const names = [];
  let depth = 0;
  for (const [token, string, colon] of text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/gs)) {
    if (token === '{' || token === '[') {
      require(++depth <= maximumDepth, 'the JSON is nested too deeply');
      names.push(new Set());
    } else if (token === '}' || token === ']') {
      depth -= 1;
      names.pop();
    } else if (colon && !duplicates) {
      let name;
      try { name = JSON.parse(string); } catch { throw new Rejection('a name is not a JSON string'); }
      require(!names.at(-1)?.has(name), 'a member appears twice');
      names.at(-1)?.add(name);
    }
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Rejection('the text is not JSON');
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Decodes canonical base64 or base64url without padding. */
function decodeBase64(text, encoding, isLenient) {
  const bytes = Buffer.from(text, encoding);
  if (!isLenient) {
    const canonical = bytes.toString(encoding).replace(/=+$/, '');
    require(canonical === text, 'the base64 is not canonical');
  }
  return bytes;
}

// ---- The server

class Server {
  constructor(config, fault) {
    this.config = config;
    this.has = (name) => fault === name;
    this.keys = new Map(config.keys.map((key) => [key.id, {
      id: key.id,
      privateKey: createPrivateKey(key.privateKey),
      ownPublicKey: createPublicKey(new X509Certificate(key.serverCertificate).publicKey.export({ type: 'spki', format: 'pem' })),
      clientKey: new X509Certificate(key.clientCertificate).publicKey,
    }]));
    this.seen = new Map();
    this.rejected = 0;
    this.http = createServer((request, response) => {
      this.handle(request, response).catch((error) => {
        console.error(error);
        if (!response.headersSent) response.writeHead(500).end();
      });
    });
  }

  async handle(request, response) {
    const [target] = request.url.split('?');
    if (target !== path || (request.method !== 'POST' && !this.has('any-method'))) {
      request.resume();
      response.writeHead(404).end();
      return;
    }
    let correlationId;
    try {
      const body = await this.readBody(request);
      const headers = this.parseHeaders(request);
      correlationId = headers.correlationId;
      const answer = await this.answer(headers, body);
      const fields = { 'Content-Type': 'application/json', 'X-KM-Crypto-Key-Id': answer.keyId };
      if (!this.has('no-echo')) fields['X-KM-Correlation-Id'] = correlationId;
      response.writeHead(200, fields).end(answer.body);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.rejected += 1;
      this.reject(request, response, error);
    }
  }

  reject(request, response, error) {
    const fields = { 'Content-Type': 'application/json' };
    const ids = request.headersDistinct['x-km-correlation-id'] ?? [];
    if (ids.length === 1 && parseCorrelationId(ids[0]) && !this.has('no-echo-in-errors')) {
      fields['X-KM-Correlation-Id'] = ids[0];
    }
    let [code, message] = error.result;
    if (this.has('other-error-code') && code === '000_002' && error.message.includes('token')) code = '000_003';
    if (this.has('detailed-errors') && error.message === 'the message does not decrypt') message = error.message;
    let status = error.status;
    if (this.has('status-401') && error.message.includes('token')) status = 401;
    if (status === 413) {
      fields.Connection = 'close';
      response.on('finish', () => request.destroy());
    }
    response.writeHead(status, fields).end(JSON.stringify({ response: { code, message } }));
  }

  async readBody(request) {
    const limit = this.has('no-size-limit') ? Infinity : 1 << 20;
    const tooLarge = () => new Rejection('the body is too large', results.invalid, 413);
    if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
    const parts = [];
    let count = 0;
    for await (const part of request) {
      count += part.length;
      if (count > limit) throw tooLarge();
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  // ---- Headers and times

  parseHeaders(request) {
    const value = (name, form, isRequired = true) => {
      let values = request.headersDistinct[name.toLowerCase()] ?? [];
      if (this.has('case-sensitive-headers')) {
        values = request.rawHeaders.filter((_, index) => index % 2 === 1 && request.rawHeaders[index - 1] === name);
      }
      if (values.length === 0 && !isRequired) return undefined;
      require(values.length > 0, `${name} is missing`);
      require(values.length === 1 || this.has('first-of-duplicates'), `${name} appears twice`);
      require(form.test(values[0]), `${name} is malformed`);
      return values[0];
    };
    const headers = {
      aspId: value('X-KM-User-AspId', /^[0-9A-Za-z]{15}$/),
      correlationId: value('X-KM-Correlation-Id', this.has('any-correlation-id') ? /./ : /^[0-9]{12}-[0-9A-Fa-f]{7}$/),
      accessKey: value('X-KM-Access-Key', /^[!-~]{40}$/),
      keyId: value('X-KM-Crypto-Key-Id', /^[0-9A-Za-z_-]{32}$/),
      token: value('X-KM-Tran-Token', /^.{22,100}$/),
      tranTime: value('X-KM-Tran-Time', /^[0-9]{14}$/, !this.has('optional-tran-time')),
      zone: value('X-KM-Time-Zone', this.has('unknown-zone-is-utc') ? /^.{3}$/ : /^[A-Z]{3}$/),
    };
    if (this.has('unknown-zone-is-utc') && !(headers.zone in zones)) headers.zone = 'UTC';
    require(Object.hasOwn(zones, headers.zone), 'the time zone is not known');
    if (this.has('ignores-time-zone')) headers.zone = 'UTC';
    const [, version, time, mac] = /^(.{4}):([0-9]{17}):(.*)$/.exec(headers.token) ?? [];
    require(version === 'KMV1' || (version && this.has('any-token-version')), 'the token is malformed');
    Object.assign(headers, { time: this.parseTime(time.slice(0, 14), headers.zone), mac });
    headers.time += Number(time.slice(14));
    if (headers.tranTime !== undefined && !this.has('no-time-comparison')) {
      require(time.slice(0, 14) === headers.tranTime, 'the token and X-KM-Tran-Time differ in time');
    }
    const tranTime = this.parseTime(headers.tranTime ?? time.slice(0, 14), headers.zone);
    const made = parseCorrelationId(headers.correlationId);
    require(made !== undefined || this.has('any-correlation-id'), 'the correlation id is malformed');
    if (made !== undefined && !this.has('no-correlation-time')) {
      const difference = Math.abs(made - zones[headers.zone] * 3_600_000 - tranTime);
      require(difference <= tolerance, 'the correlation id is from another time');
    }
    return headers;
  }

  /** Returns the instant of a local time `yyyyMMddHHmmss`, in milliseconds. */
  parseTime(digits, zone) {
    const instant = localTime(digits, this.has('rolling-dates'));
    require(instant !== undefined, 'the time is not in the calendar');
    return instant - zones[zone] * 3_600_000;
  }

  // ---- The checks, in their order

  async answer(headers, body) {
    if (this.has('replay-before-mac')) await this.claim(headers, body);
    const callers = this.has('one-caller-only') ? this.config.callers.slice(0, 1) : this.config.callers;
    let caller = callers.find(({ accessKey }) => accessKey === headers.accessKey);
    if (this.has('ignores-access-key')) caller ??= callers[0];
    require(caller !== undefined, 'the access key is unknown');
    this.checkToken(headers, body, caller);
    require(headers.aspId === caller.aspId || this.has('ignores-asp-id'), 'the ASP id is not the caller’s');
    const age = Date.now() - headers.time;
    require(age <= tolerance || this.has('no-freshness'), 'the token is too old');
    require(-age <= tolerance || this.has('no-future-check'), 'the token is from the future');
    let key = this.keys.get(headers.keyId);
    if (this.has('ignores-key-id')) key ??= this.keys.get(caller.keyIds[0]);
    require(key !== undefined, 'the crypto key is unknown');
    require(caller.keyIds.includes(key.id) || this.has('ignores-key-owner'), 'the crypto key is not the caller’s');
    require(!this.has('one-key-only') || headers.keyId === caller.keyIds[0], 'the crypto key is unknown');
    require(!this.has('lock-out') || this.rejected < 200, 'the caller is locked out');
    const examined = this.examine(body, key, headers);
    if (!this.has('replay-before-mac')) await this.claim(headers, body);
    const parameters = this.open(examined, key);
    const answer = this.find(parameters);
    return this.seal(answer, key, headers, examined);
  }

  checkToken(headers, body, { secretKey }) {
    if (this.has('no-mac-check')) return;
    let signed = body;
    if (this.has('mac-of-parsed-json')) {
      try { signed = Buffer.from(JSON.stringify(JSON.parse(body))); } catch { /* not JSON: as it is */ }
    }
    const right = createHmac('sha256', secretKey).update(signed).digest();
    let mac = headers.mac.replace(/=$/, '');
    if (this.has('mac-in-hex') && /^[0-9a-f]{64}$/.test(mac)) mac = Buffer.from(mac, 'hex').toString('base64').slice(0, 43);
    if (this.has('mac-prefix')) {
      const given = decodeBase64(mac, 'base64');
      require(given.length <= 32 && timingSafeEqual(given, right.subarray(0, given.length)), 'the token is wrong');
      return;
    }
    if (!this.has('lenient-mac')) require(mac.length === 43, 'the token is malformed');
    const given = decodeBase64(mac, 'base64', this.has('lenient-mac'));
    if (this.has('mac-ignores-white-space')) {
      const text = body.toString('latin1');
      for (const variant of [text.replace(/[\t ]/g, ''), text.replace(/\t/g, ' ')]) {
        const mac = createHmac('sha256', secretKey).update(Buffer.from(variant, 'latin1')).digest();
        if (timingSafeEqual(given, mac)) return;
      }
    }
    require(given.length === 32 && timingSafeEqual(given, right), 'the token is wrong');
  }

  /** Remembers the MAC, which is over the encrypted body and so different in each genuine call. */
  async claim(headers, body) {
    if (this.has('no-replay-check')) return;
    let id = `${headers.accessKey} ${headers.mac.replace(/=$/, '')}`;
    if (this.has('replay-by-token')) id = `${headers.accessKey} ${headers.token} ${headers.correlationId}`;
    if (this.has('replay-before-mac')) id = createHmac('sha256', 'body').update(body).digest('hex');
    const now = Date.now();
    for (const [old, expiry] of this.seen) {
      if (expiry > now) break;
      this.seen.delete(old);
    }
    const isKnown = this.seen.has(id);
    if (this.has('replay-race')) await new Promise((resume) => setTimeout(resume, 20));
    require(!isKnown, 'the call was accepted before');
    this.seen.set(id, now + retention);
  }

  /** Makes all checks of the body that need no private key. */
  examine(body, key, headers) {
    const mayRepeat = this.has('duplicate-encdata') || this.has('duplicate-fields');
    let parsed;
    try {
      parsed = parseJSON(body);
    } catch (error) {
      if (!mayRepeat) throw error;
      parsed = parseJSON(body, { duplicates: true });
      const isMessage = isObject(parsed) && 'encData' in parsed;
      if (isMessage !== this.has('duplicate-encdata')) throw error;
    }
    if (this.has('encdata-in-list') && typeof parsed?.encData?.[0] === 'string' && Array.isArray(parsed.encData)) {
      parsed.encData = parsed.encData[0];
    }
    require(isObject(parsed), 'the body is not an object');
    if ('encData' in parsed) {
      require(Object.keys(parsed).length === 1 || this.has('other-members'), 'there are members beside encData');
      const jwe = this.parseJWE(parsed.encData, headers.keyId);
      require(jwe.header.path === undefined || this.has('field-as-message'), 'a field is not a message');
      return { message: jwe, jwes: [jwe] };
    }
    const present = fieldNames.filter((name) => typeof parsed[name] === 'string' && parsed[name].includes('.'));
    if (present.length === 0 && this.has('accepts-plain')) return { plain: parsed, jwes: [] };
    const mayBePlain = this.has('field-may-be-plain') && present.length > 0;
    require(present.length === fieldNames.length || mayBePlain, 'the call is not encrypted');
    const fields = present.map((name) => ({ name, jwe: this.parseJWE(parsed[name], headers.keyId) }));
    for (const { name, jwe } of fields) {
      const { cty, path: bound, cid } = jwe.header;
      require(cty === 'json' || this.has('field-any-cty'), 'cty is not json');
      require(bound === `$['${name}']` || this.has('field-any-path'), 'a field is bound to another path');
      require(cid === headers.correlationId || this.has('field-any-cid'), 'a field is bound to another call');
      const isShared = jwe.encryptedKey.equals(fields[0].jwe.encryptedKey) && jwe.header.enc === fields[0].jwe.header.enc;
      require(isShared || this.has('field-several-keys'), 'the fields have several keys');
    }
    return { parsed, fields, jwes: fields.map(({ jwe }) => jwe) };
  }

  // ---- JWE

  parseJWE(text, keyId) {
    require(typeof text === 'string', 'the JWE is not a string');
    const encoded = text.split('.');
    require(encoded.length === 5 || (encoded.length > 5 && this.has('no-part-count')), 'the JWE has not five parts');
    const [headerBytes, encryptedKey, iv, ciphertext, tag] =
      encoded.slice(0, 5).map((part) => decodeBase64(part, 'base64url', this.has('lenient-base64url')));
    const header = parseJSON(headerBytes, { duplicates: this.has('duplicate-header-members'), maximumDepth: 8 });
    require(isObject(header), 'the header is not an object');
    for (const name of ['alg', 'enc', 'kid', 'cty', 'path', 'cid']) {
      const isText = typeof header[name] === 'string';
      require(isText || (header[name] === undefined && name !== 'alg' && name !== 'enc'), `${name} is not a string`);
    }
    const algs = ['RSA-OAEP-256'];
    for (const [fault, alg] of [['accepts-rsa-oaep', 'RSA-OAEP'], ['accepts-rsa1_5', 'RSA1_5'], ['accepts-dir', 'dir']]) {
      if (this.has(fault)) algs.push(alg);
    }
    require(algs.includes(header.alg) || this.has('ignores-alg'), 'alg is not allowed');
    require(['A128GCM', 'A256GCM'].includes(header.enc) || this.has('ignores-enc'), 'enc is not allowed');
    require(!('zip' in header) || this.has('accepts-zip'), 'zip is not allowed');
    require(!('crit' in header) || this.has('ignores-crit'), 'crit is not understood');
    require(header.kid === undefined || header.kid === keyId || this.has('ignores-kid'), 'kid names another key');
    require(encryptedKey.length > 0 || this.has('accepts-dir'), 'the encrypted key is empty');
    require(iv.length === 12, 'the IV has not 12 bytes');
    const isTag = tag.length === 16 || (this.has('short-tags') && tag.length >= 12 && tag.length < 16)
      || (this.has('twelve-byte-tags') && tag.length === 12);
    require(isTag, 'the tag has not 16 bytes');
    const aad = this.has('aad-of-parsed-header')
      ? Buffer.from(JSON.stringify(header)).toString('base64url') : encoded[0];
    return { header, encryptedKey, iv, ciphertext, tag, aad: Buffer.from(aad) };
  }

  /** Returns the content encryption key; a random one if the encrypted key does not decrypt (RFC 7516 section 11.5). */
  contentKey({ header, encryptedKey }, key) {
    const size = this.has('ignores-enc') || this.has('enc-by-key-size') ? undefined : { A128GCM: 16, A256GCM: 32 }[header.enc];
    if (header.alg === 'dir' && this.has('accepts-dir')) {
      require(encryptedKey.length === size, 'the key has another size');
      return encryptedKey;
    }
    const candidates = this.has('tries-all-keys') ? [...this.keys.values()] : [key];
    for (const { privateKey } of candidates) {
      try {
        let contentKey;
        if (header.alg === 'RSA1_5' && this.has('accepts-rsa1_5')) {
          const block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encryptedKey);
          contentKey = block.subarray(block.indexOf(0, 2) + 1);
        } else {
          const oaepHash = header.alg === 'RSA-OAEP' && this.has('accepts-rsa-oaep') ? 'sha1' : 'sha256';
          contentKey = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, encryptedKey);
        }
        if (this.has('trims-content-key') && contentKey.length > size) contentKey = contentKey.subarray(0, size);
        if (size === undefined ? [16, 32].includes(contentKey.length) : contentKey.length === size) return contentKey;
      } catch (error) {
        if (this.has('fails-on-garbage')) throw error;
      }
    }
    return randomBytes(size ?? 32);
  }

  decrypt(jwe, contentKey, ignoresTag) {
    const { header, iv, ciphertext, tag, aad } = jwe;
    const options = this.has('short-tags') || this.has('twelve-byte-tags')
      ? { authTagLength: tag.length } : { authTagLength: 16 };
    const decipher = createDecipheriv(`aes-${contentKey.length * 8}-gcm`, contentKey, iv, options);
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    let plaintext = decipher.update(ciphertext);
    try {
      if (!ignoresTag) decipher.final();
    } catch {
      throw new Rejection('the message does not decrypt');
    }
    if (header.zip !== undefined) {
      try { plaintext = inflateRawSync(plaintext, { maxOutputLength: 1 << 20 }); } catch { throw new Rejection('zip'); }
    }
    return plaintext;
  }

  /** Decrypts the parameters of an examined body. */
  open({ plain, message, parsed, fields }, key) {
    if (plain) return plain;
    if (message) {
      const plaintext = this.decrypt(message, this.contentKey(message, key), this.has('ignores-tag'));
      return parseJSON(plaintext, { duplicates: true, maximumDepth: this.has('no-depth-limit') ? Infinity : 64 });
    }
    const parameters = { ...parsed };
    let contentKey;
    for (const { name, jwe } of fields) {
      if (!contentKey || this.has('field-several-keys')) contentKey = this.contentKey(jwe, key);
      let plaintext = this.decrypt(jwe, contentKey, this.has('ignores-tag') || this.has('field-ignores-tag'));
      if (this.has('trims-field-values')) plaintext = Buffer.from(plaintext.toString().trim());
      const value = parseJSON(plaintext);
      require(!/^\s|\s$/.test(plaintext.toString('latin1')), 'there is white space around a value');
      parameters[name] = value;
    }
    return parameters;
  }

  // ---- The call itself

  /** Checks the parameters and finds the cards of the user. */
  find(parameters) {
    if (this.has('parameters-in-list') && Array.isArray(parameters)) [parameters] = parameters;
    require(isObject(parameters), 'the parameters are not an object');
    const { userId, physicalCardNo: number, physicalCardExpDate: expiry, physicalCardCVC: cvc } = parameters;
    const isId = Number.isInteger(userId) && userId >= 1 && userId <= 9_999_999_999_999_999_999;
    require(isId && !(this.has('user-id-in-int64') && userId >= 2 ** 63), 'userId is not valid');
    const isText = (value, form) => {
      if (value === undefined) return this.has('optional-parameters');
      return (typeof value === 'string' && form.test(value)) || this.has('any-parameter-type');
    };
    require(isText(number, /^[0-9]{16}$/), 'physicalCardNo is not valid');
    require(isText(expiry, /^[0-9]{4}$/), 'physicalCardExpDate is not valid');
    require(isText(cvc, /^[0-9]{3}$/), 'physicalCardCVC is not valid');
    if (userId !== 50_000_104_652) throw new Rejection('there is no such user', results.noUser);
    const card = { number: '9491339401250765', expiry: '3108', cvc: '211' };
    const isCard = number === card.number && expiry === card.expiry && cvc === card.cvc;
    if (!isCard) throw new Rejection('the card is another one', results.noCard);
    const issued = {
      cardApplyNo: 'A202611230000000000001', issueType: 'ISSUE', status: 'READY', requester: 'APP',
      digital: {
        cardNo: card.number, par: 'Q1EXAMPLE0000000000000000A1', serviceId: 'S1', serviceName: 'Test service',
        mobileCardCVC: '999',
      },
      values: { balance: 0 },
    };
    const code = this.has('other-success-code') ? '000_001' : '000_000';
    return { issuedCardList: [issued], response: { code, message: 'Success.' } };
  }

  /** Encrypts the answer to the client, at the level and in the form of the call. */
  seal(answer, key, headers, { message, plain, jwes }) {
    const keyId = this.has('other-key-id') ? randomBytes(16).toString('hex') : headers.keyId;
    if (plain || this.has('plain-response')) return { keyId, body: JSON.stringify(answer) };
    const recipient = this.has('answers-with-own-key') ? key.ownPublicKey : key.clientKey;
    const called = jwes[0].header;
    const enc = called.enc === 'A128GCM' ? 'A128GCM' : 'A256GCM';
    const contentKey = randomBytes(enc === 'A128GCM' ? 16 : 32);
    const oaep = { key: recipient, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    const encryptedKey = publicEncrypt(oaep, contentKey).toString('base64url');
    const encrypt = (plaintext, members) => {
      const header = Buffer.from(JSON.stringify({ alg: 'RSA-OAEP-256', enc, ...members })).toString('base64url');
      const iv = randomBytes(12);
      const cipher = createCipheriv(`aes-${contentKey.length * 8}-gcm`, contentKey, iv);
      cipher.setAAD(Buffer.from(header));
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]).toString('base64url');
      return [header, encryptedKey, iv.toString('base64url'), ciphertext, cipher.getAuthTag().toString('base64url')].join('.');
    };
    if (message) {
      const members = called.kid === undefined ? {} : { kid: headers.keyId };
      return { keyId, body: JSON.stringify({ encData: encrypt(JSON.stringify(answer), members) }) };
    }
    Object.values(answer.issuedCardList).forEach(({ digital }, index) => {
      for (const name of ['cardNo', 'mobileCardCVC']) {
        const bound = `$['issuedCardList'][${index}]['digital']['${name}']`;
        const members = { kid: headers.keyId, cty: 'json', path: bound, cid: headers.correlationId };
        digital[name] = encrypt(JSON.stringify(digital[name]), members);
      }
    });
    return { keyId, body: JSON.stringify(answer) };
  }
}

/** Returns the milliseconds of `yyyyMMddHHmmss` as if it were UTC; undefined if there is no such time. */
function localTime(digits, mayRoll = false) {
  const [year, month, day, hour, minute, second] =
    [[0, 4], [4, 6], [6, 8], [8, 10], [10, 12], [12, 14]].map(([from, to]) => Number(digits.slice(from, to)));
  const instant = Date.UTC(year, month - 1, day, hour, minute, second);
  const again = new Date(instant).toISOString().replace(/[-T:]/g, '').slice(0, 14);
  return again === digits || mayRoll ? instant : undefined;
}

/** Returns the local time of a correlation id in milliseconds, as if it were UTC; undefined if it is malformed. */
function parseCorrelationId(text) {
  return /^[0-9]{12}-[0-9A-Fa-f]{7}$/.test(text) ? localTime(`20${text.slice(0, 12)}`) : undefined;
}

// ---- Start

const options = process.argv.slice(2);
const option = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : undefined);
if (options.includes('--list')) {
  for (const [fault, found] of Object.entries(faults)) console.log(`${fault} ${found}`);
} else {
  const fault = option('--fault');
  if (fault !== undefined && !Object.hasOwn(faults, fault)) throw new Error(`there is no fault ${fault}`);
  const server = new Server(JSON.parse(readFileSync(options[0], 'utf8')), fault);
  server.http.listen(Number(option('--port') ?? 0), '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${server.http.address().port}/open-api`);
  });
}
