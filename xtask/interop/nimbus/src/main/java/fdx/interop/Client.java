package fdx.interop;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.as.ReadOnlyAuthorizationServerEndpointMetadata;
import com.nimbusds.oauth2.sdk.auth.*;
import com.nimbusds.oauth2.sdk.client.*;
import com.nimbusds.oauth2.sdk.dpop.DefaultDPoPProofFactory;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.*;
import com.nimbusds.oauth2.sdk.jarm.JARMValidator;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.rar.AuthorizationDetail;
import com.nimbusds.oauth2.sdk.rar.AuthorizationType;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.util.JSONArrayUtils;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.Prompt;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import net.minidev.json.JSONObject;

/**
 * Nimbus OAuth 2.0 SDK as a client of the sandbox.
 *
 * <p>Argument: the directory with certificates. Each line of standard input is a row as JSON, and is
 * answered by a line of JSON. It ends with its standard input.
 */
public class Client {
    private static final URI REDIRECT = URI.create("https://recipient.example/callback");
    private static final Scope SCOPE = Scope.parse("openid offline_access fdx:accountbasic:read fdx:transactions:read");
    private static final String DETAILS = """
        [{"type":"fdx_v1.0","consentRequest":{"durationType":"TIME_BOUND","durationPeriod":90,"lookbackPeriod":60,
        "resources":[{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"]}]}}]""";
    private static final Map<String, JWK> KEYS = new HashMap<>();
    private static Path dir;

