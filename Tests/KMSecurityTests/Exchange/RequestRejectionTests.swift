import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Requests that a server rejects.
@Suite struct RequestRejectionTests {
    private let ends: ClientAndServer
    private let request: SealedRequest

    init() throws {
        ends = try ClientAndServer()
        request = try ends.client().seal(ExchangeTests.request.bytes, protection: .message)
    }

    private func code(
        _ headers: HTTPFields? = nil,
        _ body: [UInt8]? = nil,
        protection: Protection = .message,
        server: ServerSecurity? = nil
    ) async throws -> KMError.Code? {
        let server = try server ?? ends.server()
        return await rejection {
            try await server.open(headers ?? request.headers, body ?? request.body, protection: protection)
        }
    }

    @Test func aValidRequestIsAccepted() async throws {
        #expect(try await code() == nil)
    }

    @Test func aChangeOfAnyBodyByteIsRejected() async throws {
        let server = try ends.server()
        for index in request.body.indices {
            var body = request.body
            body[index] ^= 1
            #expect(try await code(nil, body, server: server) == .tokenMismatch, "\(index)")
        }
        for body in [[], request.body + [0x0A], Array(request.body.dropLast()), request.body + request.body] {
            #expect(try await code(nil, body, server: server) == .tokenMismatch)
        }
    }

    @Test func aStaleTokenIsRejected() async throws {
        for (seconds, expected) in [
            (300.0, nil), (-300, nil), (300.001, KMError.Code.tokenStale), (-300.001, .tokenStale), (1e8, .tokenStale),
        ] {
            let server = try ends.server(at: ends.now + seconds)
            #expect(try await code(server: server) == expected, "\(seconds)")
        }
    }

    /// Checks the request's times, which the MAC does not authenticate.
    ///
    /// The server can only check that the times agree with each other and are near its clock.
    @Test func inconsistentTimesAreRejected() async throws {
        #expect(try await code(request.headers.with(.kmTranTime, "20270305213457")) == .timeMismatch)
        #expect(try await code(request.headers.with(.kmTimeZone, "UTC")) == .tokenStale)
        #expect(try await code(request.headers.with(.kmTimeZone, "PST")) == .timeZoneUnknown)
        let token = try #require(request.headers[.kmTranToken])
        let late = request.headers.with(.kmTranToken, token.replacing("20270305213456789", with: "20270305213456790"))
        #expect(try await code(late) == nil)
    }

    @Test func unknownAndMissingAccessKeysAreRejected() async throws {
        let unknown = String(repeating: "x", count: 40)
        #expect(try await code(request.headers.with(.kmAccessKey, unknown)) == .callerUnknown)
        #expect(try await code(request.headers.with(.kmAccessKey, nil)) == .headerMissing)
        #expect(try await code(server: ends.server(credentials: ends.credentials())) == .callerUnknown)
    }

    @Test func aTokenUnderAnotherSecretKeyIsRejected() async throws {
        let other = try SecretKey(SecretBytes("another"))
        #expect(try await code(server: ends.server(credentials: ends.credentials(other))) == .tokenMismatch)
    }

    @Test func unknownMissingAndDiscardedCryptoKeysAreRejected() async throws {
        let unknown = request.headers.with(.kmCryptoKeyID, ClientAndServer.otherKeyText)
        #expect(try await code(unknown) == .keyUnknown)
        #expect(try await code(request.headers.with(.kmCryptoKeyID, nil)) == .headerMissing)
        #expect(try await code(request.headers.with(.kmCryptoKeyID, "x")) == .headerInvalid)
        #expect(try await code(server: ends.server(keyring: ends.ring(ends.serverKey, .discarded))) == .keyNotActive)
        #expect(try await code(server: ends.server(keyring: ends.ring(ends.serverKey, .inactive))) == nil)
        #expect(try await code(server: ends.server(keyring: CryptoKeyring([], primary: nil))) == .keyUnknown)
    }

    /// Checks a keyring whose only key is inactive: requests in transit are opened, and new messages are rejected.
    @Test func anInactiveKeyOpensRequestsAndEncryptsNoNewOnes() async throws {
        let ring = try ends.ring(ends.serverKey, .inactive)
        let server = try ends.server(keyring: ring)
        #expect(try await code(server: server) == nil)
        let cipher = try ParameterCipher(keyring: ring)
        #expect(rejection { try cipher.seal("{}".bytes, .message, under: ends.keyID, at: ends.now) } == .keyNotActive)
        // A credential that names only this key does not allow another one, even an active one.
        let credential = Credential(secretKey: ends.secretKey, aspID: ends.aspID, cryptoKeyIDs: [ends.keyID])
        let bound = try ends.server(
            credentials: StaticCredentials([.accessKey(ends.accessKey): [credential]]),
            keyring: ring.adding(ClientAndServer.serverKey(ends.otherKeyID))
        )
        #expect(try await code(server: bound) == nil)
        let other = request.headers.with(.kmCryptoKeyID, ClientAndServer.otherKeyText)
        #expect(try await code(other, server: bound) == .keyUnknown)
    }

