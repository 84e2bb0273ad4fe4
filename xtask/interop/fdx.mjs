// An FDX resource server in front of the provider's own routes: the consent that the customer gave
// and two accounts, of which the customer shared one. Tokens are the provider's; who may use them
// is checked here, by DPoP (RFC 9449 4.3, 7.1) or by certificate (RFC 8705 3).
import crypto from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';

const base = '/fdx/v6';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const shared = 'acc-1';
const accounts = {
  'acc-1': { accountId: 'acc-1', accountCategory: 'DEPOSIT_ACCOUNT', accountType: 'CHECKING', nickname: 'Shared' },
  'acc-2': { accountId: 'acc-2', accountCategory: 'DEPOSIT_ACCOUNT', accountType: 'SAVINGS', nickname: 'Withheld' },
};

class Refusal extends Error {
  constructor(status, code, message, challenge) {
    super(message);
    Object.assign(this, { status, code, challenge });
  }
}

const sha256 = (data) => crypto.createHash('sha256').update(data).digest('base64url');
const unauthorized = (scheme, error, message) => new Refusal(401, '603', message, `${scheme} error="${error}", error_description="${message}"`);

/** A nonce that changes with every answer; the one before it is still taken. */
class Nonces {
  current = crypto.randomUUID();

  previous = this.current;

  next() {
    this.previous = this.current;
    this.current = crypto.randomUUID();
    return this.current;
  }

  knows(nonce) {
    return nonce === this.current || nonce === this.previous;
  }
}

export function fdx(provider) {
  const nonces = new Nonces();
  const seen = new Set();

  async function proven(ctx, token, value) {
    const refuse = (message) => unauthorized('DPoP', 'invalid_dpop_proof', message);
    const proof = await jwtVerify(ctx.get('DPoP'), EmbeddedJWK, { algorithms: ['ES256', 'PS256', 'EdDSA'], typ: 'dpop+jwt' })
      .catch((error) => { throw refuse(error.message); });
    const { payload, protectedHeader } = proof;
    if (payload.htm !== ctx.method) throw refuse('htm is not the method');
    if (payload.htu !== `https://${ctx.host}${ctx.path}`) throw refuse('htu is not the URL without query and fragment');
    if (payload.ath !== sha256(value)) throw refuse('ath is not the digest of the token');
    if (Math.abs(payload.iat - Date.now() / 1000) > 60) throw refuse('iat is not now');
    if (await calculateJwkThumbprint(protectedHeader.jwk) !== token.jkt) throw refuse('the key is not the one that the token is bound to');
    if (!nonces.knows(payload.nonce)) throw unauthorized('DPoP', 'use_dpop_nonce', 'a nonce of this server is wanted');
    if (typeof payload.jti !== 'string' || seen.has(payload.jti)) throw refuse('jti was used before');
    seen.add(payload.jti);
  }

  function presented(ctx, token) {
    const certificate = ctx.socket.getPeerX509Certificate?.();
    if (!certificate || sha256(certificate.raw) !== token['x5t#S256']) {
      throw unauthorized('Bearer', 'invalid_token', 'the certificate is not the one that the token is bound to');
    }
  }

  async function authorized(ctx) {
    const [, scheme, value] = /^(\S+) (\S+)$/.exec(ctx.get('Authorization')) ?? [];
    if (!value) throw new Refusal(401, '603', 'no token', 'Bearer realm="fdx", DPoP realm="fdx", algs="PS256 ES256 EdDSA"');
    const token = await provider.AccessToken.find(value);
    if (!token?.isValid) throw unauthorized(scheme, 'invalid_token', 'the token is unknown or expired');
    const wanted = token.jkt ? 'DPoP' : 'Bearer';
    if (scheme.toLowerCase() !== wanted.toLowerCase()) throw unauthorized(wanted, 'invalid_token', 'the token is bound in another way');
    if (token.jkt) await proven(ctx, token, value); else presented(ctx, token);
    return token;
  }

  return async (ctx, next) => {
    if (!ctx.path.startsWith(`${base}/`)) return next();
    ctx.set('DPoP-Nonce', nonces.current);
    try {
      const id = ctx.get('x-fapi-interaction-id');
      if (!uuid.test(id)) throw new Refusal(400, '401', 'x-fapi-interaction-id is not a UUID of version 4');
      ctx.set('x-fapi-interaction-id', id);
      const token = await authorized(ctx);
      ctx.body = resource(ctx, token, await provider.Grant.find(token.grantId));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      console.error(`fdx: ${ctx.method} ${ctx.path}: ${error.status} ${error.message}`);
      ctx.status = error.status;
      if (error.challenge) ctx.set('WWW-Authenticate', error.challenge);
      ctx.body = { code: error.code, message: error.message };
    }
    if (ctx.status === 200) ctx.set('DPoP-Nonce', nonces.next());
    return undefined;
  };
}

function resource(ctx, token, grant) {
  if (ctx.method !== 'GET') throw new Refusal(405, '1206', 'only GET is served');
  const [kind, id, ...more] = ctx.path.slice(base.length + 1).split('/').map(decodeURIComponent);
  if (more.length === 0) {
    if (kind === 'consents' && id === token.grantId) return consent(grant, id);
    if (kind === 'accounts' && id === undefined) return { page: { totalElements: 1 }, accounts: [accounts[shared]] };
    if (kind === 'accounts' && id === shared) return accounts[shared];
    if (kind === 'accounts' && id in accounts) throw new Refusal(403, '602', 'the consent does not cover this account');
  }
  throw new Refusal(404, '701', 'there is no such thing');
}

/** The customer shares one account, and of what was asked for accounts all but the last cluster. */
function consent(grant, id) {
  const { consentRequest } = grant.rar.find(({ type }) => type === 'fdx_v1.0');
  const asked = consentRequest.resources
    .filter(({ resourceType }) => resourceType === 'ACCOUNT')
    .flatMap(({ dataClusters }) => dataClusters);
  const now = new Date().toISOString();
  return {
    id,
    status: 'ACTIVE',
    parties: [{ name: 'Recipient', type: 'DATA_RECIPIENT', homeUri: 'https://recipient.example', registry: 'PRIVATE', registeredEntityName: 'Recipient Inc', registeredEntityId: grant.clientId }],
    createdTime: now,
    updatedTime: now,
    expirationTime: new Date(Date.now() + 86_400_000).toISOString(),
    durationType: consentRequest.durationType,
    durationPeriod: consentRequest.durationPeriod,
    lookbackPeriod: consentRequest.lookbackPeriod,
    resources: [{ resourceType: 'ACCOUNT', resourceId: shared, dataClusters: asked.length > 1 ? asked.slice(0, -1) : asked }],
  };
}
