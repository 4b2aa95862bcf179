import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMWire

/// A receiver with two callers and four keys, and one request to it that a test can plant a mistake in.
struct Scene {
    static let otherSecretText = "another secret key of another provider!!"
    static let inactiveText = "aaaaaaaaaaaaaaaa1111111111111111"
    static let discardedText = "bbbbbbbbbbbbbbbb2222222222222222"

    let ends: ClientAndServer
    var party = ServerSecurity.Party.platform
    var method = HTTPRequest.Method.post
    var path = "/open-api/api/v1/issued-cards/pre-issue/waiting/physical"
    var endpoint: Endpoint? = .waitingPhysicalCards
    var draft: RequestDraft
    /// Changes the headers after the token was made.
    var change: (inout HTTPFields) -> Void = { _ in }
    /// The body that is sent; nil for the one that was signed.
    var sentBody: [UInt8]?
    var date = ClientAndServer.start
    var earlier: Date?
    var allowsEmptyBodies = false
    var knowsSecrets = true
    var otherSecrets: [String] = []
    var credentials: [Caller: [Credential]]
    var keyring: CryptoKeyring
    var limits = ParameterLimits.standard

    init(_ profile: WireProfile = .documented) throws {
        ends = try ClientAndServer()
        let client = try ends.client(profile)
        draft = ends.draft(try client.sealLocally(ClientAndServer.parameters, for: .waitingPhysicalCards).body)
        draft.profile = profile
        let inactive = try CryptoKeyID(Self.inactiveText)
        let discarded = try CryptoKeyID(Self.discardedText)
        credentials = [
            .accessKey(ends.accessKey): [
                Credential(
                    name: "first",
                    secretKey: ends.secretKey,
                    aspID: ends.aspID,
                    cryptoKeyIDs: [ends.keyID, inactive, discarded]
                )
            ],
            .accessKey(try AccessKey("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn")): [
                Credential(
                    name: "second",
                    secretKey: try ClientAndServer.secretKey(Self.otherSecretText),
                    aspID: try AspID("000180000000000"),
                    cryptoKeyIDs: [ends.otherKeyID]
                )
            ],
        ]
        let third = try TestKeys.third()
        keyring = try CryptoKeyring(
            [
                ends.serverKey,
                try CryptoKey(id: ends.otherKeyID, decryptionKey: third, issuedAt: ClientAndServer.start),
                try CryptoKey(id: inactive, decryptionKey: TestKeys.first(), state: .inactive),
                CryptoKey(discarded: discarded),
            ],
            primary: nil
        )
    }

    /// Makes the scene a field-level request.
    mutating func useFields() throws {
        endpoint = .waitingPhysicalCardsByField
        draft.body = try ends.cipher().seal(
            ClientAndServer.parameters,
            Endpoint.waitingPhysicalCardsByField.request.protection,
            under: ends.keyID,
            at: date,
            correlationID: CorrelationID(draft.correlationID ?? "")
        )
    }

    /// Makes the scene a callback.
    mutating func useCallback() {
        party = .serviceProvider
        draft.accessKey = nil
        credentials[.callback(ends.aspID)] = credentials[.accessKey(ends.accessKey)]
    }

    func request() throws -> ReceivedRequest {
        var fields = try draft.fields()
        change(&fields)
        return ReceivedRequest(method: method, path: path, headers: fields, body: sentBody ?? draft.body, date: date)
    }

    func judge() throws -> RequestJudge {
        RequestJudge(
            .init(
                party: party,
                credentials: StaticCredentials(credentials),
                keyring: keyring,
                basePath: "/open-api",
                allowsEmptyBodies: allowsEmptyBodies,
                limits: limits,
                otherKeys: [.init(name: "the client's own key", key: try TestKeys.second())],
                secretKeys: knowsSecrets
                    ? try ([ClientAndServer.secretText, Self.otherSecretText] + otherSecrets).map {
                        try SecretBytes($0)
                    }
                    : []
            )
        )
    }

    func judgment(_ decision: RequestJudge.Decision = .unknown) async throws -> Judgment {
        try await judge().judge(request(), endpoint: endpoint, decision: decision, earlier: earlier).judgment
    }

    func server() throws -> ServerSecurity {
        try ends.server(
            party: party,
            credentials: StaticCredentials(credentials),
            keyring: keyring,
            acceptsEmptyBodies: allowsEmptyBodies,
            limits: limits,
            at: date
        )
    }

    /// The code with which a real server rejects the request; nil if it accepts it, or if it has no endpoint for it.
    func serverCode() async throws -> String? {
        guard let endpoint else { return "endpointUnknown" }
        let request = try request()
        do {
            _ = try await server().open(request.headers, request.body, for: endpoint)
            return nil
        } catch let error as KMError {
            return error.code.description
        }
    }
}

extension ClientAndServer {
    /// A client's cipher.
    func cipher() throws -> ParameterCipher { try ParameterCipher(keyring: clientRing) }
}

extension Judgment {
    func step(_ name: Step.Name) -> Step? { steps.first { $0.name == name } }

    /// The code as a server's `open` reports it: it does not check parameters.
    var openCode: String? { code == "parametersInvalid" ? nil : code }
}

extension [UInt8] {
    /// Replaces the first occurrence of a text.
    func replacing(_ old: String, _ new: String) -> [UInt8] {
        var text = String(decoding: self, as: UTF8.self)
        if let range = text.range(of: old) { text.replaceSubrange(range, with: new) }
        return Array(text.utf8)
    }
}
