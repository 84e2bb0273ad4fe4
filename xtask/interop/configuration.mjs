// The strictest settings that the server has: FAPI 2.0, PAR alone, nonces demanded, RAR for FDX.
import { errors } from 'oidc-provider';

const signing = ['PS256', 'ES256', 'EdDSA'];
const scope = 'openid offline_access fdx:accountbasic:read fdx:accountdetailed:read fdx:transactions:read';

export const configuration = ({ aliases, clients, jwks, resource }) => ({
  clients: clients.map((client) => ({
    application_type: 'web',
    authorization_details_types: ['fdx_v1.0'],
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://recipient.example/callback'],
    require_pushed_authorization_requests: true,
    response_types: ['code'],
    scope,
    ...client,
  })),
  jwks,
  scopes: scope.split(' '),
  clientAuthMethods: ['private_key_jwt'],
  clientDefaults: { authorization_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' },
  enabledJWA: {
    authorizationSigningAlgValues: signing,
    clientAuthSigningAlgValues: signing,
    dPoPSigningAlgValues: signing,
    idTokenSigningAlgValues: signing,
    introspectionSigningAlgValues: signing,
    requestObjectSigningAlgValues: signing,
  },
  pkce: { required: () => true },
  cookies: { keys: ['this server lives for one run'] },
  issueRefreshToken: async (ctx, client, code) => code.scopes.has('offline_access'),
  // Where FDX keeps the consent's id when the token response does not say it.
  extraTokenClaims: (ctx, token) => (token.grantId ? { fdxConsentId: token.grantId } : undefined),
  discovery: {
    mtls_endpoint_aliases: {
      introspection_endpoint: `${aliases}/token/introspection`,
      pushed_authorization_request_endpoint: `${aliases}/request`,
      token_endpoint: `${aliases}/token`,
    },
  },
  features: {
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
    fapi: { enabled: true, profile: '2.0' },
    introspection: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
    jwtIntrospection: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
    },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope, audience: resource, accessTokenTTL: 300, accessTokenFormat: 'opaque' }),
    },
    richAuthorizationRequests: {
      enabled: true,
      types: {
        'fdx_v1.0': {
          validate(ctx, detail) {
            if (!Array.isArray(detail.consentRequest?.resources)) {
              throw new errors.InvalidAuthorizationDetails('consentRequest has no resources');
            }
          },
        },
      },
      authorizationDetailsForGrantSource: (ctx, source) => ctx.oidc.grant?.rar ?? source.rar,
      authorizationDetailsForAccessToken: (ctx, token, source) => source?.rar ?? [],
      authorizationDetailsForIntrospection: (ctx, token) => token.rar,
    },
  },
  ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 3600, IdToken: 300, Interaction: 600, PushedAuthorizationRequest: 60, RefreshToken: 3600, Session: 600 },
  findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
});
