import Foundation
import HTTPTypes
import KMJOSE
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// The values that an application keeps print one identifying line, and errors print what is wrong.
@Suite("Printing")
struct PrintingTests {
    private let ends: ClientAndServer

    init() throws { ends = try ClientAndServer() }

    private func check<Value>(_ value: Value, _ expected: String) {
        #expect("\(value)" == expected)
        #expect(String(reflecting: value) == expected)
        var text = ""
        dump(value, to: &text)
        // For an instance of a class, an object number follows.
        #expect(text.hasPrefix("- \(expected)"))
        #expect(text.count { $0 == "\n" } == 1)
    }

    @Test("A client and a server print their ids, keys and settings")
    func clientAndServer() throws {
        check(
            try ends.client(),
            "ClientSecurity(ASP id 000170000000000, access key \(ends.accessKey), 1 key, primary \(ClientAndServer.keyText), "
                + "documented, KST)"
        )
        let platform = try ClientSecurity(
            party: .platform,
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: CryptoKeyring([ends.clientKey], primary: nil),
            configuration: .init(profile: .gateway)
        )
        check(platform, "ClientSecurity(ASP id 000170000000000, callbacks, 1 key, gateway, UTC)")
        check(
            ends.server,
            "ServerSecurity(1 key, tolerance 300.0 s past and 300.0 s future, "
                + "InMemoryReplayGuard, retention 3600.0 s)"
        )
    }

    @Test("Ciphers, keys, credentials and replay guards print a summary without secrets")
    func parts() throws {
        let ring = try CryptoKeyring([ends.serverKey], primary: nil)
        check(try ParameterCipher(keyring: ring), "ParameterCipher(1 key, documented)")
        check(
            try ParameterCipher(keyring: ring, profile: .gateway, dataKeyCaching: .standard),
            "ParameterCipher(1 key, gateway, data-key cache)"
        )
        check(
            ends.serverKey,
            "CryptoKey(\(ClientAndServer.keyText), active, encrypts to RSAPublicKey(2048 bits), decrypts with "
                + "RSAPrivateKey(2048 bits, redacted))"
        )
        check(CryptoKey(discarded: ends.keyID, issuedAt: .now), "CryptoKey(\(ClientAndServer.keyText), discarded)")
        let credential = Credential(
            name: "2026-11",
            secretKey: ends.secretKey,
            aspID: ends.aspID,
            cryptoKeyIDs: [ends.keyID]
        )
        check(
            credential,
            "Credential(2026-11, SecretKey(40 bytes, redacted), ASP id 000170000000000, 1 crypto key)"
        )
        check(
            Credential(insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny),
            "Credential(without a name, SecretKey(40 bytes, redacted), ASP id any, any crypto key)"
        )
        check(StaticCredentials([.accessKey(ends.accessKey): [credential]]), "StaticCredentials(1 caller)")
        check(
            InMemoryReplayGuard(capacity: 100),
            "InMemoryReplayGuard(0 requests, capacity 100 of each kind, 25 per caller)"
        )
        check(JWEDecryptor(with: try TestKeys.first()), "JWEDecryptor(RSAPrivateKey(2048 bits, redacted))")
    }

    @Test("Endpoints print their path and their rules")
    func policies() throws {
        let path = Endpoint.waitingPhysicalCards.path
        check(Endpoint.waitingPhysicalCards, "POST \(path) (request: message, response: message)")
        let endpoint = try Endpoint(
            "/test",
            method: .put,
            request: .init(insecureAcceptingPlain: .fields("$.a", "$.b[*]")),
            response: .init(.none)
        )
        check(endpoint, "PUT /test (request: fields $['a'] $['b'][*], or plain, response: none)")
    }

    @Test("An error's localized description is its description")
    func errors() throws {
        let errors: [any Error] = [
            KMError(.replayGuardFull, "a detail"), KMError(.authenticationFailed), PlatformError.invalidCardInfo,
            try PlatformError(
                PlatformResult(code: "003_011", message: "no card 9491339401250765", description: "look")
            ),
        ]
        #expect(
            errors.map(\.localizedDescription) == [
                "replayGuardFull: a detail", "authenticationFailed", "003_011: Invalid card info.",
                "003_011: no card 949133******0765: look",
            ]
        )
    }
}
