package fdx.interop;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.OAuth2AuthorizationServerConfiguration;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.oidc.authentication.OidcClientRegistrationAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.oauth2.server.authorization.web.authentication.PublicClientAuthenticationConverter;
import org.springframework.security.oauth2.server.authorization.web.authentication.X509ClientCertificateAuthenticationConverter;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

import static org.springframework.security.config.Customizer.withDefaults;
import static org.springframework.security.oauth2.server.authorization.oidc.authentication.OidcClientRegistrationAuthenticationValidator.DEFAULT_JWK_SET_URI_VALIDATOR;
import static org.springframework.security.oauth2.server.authorization.oidc.authentication.OidcClientRegistrationAuthenticationValidator.DEFAULT_REDIRECT_URI_VALIDATOR;
import static org.springframework.security.oauth2.server.authorization.oidc.authentication.OidcClientRegistrationAuthenticationValidator.SIMPLE_SCOPE_VALIDATOR;

/**
 * Spring Authorization Server with its defaults, and a resource server with one account.
 *
 * <p>Arguments: the directory with certificates and the clients' JWK Sets, and the port. Prints one
 * line of JSON when it listens, and ends with its standard input. It keeps everything in memory.
 */
@RestController
@SpringBootApplication(proxyBeanMethods = false)
public class AuthorizationServer {
    private static Path dir;
    private static String issuer;

    public static void main(String[] args) throws Exception {
        dir = Path.of(args[0]);
        issuer = "https://localhost:" + args[1];
        trustOurAuthority();
        SpringApplication application = new SpringApplication(AuthorizationServer.class);
        application.setLogStartupInfo(false);
        application.setDefaultProperties(Map.ofEntries(
            Map.entry("server.address", "127.0.0.1"),
            Map.entry("server.port", args[1]),
            Map.entry("server.ssl.bundle", "loopback"),
            // One listener for all clients: it requests a certificate and does not require one.
            Map.entry("server.ssl.client-auth", "want"),
            Map.entry("spring.ssl.bundle.pem.loopback.keystore.certificate", "file:" + dir.resolve("server.pem")),
            Map.entry("spring.ssl.bundle.pem.loopback.keystore.private-key", "file:" + dir.resolve("server.key")),
            Map.entry("spring.ssl.bundle.pem.loopback.truststore.certificate", "file:" + dir.resolve("trusted.pem")),
            Map.entry("spring.main.banner-mode", "off"),
            Map.entry("logging.console.charset", "UTF-8"),
            Map.entry("logging.file.name", dir.resolve("spring-authorization-server.log").toString()),
            Map.entry("logging.threshold.console", "OFF"),
            Map.entry("logging.level.org.springframework.security", "DEBUG")));
        application.run();
        System.out.printf("{\"issuer\":\"%1$s\",\"fdx\":\"%1$s/fdx/v6\",\"fdx_mtls\":\"%1$s/fdx/v6\"}%n", issuer);
        while (System.in.read() >= 0) {
            // Nothing is asked of it.
        }
        System.exit(0);
    }

