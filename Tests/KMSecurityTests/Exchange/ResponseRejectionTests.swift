import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Responses that a client rejects, and messages that neither side sends.
@Suite struct ResponseRejectionTests {
    private let ends: ClientAndServer
    private let request: SealedRequest

    init() throws {
        ends = try ClientAndServer()
        request = try ends.client().seal(ExchangeTests.request.bytes, protection: .message)
    }

    private func reply(_ server: ServerSecurity? = nil) async throws -> SealedResponse {
        let server = try server ?? ends.server()
        let call = try await server.open(request.headers, request.body)
        return try server.seal(ExchangeTests.response.bytes, answering: call)
    }

    private func code(_ headers: HTTPFields, _ body: [UInt8], _ client: ClientSecurity? = nil) async throws -> KMError
        .Code?
    {
        let client = try client ?? ends.client()
        return await rejection { try await client.open(headers, body, answering: request) }
    }

    @Test func aValidResponseIsAccepted() async throws {
        let reply = try await reply()
        #expect(try await code(reply.headers, reply.body) == nil)
        #expect(reply.headers[.kmCryptoKeyID] == ClientAndServer.keyText)
        #expect(reply.headers.count == 2)
    }

    @Test func aResponseWithAnotherCorrelationIDIsRejected() async throws {
        let reply = try await reply()
        let id = request.requestHeaders.correlationID.text
        let last = id.last == "0" ? "1" : "0"
        for other in ["270305213456-0000000", "\(id.dropLast())\(last)"] where other != id {
            #expect(try await code(reply.headers.with(.kmCorrelationID, other), reply.body) == .correlationMismatch)
        }
        #expect(try await code(reply.headers.with(.kmCorrelationID, nil), reply.body) == .headerMissing)
        #expect(try await code(reply.headers.with(.kmCorrelationID, "x"), reply.body) == .headerInvalid)
        // A valid response to another request.
        let other = try ends.client().seal("{}".bytes, protection: .message)
        let call = try await ends.server().open(other.headers, other.body)
        let theirs = try ends.server().seal("{}".bytes, answering: call)
        #expect(try await code(theirs.headers, theirs.body) == .correlationMismatch)
    }

    @Test func aChangeOfAnyBodyByteIsRejected() async throws {
        let reply = try await reply()
        let expected: Set<KMError.Code?> = [
            .malformedJSON, .malformedBody, .protectionRequired, .malformedJWE, .malformedHeader, .algorithmNotAllowed,
            .keyIDMismatch, .authenticationFailed,
        ]
        let client = try ends.client()
        for index in reply.body.indices {
            var body = reply.body
            body[index] ^= 1
            let code = try await code(reply.headers, body, client)
            #expect(expected.contains(code), "\(index)")
        }
    }

    @Test func aPlainResponseIsRejectedWhereEncryptionIsRequired() async throws {
        let reply = try await reply()
        for body in [ExchangeTests.response.bytes, "{}".bytes, PlatformResult.success.body] {
            #expect(try await code(reply.headers, body) == .protectionRequired)
        }
        #expect(try await code(reply.headers, []) == .malformedJSON)
    }

