// The strictest settings that the server has: FAPI 2.0, PAR alone, nonces demanded, RAR for FDX.
import { errors } from 'oidc-provider';

const signing = ['PS256', 'ES256', 'EdDSA'];
const scope = 'openid offline_access fdx:accountbasic:read fdx:accountdetailed:read fdx:transactions:read';

const certificate = (ctx) => ctx.socket.getPeerX509Certificate?.();

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
  clientAuthMethods: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
  enabledJWA: {
    authorizationSigningAlgValues: signing,
    clientAuthSigningAlgValues: signing,
    dPoPSigningAlgValues: signing,
    idTokenEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256'],
    idTokenEncryptionEncValues: ['A256GCM'],
    idTokenSigningAlgValues: signing,
    introspectionSigningAlgValues: signing,
    requestObjectSigningAlgValues: signing,
  },
  pkce: { required: () => true },
  cookies: { keys: ['this server lives for one run'] },
  issueRefreshToken: async (ctx, client, code) => code.scopes.has('offline_access'),
  // FAPI 2.0 5.3.2.1-9 is against rotation, so it is the exception, registered as such.
  rotateRefreshToken: (ctx) => ctx.oidc.client.clientId.endsWith('.rotating'),
  // Where FDX keeps the consent's id when the token response does not say it.
  extraTokenClaims: (ctx, token) => (token.grantId ? { fdxConsentId: token.grantId } : undefined),
  discovery: {
    mtls_endpoint_aliases: {
      introspection_endpoint: `${aliases}/token/introspection`,
      pushed_authorization_request_endpoint: `${aliases}/request`,
      registration_endpoint: `${aliases}/reg`,
      revocation_endpoint: `${aliases}/token/revocation`,
      token_endpoint: `${aliases}/token`,
    },
  },
  features: {
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
    encryption: { enabled: true },
    fapi: { enabled: true, profile: '2.0' },
    introspection: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
    jwtIntrospection: { enabled: true },
    jwtResponseModes: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      certificateAuthorized: (ctx) => ctx.socket.authorized === true,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn' && certificate(ctx)?.subject === expected,
      getCertificate: certificate,
    },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    registration: { enabled: true, initialAccessToken: 'fdx-interop-initial-access-token' },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    requestObjects: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope, audience: resource, accessTokenTTL: 300, accessTokenFormat: 'opaque' }),
    },
    revocation: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
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