    /** The server fetches its clients' JWK Sets, which it serves itself. */
    private static void trustOurAuthority() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null);
        try (FileInputStream authority = new FileInputStream(dir.resolve("ca.pem").toFile())) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(authority));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    }

    @Bean
    @Order(1)
    SecurityFilterChain protocol(HttpSecurity http) throws Exception {
        http.oauth2AuthorizationServer(server -> {
            http.securityMatcher(server.getEndpointsMatcher());
            server
                .oidc(oidc -> oidc.clientRegistrationEndpoint(endpoint -> endpoint.authenticationProviders(
                    providers -> providers.forEach(AuthorizationServer::allowScopes))))
                .pushedAuthorizationRequestEndpoint(withDefaults())
                // By default a token request with a code_verifier counts as a public client's, and
                // no certificate is looked at.
                .clientAuthentication(authentication -> authentication.authenticationConverters(converters -> {
                    converters.removeIf(X509ClientCertificateAuthenticationConverter.class::isInstance);
                    int before = 0;
                    while (!(converters.get(before) instanceof PublicClientAuthenticationConverter)) before += 1;
                    converters.add(before, new X509ClientCertificateAuthenticationConverter());
                }));
        });
        return http
            .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
            .oauth2ResourceServer(resources -> resources.jwt(withDefaults()))
            .exceptionHandling(exceptions -> exceptions.authenticationEntryPoint(new LoginUrlAuthenticationEntryPoint("/login")))
            .build();
    }

    /** By default a registration with {@code scope} is refused. */
    private static void allowScopes(AuthenticationProvider provider) {
        if (provider instanceof OidcClientRegistrationAuthenticationProvider registration) {
            registration.setAuthenticationValidator(DEFAULT_REDIRECT_URI_VALIDATOR
                .andThen(DEFAULT_JWK_SET_URI_VALIDATOR)
                .andThen(SIMPLE_SCOPE_VALIDATOR));
        }
    }

    @Bean
    @Order(2)
    SecurityFilterChain resources(HttpSecurity http) throws Exception {
        return http.securityMatcher("/fdx/**")
            .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
            .oauth2ResourceServer(resources -> resources.jwt(withDefaults()))
            .build();
    }

    @Bean
    @Order(3)
    SecurityFilterChain customer(HttpSecurity http) throws Exception {
        return http
            .authorizeHttpRequests(requests -> requests.requestMatchers("/jwks/**").permitAll().anyRequest().authenticated())
            .formLogin(withDefaults())
            .build();
    }

    @Bean
    UserDetailsService customers() {
        return new InMemoryUserDetailsManager(User.withUsername("alice").password("{noop}any").roles("CUSTOMER").build());
    }

    /** A client for each combination, named by it. */
    @Bean
    RegisteredClientRepository clients() {
        List<RegisteredClient> clients = new ArrayList<>();
        for (String method : List.of("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")) {
            for (String binding : List.of("dpop", "mtls")) {
                for (String algorithm : List.of("ES256", "PS256")) {
                    clients.add(client(method, binding, algorithm));
                }
            }
        }
        return new InMemoryRegisteredClientRepository(clients);
    }

    private static RegisteredClient client(String method, String binding, String algorithm) {
        SignatureAlgorithm signature = SignatureAlgorithm.from(algorithm);
        ClientSettings.Builder settings = ClientSettings.builder()
            .requireAuthorizationConsent(true)
            .requireProofKey(true)
            .jwkSetUrl(issuer + "/jwks/" + algorithm);
        if (method.equals("private_key_jwt")) settings.tokenEndpointAuthenticationSigningAlgorithm(signature);
        if (method.equals("tls_client_auth")) settings.x509CertificateSubjectDN("CN=fdx interop client");
        String id = String.join(".", method, binding, "plain", "query", algorithm);
        return RegisteredClient.withId(id)
            .clientId(id)
            .clientAuthenticationMethod(new ClientAuthenticationMethod(method))
            .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
            .authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
            .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
            .redirectUri("https://recipient.example/callback")
            .scopes(scopes -> scopes.addAll(List.of("openid", "offline_access", "fdx:accountbasic:read", "fdx:transactions:read", "client.create", "client.read")))
            .clientSettings(settings.build())
            .tokenSettings(TokenSettings.builder()
                .idTokenSignatureAlgorithm(signature)
                .x509CertificateBoundAccessTokens(binding.equals("mtls"))
                .build())
            .build();
    }

    @Bean
    JWKSource<SecurityContext> keys() throws Exception {
        // Access tokens are RS256 whatever the client registered, so the RSA key names no algorithm.
        JWK rsa = new RSAKeyGenerator(2048).keyID("rsa").generate();
        JWK ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
        return new ImmutableJWKSet<>(new JWKSet(List.of(rsa, ec)));
    }

    @Bean
    JwtDecoder accessTokens(JWKSource<SecurityContext> keys) {
        return OAuth2AuthorizationServerConfiguration.jwtDecoder(keys);
    }

    @GetMapping("/jwks/{algorithm}")
    ResponseEntity<String> clientKeys(@PathVariable("algorithm") String algorithm) throws Exception {
        String keys = Files.readString(dir.resolve(SignatureAlgorithm.from(algorithm).getName() + ".jwks"));
        return ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON).body(keys);
    }

    @GetMapping("/fdx/v6/accounts/{account}")
    ResponseEntity<Map<String, String>> account(
        @PathVariable("account") String account,
        @RequestHeader("x-fapi-interaction-id") String interaction
    ) {
        return ResponseEntity.ok().header("x-fapi-interaction-id", interaction).body(Map.of("accountId", account));
    }
}