    public static void main(String[] args) throws Exception {
        dir = Path.of(args[0]);
        KEYS.put("ES256", new ECKeyGenerator(Curve.P_256).keyUse(KeyUse.SIGNATURE).algorithm(JWSAlgorithm.ES256).keyID("ES256").generate());
        KEYS.put("PS256", new RSAKeyGenerator(2048).keyUse(KeyUse.SIGNATURE).algorithm(JWSAlgorithm.PS256).keyID("PS256").generate());
        BufferedReader rows = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = rows.readLine(); line != null; line = rows.readLine()) {
            Map<String, Object> outcome = new HashMap<>();
            try {
                outcome.put("seen", new Client(JSONObjectUtils.parse(line)).flow());
            } catch (Throwable error) {
                error.printStackTrace();
                outcome.put("error", error.toString());
            }
            System.out.println(new JSONObject(outcome).toJSONString());
        }
    }

    private final Map<String, Object> row;
    private final boolean dpop;
    private final JWSAlgorithm algorithm;
    private final JWK key;
    private final OIDCProviderMetadata server;
    private final ReadOnlyAuthorizationServerEndpointMetadata endpoints;
    private final SSLContext tls;
    private ClientID id;
    private Nonce serverNonce;
    private int nonces;

    private Client(JSONObject row) throws Exception {
        this.row = row;
        dpop = row.get("binding").equals("dpop");
        algorithm = JWSAlgorithm.parse(text("alg"));
        key = KEYS.get(text("alg"));
        tls = tls(own());
        server = OIDCProviderMetadata.parse(send(new HTTPRequest(HTTPRequest.Method.GET,
            OIDCProviderMetadata.resolveURL(new Issuer(text("issuer"))))).getBodyAsJSONObject());
        boolean certificate = !dpop || !text("method").equals("private_key_jwt");
        endpoints = certificate ? server.getReadOnlyMtlsEndpointAliases() : server;
    }

    private String flow() throws Exception {
        id = register();
        CodeVerifier verifier = new CodeVerifier();
        State state = new State();
        Nonce nonce = new Nonce();
        AuthenticationRequest request = request(verifier, state, nonce);
        URI pushedTo = endpoints.getPushedAuthorizationRequestEndpointURI();
        HTTPResponse response = retried(() -> {
            AuthorizationRequest pushed = text("request").equals("jar")
                ? new AuthorizationRequest.Builder(signed(request), id).build()
                : request;
            return proved(new PushedAuthorizationRequest(pushedTo, authentication(), pushed).toHTTPRequest(), null);
        });
        PushedAuthorizationResponse answer = PushedAuthorizationResponse.parse(response);
        check(answer.indicatesSuccess(), "the push was refused: " + response.getBody());
        URI url = new AuthorizationRequest.Builder(answer.toSuccessResponse().getRequestURI(), id)
            .endpointURI(server.getAuthorizationEndpointURI()).build().toURI();

        URI callback = share(url);
        JWKSet keys = JWKSet.parse(send(new HTTPRequest(HTTPRequest.Method.GET, server.getJWKSetURI())).getBody());
        AuthorizationResponse returned = text("response").equals("jarm")
            ? AuthorizationResponse.parse(callback, new JARMValidator(server.getIssuer(), id, algorithm, keys))
            : AuthorizationResponse.parse(callback);
        check(returned.indicatesSuccess() && state.equals(returned.getState()), "no success, or another state");
        check(server.getIssuer().equals(returned.getIssuer()), "another issuer");
        AuthorizationCode code = returned.toSuccessResponse().getAuthorizationCode();

        OIDCTokenResponse tokens = tokens(new AuthorizationCodeGrant(code, REDIRECT, verifier));
        new IDTokenValidator(server.getIssuer(), id, algorithm, keys).validate(tokens.getOIDCTokens().getIDToken(), nonce);
        AccessToken first = tokens.getTokens().getAccessToken();
        RefreshToken refresh = tokens.getTokens().getRefreshToken();
        check(isActive(first), "the access token is not active");
        served(first);
        AccessToken second = tokens(new RefreshTokenGrant(refresh)).getTokens().getAccessToken();
        check(!second.getValue().equals(first.getValue()), "the access token was not replaced");
        served(second);

        HTTPResponse revoked = retried(() -> proved(
            new TokenRevocationRequest(endpoints.getRevocationEndpointURI(), authentication(), refresh).toHTTPRequest(), null));
        check(revoked.indicatesSuccess(), "the revocation was refused: " + revoked.getBody());
        check(!isActive(second), "a revoked token is active");
        HTTPResponse refused = account(second);
        String challenge = refused.getHeaderValue("WWW-Authenticate");
        check(refused.getStatusCode() == 401 && challenge.contains("invalid_token"), "a revoked token was not refused with invalid_token");
        check(nonces > 0 == (boolean) row.get("nonces"), nonces + " responses contain a nonce");
        return "registered, served, introspected, refreshed, revoked" + (nonces > 0 ? ", " + nonces + " nonces" : "");
    }

    private ClientID register() throws Exception {
        OIDCClientMetadata metadata = new OIDCClientMetadata();
        metadata.setName("fdx interop client");
        metadata.setRedirectionURI(REDIRECT);
        metadata.setGrantTypes(Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN));
        metadata.setResponseTypes(Set.of(ResponseType.CODE));
        metadata.setScope(SCOPE);
        metadata.setAuthorizationDetailsTypes(List.of(new AuthorizationType("fdx_v1.0")));
        metadata.setTokenEndpointAuthMethod(ClientAuthenticationMethod.parse(text("method")));
        List<JWK> keys = new ArrayList<>(List.of(key.toPublicJWK()));
        switch (text("method")) {
            case "private_key_jwt" -> metadata.setTokenEndpointAuthJWSAlg(algorithm);
            case "tls_client_auth" -> metadata.setTLSClientAuthSubjectDN("CN=fdx interop client");
            default -> {
                // RFC 8705 section 2.2.2
                Certificate certificate = chain(own()).get(0);
                keys.add(new ECKey.Builder(Curve.P_256, (ECPublicKey) certificate.getPublicKey())
                    .x509CertChain(List.of(com.nimbusds.jose.util.Base64.encode(certificate.getEncoded()))).build());
            }
        }
        metadata.setJWKSet(new JWKSet(keys));
        if (dpop) metadata.setDPoPBoundAccessTokens(true); else metadata.setTLSClientCertificateBoundAccessTokens(true);
        if (text("request").equals("jar")) {
            metadata.setRequestObjectJWSAlg(algorithm);
            metadata.setCustomField("require_signed_request_object", true);
        }
        if (text("response").equals("jarm")) metadata.setAuthorizationJWSAlg(algorithm);
        metadata.setIDTokenJWSAlg(algorithm);
        HTTPResponse response = send(new ClientRegistrationRequest(server.getRegistrationEndpointURI(), metadata, null).toHTTPRequest());
        ClientRegistrationResponse registered = ClientRegistrationResponse.parse(response);
        check(registered.indicatesSuccess(), "the registration was refused: " + response.getBody());
        return registered.toSuccessResponse().getClientInformation().getID();
    }

    private AuthenticationRequest request(CodeVerifier verifier, State state, Nonce nonce) throws Exception {
        AuthenticationRequest.Builder request = new AuthenticationRequest.Builder(ResponseType.CODE, SCOPE, id, REDIRECT)
            .codeChallenge(verifier, CodeChallengeMethod.S256)
            .state(state)
            .nonce(nonce)
            .prompt(Prompt.Type.CONSENT)
            .authorizationDetails(AuthorizationDetail.parseList(DETAILS));
        if (text("response").equals("jarm")) request.responseMode(ResponseMode.JWT);
        return request.build();
    }

    private SignedJWT signed(AuthorizationRequest request) throws Exception {
        Date now = new Date();
        JWTClaimsSet claims = new JWTClaimsSet.Builder(request.toJWTClaimsSet())
            // The SDK writes a string (RFC 9101 section 4).
            .claim("authorization_details", JSONArrayUtils.parse(DETAILS))
            .issuer(id.getValue())
            .audience(server.getIssuer().getValue())
            .notBeforeTime(now)
            .issueTime(now)
            .expirationTime(new Date(now.getTime() + 60_000))
            .jwtID(new JWTID().getValue())
            .build();
        JWSHeader header = new JWSHeader.Builder(algorithm)
            .keyID(key.getKeyID()).type(new JOSEObjectType("oauth-authz-req+jwt")).build();
        SignedJWT jwt = new SignedJWT(header, claims);
        jwt.sign(new DefaultJWSSignerFactory().createJWSSigner(key, algorithm));
        return jwt;
    }

    /** A new assertion each time: the sandbox remembers each jti. */
    private ClientAuthentication authentication() throws Exception {
        return switch (text("method")) {
            case "tls_client_auth" -> new PKITLSClientAuthentication(id, tls.getSocketFactory());
            case "self_signed_tls_client_auth" -> new SelfSignedTLSClientAuthentication(id, tls.getSocketFactory());
            // By default the audience is the endpoint.
            default -> new PrivateKeyJWT(
                new JWTAuthenticationClaimsSet(id, new Audience(server.getIssuer())),
                algorithm, ((AsymmetricJWK) key).toPrivateKey(), key.getKeyID(), null);
        };
    }

    private OIDCTokenResponse tokens(AuthorizationGrant grant) throws Exception {
        HTTPResponse response = retried(() -> proved(
            new TokenRequest(endpoints.getTokenEndpointURI(), authentication(), grant).toHTTPRequest(), null));
        TokenResponse tokens = OIDCTokenResponseParser.parse(response);
        check(tokens.indicatesSuccess(), "the token request was refused: " + response.getBody());
        return (OIDCTokenResponse) tokens.toSuccessResponse();
    }

    private boolean isActive(AccessToken token) throws Exception {
        HTTPResponse response = retried(() -> proved(
            new TokenIntrospectionRequest(endpoints.getIntrospectionEndpointURI(), authentication(), token).toHTTPRequest(), null));
        TokenIntrospectionResponse state = TokenIntrospectionResponse.parse(response);
        check(state.indicatesSuccess(), "the introspection was refused: " + response.getBody());
        return state.toSuccessResponse().isActive();
    }

    private void served(AccessToken token) throws Exception {
        HTTPResponse response = account(token);
        check(response.getStatusCode() == 200 && response.getBody().contains("acc-1"), "not served: " + response.getBody());
    }

    private HTTPResponse account(AccessToken token) throws Exception {
        return retried(() -> {
            HTTPRequest request = new HTTPRequest(HTTPRequest.Method.GET, URI.create(text("fdx") + "/accounts/acc-1"));
            request.setAuthorization(token.toAuthorizationHeader());
            request.setHeader("x-fapi-interaction-id", UUID.randomUUID().toString());
            return proved(request, token);
        });
    }

    private HTTPRequest proved(HTTPRequest request, AccessToken token) throws Exception {
        if (dpop) {
            DefaultDPoPProofFactory proofs = new DefaultDPoPProofFactory(key, algorithm);
            String method = request.getMethod().name();
            request.setDPoP(token == null
                ? proofs.createDPoPJWT(method, request.getURI(), serverNonce)
                : proofs.createDPoPJWT(method, request.getURI(), token, serverNonce));
        }
        return request;
    }

    /** Sends a request, and writes and sends another one if the server demands a nonce. */
    private HTTPResponse retried(Callable<HTTPRequest> request) throws Exception {
        HTTPResponse response = send(request.call());
        String challenge = String.valueOf(response.getHeaderValue("WWW-Authenticate"));
        boolean demanded = (response.getBody() + challenge).contains("use_dpop_nonce");
        return demanded ? send(request.call()) : response;
    }

    private HTTPResponse send(HTTPRequest request) throws Exception {
        request.setSSLSocketFactory(tls.getSocketFactory());
        HTTPResponse response = request.send();
        if (response.getDPoPNonce() != null) {
            serverNonce = response.getDPoPNonce();
            nonces += 1;
        }
        return response;
    }

    /** The customer: shares one account, and returns the callback URL, which is not visited. */
    private static URI share(URI url) throws Exception {
        HttpClient browser = HttpClient.newBuilder().sslContext(tls(null)).version(HttpClient.Version.HTTP_1_1).build();
        String page = browser.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString()).body();
        StringBuilder form = new StringBuilder("decision=allow&interaction=" + encoded(found(page, "name=\"interaction\" value=\"([^\"]+)\"")));
        Matcher offers = Pattern.compile("type=\"checkbox\" name=\"(ACCOUNT/acc-1/[^\"]+)\"").matcher(page);
        while (offers.find()) form.append('&').append(encoded(offers.group(1))).append("=on");
        HttpRequest decision = HttpRequest.newBuilder(url.resolve(found(page, "<form method=\"post\" action=\"([^\"]+)\"")))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form.toString())).build();
        HttpResponse<String> decided = browser.send(decision, HttpResponse.BodyHandlers.ofString());
        return URI.create(decided.headers().firstValue("Location").orElseThrow());
    }

    private static String found(String page, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(page);
        check(matcher.find(), "the page has no " + pattern + ": " + page);
        return matcher.group(1);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Trusts the run's authority and presents a certificate, if there is one. */
    private static SSLContext tls(String name) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", chain("ca").get(0));
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(store);
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        if (name != null) {
            String pem = Files.readString(dir.resolve(name + ".key")).replaceAll("-----[^-]+-----|\\s", "");
            PrivateKey secret = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
            store.setKeyEntry("own", secret, new char[0], chain(name).toArray(Certificate[]::new));
        }
        own.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }

    private static List<Certificate> chain(String name) throws Exception {
        try (var file = Files.newInputStream(dir.resolve(name + ".pem"))) {
            return new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(file));
        }
    }

    private String own() {
        return text("method").equals("self_signed_tls_client_auth") ? "self-signed" : "client";
    }

    private String text(String name) {
        return (String) row.get(name);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) throw new IllegalStateException(otherwise);
    }
}