    /// Checks a header that names another known key than the message's `kid`.
    @Test func aKidThatDiffersFromTheHeaderIsRejected() async throws {
        let other = try CryptoKey(
            id: ends.otherKeyID,
            encryptionKey: TestKeys.second().publicKey,
            decryptionKey: TestKeys.first(),
            issuedAt: ends.now
        )
        let server = try ends.server(keyring: CryptoKeyring([ends.serverKey], primary: nil).adding(other))
        #expect(
            try await code(request.headers.with(.kmCryptoKeyID, ClientAndServer.otherKeyText), server: server)
                == .keyIDMismatch
        )
    }

    /// Checks that a valid token does not make up for missing encryption.
    @Test func aPlainBodyIsRejectedWhereEncryptionIsRequired() async throws {
        for text in [ExchangeTests.request, "{}", "[]", "1", #"{"data":{"encData":"x"}}"#] {
            let plain = try ends.client().seal(text.bytes, protection: .none)
            #expect(try await code(plain.headers, plain.body) == .protectionRequired, "\(text)")
        }
        let empty = try ends.client().seal([], protection: .none)
        #expect(try await code(empty.headers, empty.body) == .malformedJSON)
    }

    @Test func aBodyAboveTheSizeLimitIsRejected() async throws {
        let limits = ParameterLimits(maximumBodyByteCount: request.body.count - 1)
        #expect(try await code(server: ends.server(limits: limits)) == .limitExceeded)
        #expect(try await code([:], server: ends.server(limits: limits)) == .limitExceeded)
        let server = try ends.server(limits: ParameterLimits(maximumBodyByteCount: request.body.count))
        #expect(try await code(server: server) == nil)
        #expect(
            try await code(request.headers, request.body + [0], protection: .none, server: server) == .limitExceeded
        )
    }

    /// Checks that the error is that of the first failed check, whatever else is wrong.
    @Test func theFirstFailedCheckIsReported() async throws {
        var (headers, body) = (request.headers, request.body)
        let stale = try ends.server(keyring: CryptoKeyring([], primary: nil), at: ends.now + 1e6)
        #expect(try await code(headers, body, server: stale) == .tokenStale)
        body[20] ^= 1
        #expect(try await code(headers, body, server: stale) == .tokenMismatch)
        headers[.kmAccessKey] = String(repeating: "x", count: 40)
        #expect(try await code(headers, body, server: stale) == .callerUnknown)
        headers[.kmTranTime] = "20270305213457"
        #expect(try await code(headers, body, server: stale) == .timeMismatch)
        headers[.kmUserAspID] = "x"
        #expect(try await code(headers, body, server: stale) == .headerInvalid)
    }

    @Test func errorsOfTheCredentialSourceAreRethrown() async throws {
        struct Broken: CredentialSource {
            struct Failure: Error {}
            func credentials(for caller: Caller) async throws -> [Credential] { throw Failure() }
        }
        let now = ends.now
        let server = try ServerSecurity(
            credentials: Broken(),
            keyring: CryptoKeyring([ends.serverKey], primary: nil),
            configuration: .init(replayRetention: .seconds(3600))
        ) { now }
        await #expect(throws: Broken.Failure.self) { try await server.open(request.headers, request.body) }
    }

    /// Checks that no error contains the body, the token's MAC or the secret key.
    @Test func errorsDoNotQuoteTheRequest() async throws {
        let plain = try ends.client().seal(ExchangeTests.request.bytes, protection: .none)
        let token = try #require(plain.headers[.kmTranToken])
        var errors: [any Error] = []
        for (headers, body, protection) in [
            (plain.headers, plain.body, Protection.message), (plain.headers, plain.body + [0], .none),
            (plain.headers.with(.kmTranToken, token + "x"), plain.body, .none), (request.headers, request.body, .none),
        ] {
            do { _ = try await ends.server().open(headers, body, protection: protection) } catch {
                errors.append(error)
            }
        }
        #expect(errors.count == 3)
        for text in errors.flatMap({ [String(describing: $0), String(reflecting: $0)] }) {
            #expect(!text.contains("9491") && !text.contains(token.suffix(10)) && !text.contains("q7Zx-9vKw"))
        }
    }
}