    @Test func aResponseUnderAnUnknownOrUnusableKeyIsRejected() async throws {
        let reply = try await reply()
        // A response without the header is opened with the request's key.
        #expect(try await code(reply.headers.with(.kmCryptoKeyID, nil), reply.body) == nil)
        #expect(
            try await code(reply.headers.with(.kmCryptoKeyID, ClientAndServer.otherKeyText), reply.body) == .keyUnknown
        )
        let publicKeyOnly = try CryptoKey(id: ends.keyID, encryptionKey: TestKeys.first().publicKey)
        let client = try ends.client(keyring: CryptoKeyring(primary: publicKeyOnly))
        let request = try client.seal(ExchangeTests.request.bytes, protection: .message)
        let call = try await ends.server().open(request.headers, request.body)
        let answer = try ends.server().seal("{}".bytes, answering: call)
        #expect(
            await rejection { try await client.open(answer.headers, answer.body, answering: request) }
                == .keyHalfMissing
        )
    }

    @Test func aResponseAboveTheSizeLimitIsRejected() async throws {
        let reply = try await reply()
        for (count, expected) in [(reply.body.count, nil), (reply.body.count - 1, KMError.Code.limitExceeded)] {
            let client = try ends.client(limits: ParameterLimits(maximumBodyByteCount: count))
            let request = try client.seal("{}".bytes, protection: .message)
            let call = try await ends.server().open(request.headers, request.body)
            let reply = try ends.server().seal(ExchangeTests.response.bytes, answering: call)
            let code = await rejection { try await client.open(reply.headers, reply.body, answering: request) }
            #expect(code == expected)
        }
    }

    @Test func sealingRejectsInactiveKeysAndInvalidCertificates() throws {
        for state in [CryptoKey.State.inactive, .discarded] {
            let client = try ends.client(keyring: ends.ring(ends.clientKey, state))
            #expect(rejection { try client.seal("{}".bytes, protection: .message) } == .keyUnknown)
        }
        let start = Date(timeIntervalSince1970: 1_600_000_000)
        let certificate = try Certificate.selfSigned(TestKeys.first(), commonName: "x", validity: start...start + 100)
        let ring = try CryptoKeyring(primary: CryptoKey(id: ends.keyID, certificate: certificate, issuedAt: start))
        let expired = try ends.client(keyring: ring)
        #expect(rejection { try expired.seal("{}".bytes, protection: .message) } == .certificateNotValid)
        let early = try ends.client(keyring: ring, at: start - 1)
        #expect(rejection { try early.seal("{}".bytes, protection: .message) } == .certificateNotValid)
        let valid = try ends.client(keyring: ring, at: start + 1)
        #expect(rejection { try valid.seal("{}".bytes, protection: .message) } == nil)
    }

    /// Checks that a request is opened and answered under a key that became inactive while it was in transit.
    @Test func anInactiveKeyStillOpensAndAnswersRequests() async throws {
        let server = try ends.server(keyring: ends.ring(ends.serverKey, .inactive))
        let call = try await server.open(request.headers, request.body)
        let reply = try server.seal("{}".bytes, answering: call)
        let opened = try await ends.client().open(reply.headers, reply.body, answering: request)
        #expect(opened.parameters == "{}".bytes)
    }

    @Test func aRequestThatNamesNoKeyIsAnsweredUnderThePrimaryKey() async throws {
        let plain = try ends.client(keyring: CryptoKeyring([], primary: nil)).seal("{}".bytes, protection: .none)
        let endpoint = Endpoint("/", request: .plain)
        let server = try ends.server(keyring: CryptoKeyring(primary: ends.serverKey))
        let call = try await server.open(plain.headers, plain.body, for: endpoint)
        #expect(try server.seal("{}".bytes, answering: call).headers[.kmCryptoKeyID] == ClientAndServer.keyText)
        let without = try ends.server()
        let other = try await without.open(plain.headers, plain.body, for: endpoint)
        #expect(rejection { try without.seal("{}".bytes, answering: other) } == .keyUnknown)
    }

    @Test func invalidJSONIsNotSealed() async throws {
        let server = try ends.server()
        let call = try await server.open(request.headers, request.body)
        for text in ["", "{", "{}x"] {
            #expect(rejection { try server.seal(text.bytes, answering: call) } == .malformedJSON)
            #expect(rejection { try ends.client().seal(text.bytes, protection: .message) } == .malformedJSON)
        }
    }

    @Test func sealingRejectsAClockOutside2000To2099() throws {
        for seconds in [0, 4_102_444_800, .nan, .infinity] as [Double] {
            let client = try ends.client(at: Date(timeIntervalSince1970: seconds))
            #expect(rejection { try client.seal("{}".bytes, protection: .none) } == .headerInvalid, "\(seconds)")
        }
    }
}
