// ID tokens that are encrypted in ways that no server should use. The server's own encryption is
// RSA-OAEP or RSA-OAEP-256 with A256GCM; here its signed ID token is encrypted by other means.
import crypto from 'node:crypto';
import { CompactEncrypt, decodeJwt, importJWK } from 'jose';

const password = Buffer.alloc(32, 7);
const text = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const compact = (header, key, value) => new CompactEncrypt(text(value)).setProtectedHeader({ enc: 'A256GCM', cty: 'JWT', ...header }).encrypt(key);

/** What jose does not offer any more: RFC 7518 4.2, by Node.js itself. */
function rsa15(jwk, value) {
  const [contentKey, iv] = [crypto.randomBytes(32), crypto.randomBytes(12)];
  const key = crypto.createPublicKey({ key: jwk, format: 'jwk' });
  const encryptedKey = crypto.publicEncrypt({ key, padding: crypto.constants.RSA_PKCS1_PADDING }, contentKey);
  const header = text({ alg: 'RSA1_5', enc: 'A256GCM', cty: 'JWT', kid: jwk.kid }).toString('base64url');
  const cipher = crypto.createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update(text(value)), cipher.final()]);
  return [header, ...[encryptedKey, iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}

/** By name, what becomes of an ID token. */
const ways = {
  unsigned: async (jwk, token) => compact({ alg: 'RSA-OAEP', kid: jwk.kid }, await importJWK(jwk, 'RSA-OAEP'), decodeJwt(token)),
  zip: async (jwk, token) => compact({ alg: 'RSA-OAEP', kid: jwk.kid, zip: 'DEF' }, await importJWK(jwk, 'RSA-OAEP'), token),
  cbc: async (jwk, token) => compact({ alg: 'RSA-OAEP', kid: jwk.kid, enc: 'A256CBC-HS512' }, await importJWK(jwk, 'RSA-OAEP'), token),
  RSA1_5: async (jwk, token) => rsa15(jwk, token),
  pbes2: (jwk, token) => compact({ alg: 'PBES2-HS256+A128KW' }, password, token),
  dir: (jwk, token) => compact({ alg: 'dir' }, password, token),
};

export const wrongs = Object.keys(ways);

/** Replaces the ID token of a client that is named `*.jwe.WAY`. */
export const encrypted = async (ctx, next) => {
  await next();
  const client = ctx.oidc?.client;
  const way = ways[client?.clientId.split('.jwe.')[1]];
  if (way && ctx.body?.id_token) {
    const jwk = client.jwks.keys.find(({ use }) => use === 'enc');
    ctx.body.id_token = await way(jwk, ctx.body.id_token);
  }
};
