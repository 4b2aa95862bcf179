import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport
import Testing

/// What a client refuses, and what neither side sends.
@Suite struct ResponseRefusalTests {
    private let world: World
    private let request: SealedRequest

    init() throws {
        world = try World()
        request = try world.client().seal(ExchangeTests.request.bytes, protection: .message)
    }

    private func reply(_ server: ServerSecurity? = nil) async throws -> SealedResponse {
        let server = try server ?? world.server()
        let call = try await server.open(request.headers, request.body)
        return try server.seal(ExchangeTests.response.bytes, answering: call)
    }

    private func code(_ headers: HTTPFields, _ body: [UInt8], _ client: ClientSecurity? = nil) throws -> KMError.Code? {
        let client = try client ?? world.client()
        return refusal { try client.open(headers, body, answering: request) }
    }

    @Test func theReplyIsSound() async throws {
        let reply = try await reply()
        #expect(try code(reply.headers, reply.body) == nil)
        #expect(reply.headers[.kmCryptoKeyID] == World.keyText)
        #expect(reply.headers.count == 2)
    }

    @Test func theCorrelationIDIsTheRequests() async throws {
        let reply = try await reply()
        let id = request.requestHeaders.correlationID.text
        let last = id.last == "0" ? "1" : "0"
        for other in ["221108120814-0000000", "\(id.dropLast())\(last)"] where other != id {
            #expect(try code(reply.headers.with(.kmCorrelationID, other), reply.body) == .correlationMismatch)
        }
        #expect(try code(reply.headers.with(.kmCorrelationID, nil), reply.body) == .headerMissing)
        #expect(try code(reply.headers.with(.kmCorrelationID, "x"), reply.body) == .headerInvalid)
        // Another call's reply, whole and well encrypted.
        let other = try world.client().seal("{}".bytes, protection: .message)
        let call = try await world.server().open(other.headers, other.body)
        let theirs = try world.server().seal("{}".bytes, answering: call)
        #expect(try code(theirs.headers, theirs.body) == .correlationMismatch)
    }

    @Test func changedBodies() async throws {
        let reply = try await reply()
        let expected: Set<KMError.Code?> = [
            .malformedJSON, .malformedBody, .protectionRequired, .malformedJWE, .malformedHeader, .algorithmNotAllowed,
            .keyIDMismatch, .authenticationFailed,
        ]
        let client = try world.client()
        for index in reply.body.indices {
            var body = reply.body
            body[index] ^= 1
            let code = try code(reply.headers, body, client)
            #expect(expected.contains(code), "\(index)")
        }
    }

    @Test func aPlainReplyWhereEncryptionIsDue() async throws {
        let reply = try await reply()
        for body in [ExchangeTests.response.bytes, "{}".bytes, PlatformResult.success.body] {
            #expect(try code(reply.headers, body) == .protectionRequired)
        }
        #expect(try code(reply.headers, []) == .malformedJSON)
    }

    @Test func keysOfTheReply() async throws {
        let reply = try await reply()
        // Without the header the reply is under the request's key.
        #expect(try code(reply.headers.with(.kmCryptoKeyID, nil), reply.body) == nil)
        #expect(try code(reply.headers.with(.kmCryptoKeyID, World.otherKeyText), reply.body) == .keyUnknown)
        let discarded = try world.client(ring: world.ring(world.clientKey, .discarded))
        #expect(try code(reply.headers, reply.body, discarded) == .keyNotActive)
        let inactive = try world.client(ring: world.ring(world.clientKey, .inactive))
        #expect(try code(reply.headers, reply.body, inactive) == nil)
        let publicHalf = try CryptoKey(id: world.keyID, encryptionKey: TestKeys.first().publicKey, issuedAt: world.now)
        #expect(try code(reply.headers, reply.body, world.client(ring: CryptoKeyring(publicHalf))) == .keyHalfMissing)
    }

    @Test func aReplyThatIsTooLarge() async throws {
        let reply = try await reply()
        let client = try world.client(limits: ParameterLimits(maximumBodyByteCount: reply.body.count - 1))
        #expect(try code(reply.headers, reply.body, client) == .limitExceeded)
    }

    @Test func nothingIsSentUnderAKeyThatMustNotEncrypt() throws {
        for state in [CryptoKey.State.inactive, .discarded] {
            let client = try world.client(ring: world.ring(world.clientKey, state))
            #expect(refusal { try client.seal("{}".bytes, protection: .message) } == .keyUnknown)
        }
        let start = Date(timeIntervalSince1970: 1_600_000_000)
        let certificate = try Certificate.selfSigned(TestKeys.first(), commonName: "x", validity: start...start + 100)
        let ring = CryptoKeyring(CryptoKey(id: world.keyID, certificate: certificate, issuedAt: start))
        let expired = try world.client(ring: ring)
        #expect(refusal { try expired.seal("{}".bytes, protection: .message) } == .certificateNotValid)
        let early = try world.client(ring: ring, at: start - 1)
        #expect(refusal { try early.seal("{}".bytes, protection: .message) } == .certificateNotValid)
        let valid = try world.client(ring: ring, at: start + 1)
        #expect(refusal { try valid.seal("{}".bytes, protection: .message) } == nil)
    }

    /// A call under way when its key became inactive is opened, and answered under it; one that only names it is not.
    @Test func anInactiveKeyAnswersWhatItOpened() async throws {
        let server = try world.server(ring: world.ring(world.serverKey, .inactive))
        let call = try await server.open(request.headers, request.body)
        let reply = try server.seal("{}".bytes, answering: call)
        let opened = try world.client().open(reply.headers, reply.body, answering: request)
        #expect(opened.parameters == "{}".bytes)
        let discarded = try world.server(ring: world.ring(world.serverKey, .discarded))
        #expect(refusal { try discarded.seal("{}".bytes, answering: call) } == .keyNotActive)
    }

    @Test func aCallThatNamesNoKeyIsAnsweredUnderThePrimaryOne() async throws {
        let plain = try world.client(ring: CryptoKeyring([], primary: nil)).seal("{}".bytes, protection: .none)
        let server = try world.server()
        let call = try await server.open(plain.headers, plain.body, protection: .none)
        #expect(try server.seal("{}".bytes, answering: call).headers[.kmCryptoKeyID] == World.keyText)
        let without = try world.server(ring: CryptoKeyring([world.serverKey], primary: nil))
        #expect(refusal { try without.seal("{}".bytes, answering: call) } == .keyUnknown)
    }

    @Test func whatIsNoJSONIsNotSent() async throws {
        let server = try world.server()
        let call = try await server.open(request.headers, request.body)
        for text in ["", "{", "{}x"] {
            #expect(refusal { try server.seal(text.bytes, answering: call) } == .malformedJSON)
            #expect(refusal { try world.client().seal(text.bytes, protection: .message) } == .malformedJSON)
        }
    }

    @Test func aClockBeyondTheCenturyStopsTheClient() throws {
        for seconds in [0, 4_102_444_800, .nan, .infinity] as [Double] {
            let client = try world.client(at: Date(timeIntervalSince1970: seconds))
            #expect(refusal { try client.seal("{}".bytes, protection: .none) } == .headerInvalid, "\(seconds)")
        }
    }
}
