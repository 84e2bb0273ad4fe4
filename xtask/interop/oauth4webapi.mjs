// npm oauth4webapi as a client of the sandbox:   node oauth4webapi.mjs DIR
import * as oauth from 'oauth4webapi';
import { check, checkAccounts, fdxHeaders, keyPair, metadata, redirectUri, request, serve, share } from './recipient.mjs';

/** Sends a request again if the server demands a nonce, which the DPoP handle then has. */
const retried = (send) => send().catch((error) => {
  if (oauth.isDPoPNonceError(error)) return send();
  throw error;
});

await serve(async (row, send) => {
  const options = { [oauth.customFetch]: send };
  const issuer = new URL(row.issuer);
  const as = await oauth.discoveryRequest(issuer, options).then((response) => oauth.processDiscoveryResponse(issuer, response));
  const client = await oauth.dynamicClientRegistrationRequest(as, await metadata(row), options).then(oauth.processDynamicClientRegistrationResponse);
  const pair = await keyPair(row.alg);
  const signing = { key: pair.privateKey, kid: row.alg };
  const authentication = row.method === 'private_key_jwt' ? oauth.PrivateKeyJwt(signing) : oauth.TlsClientAuth();
  if (row.binding === 'dpop') options.DPoP = oauth.DPoP(client, pair);

  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  let parameters = new URLSearchParams({
    ...request,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    nonce,
    state,
    ...(row.response === 'jarm' && { response_mode: 'jwt' }),
  });
  if (row.request === 'jar') {
    parameters = new URLSearchParams({ request: await oauth.issueRequestObject(as, client, parameters, signing) });
  }
  const { request_uri } = await retried(async () => {
    const response = await oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options);
    return oauth.processPushedAuthorizationResponse(as, client, response);
  });
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: client.client_id, request_uri });
  const callback = await share(url);
  const returned = row.response === 'jarm'
    ? await oauth.validateJwtAuthResponse(as, client, callback, state, options)
    : oauth.validateAuthResponse(as, client, callback, state);

  const verified = async (response, result) => {
    await oauth.validateApplicationLevelSignature(as, response, options);
    return result;
  };
  const tokens = await retried(async () => {
    const response = await oauth.authorizationCodeGrantRequest(as, client, authentication, returned, redirectUri, verifier, options);
    return verified(response, await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true }));
  });

  const accounts = (token) => retried(() => oauth.protectedResourceRequest(token, 'GET', new URL(`${row.fdx}/accounts`), fdxHeaders(), null, options));
  const isActive = async (token, requestJwtResponse) => {
    const response = await oauth.introspectionRequest(as, client, authentication, token, { ...options, requestJwtResponse });
    const { active } = await oauth.processIntrospectionResponse(as, client, response);
    return requestJwtResponse ? verified(response, active) : active;
  };
  for (const signed of [true, false]) check(await isActive(tokens.access_token, signed), 'the access token is not active');
  await checkAccounts(await accounts(tokens.access_token));

  const refreshed = await retried(async () => {
    const response = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, options);
    return oauth.processRefreshTokenResponse(as, client, response);
  });
  check(refreshed.access_token !== tokens.access_token, 'the access token was not replaced');
  await checkAccounts(await accounts(refreshed.access_token));

  await oauth.revocationRequest(as, client, authentication, tokens.refresh_token, options).then(oauth.processRevocationResponse);
  for (const signed of [true, false]) check(!(await isActive(refreshed.access_token, signed)), 'a revoked token is active');
  const refusal = await accounts(refreshed.access_token).catch(({ cause }) => cause);
  check(refusal[0]?.parameters?.error === 'invalid_token', 'a revoked token was not refused with invalid_token');
  return 'registered, served, introspected, refreshed, revoked';
});
