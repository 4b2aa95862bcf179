// Makes new keys and credentials in a directory: credentials.json and other-credentials.json for two clients, server.json for
// the server.
//
// usage: node make-credentials.mjs DIRECTORY
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
mkdirSync(directory, { recursive: true, mode: 0o700 });

/** Makes a private key and a self-signed certificate for it, as PEM texts. */
function makePair(name) {
  const [key, certificate] = [join(directory, `${name}.private.pem`), join(directory, `${name}.cert.pem`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '7', '-subj', `/CN=${name}`,
    '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { privateKey: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
}

const keys = ['one', 'two', 'other'].map((name) => ({
  id: randomBytes(16).toString('hex'), server: makePair(`server-${name}`), client: makePair(`client-${name}`),
}));
const clientKey = ({ id, server, client }) => ({
  cryptoKeyId: id, serverCertificate: server.certificate, clientPrivateKey: client.privateKey,
});
const serverKey = ({ id, server, client }) => ({
  id, privateKey: server.privateKey, serverCertificate: server.certificate, clientCertificate: client.certificate,
});
const makeCaller = (aspId) => ({
  aspId, accessKey: randomBytes(20).toString('hex'), secretKey: randomBytes(32).toString('base64'),
});
const [caller, other] = [makeCaller('000170000000000'), makeCaller('000180000000000')];
const write = (name, value) =>
  writeFileSync(join(directory, name), JSON.stringify(value, null, 2), { mode: 0o600 });
write('credentials.json', { ...caller, ...clientKey(keys[0]), timeZone: 'UTC', otherKey: clientKey(keys[1]) });
write('other-credentials.json', { ...other, ...clientKey(keys[2]), timeZone: 'UTC' });
write('server.json', {
  callers: [{ ...caller, keyIds: [keys[0].id, keys[1].id] }, { ...other, keyIds: [keys[2].id] }], keys: keys.map(serverKey),
});
