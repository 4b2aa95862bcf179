import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport
import Testing

/// What a server refuses.
@Suite struct RequestRefusalTests {
    private let world: World
    private let request: SealedRequest

    init() throws {
        world = try World()
        request = try world.client().seal(ExchangeTests.request.bytes, protection: .message)
    }

    private func code(
        _ headers: HTTPFields? = nil,
        _ body: [UInt8]? = nil,
        protection: Protection = .message,
        server: ServerSecurity? = nil
    ) async throws -> KMError.Code? {
        let server = try server ?? world.server()
        return await refusal {
            try await server.open(headers ?? request.headers, body ?? request.body, protection: protection)
        }
    }

    @Test func theRequestIsSound() async throws {
        #expect(try await code() == nil)
    }

    @Test func everyChangedByteOfTheBodyIsAMismatch() async throws {
        let server = try world.server()
        for index in request.body.indices {
            var body = request.body
            body[index] ^= 1
            #expect(try await code(nil, body, server: server) == .tokenMismatch, "\(index)")
        }
        for body in [[], request.body + [0x0A], Array(request.body.dropLast()), request.body + request.body] {
            #expect(try await code(nil, body, server: server) == .tokenMismatch)
        }
    }

    @Test func staleTokens() async throws {
        for (seconds, expected) in [
            (300.0, nil), (-300, nil), (300.001, KMError.Code.tokenStale), (-300.001, .tokenStale), (1e8, .tokenStale),
        ] {
            let server = try world.server(at: world.now + seconds)
            #expect(try await code(server: server) == expected, "\(seconds)")
        }
    }

    /// The times are not under the MAC.
    ///
    /// They must agree with each other and be near, and that is all that can be known.
    @Test func changedTimes() async throws {
        #expect(try await code(request.headers.with(.kmTranTime, "20221108120815")) == .timeMismatch)
        #expect(try await code(request.headers.with(.kmTimeZone, "UTC")) == .tokenStale)
        #expect(try await code(request.headers.with(.kmTimeZone, "PST")) == .timeZoneUnknown)
        let token = try #require(request.headers[.kmTranToken])
        let late = request.headers.with(.kmTranToken, token.replacing("20221108120814608", with: "20221108120814609"))
        #expect(try await code(late) == nil)
    }

    @Test func unknownAndMissingAccessKeys() async throws {
        let unknown = String(repeating: "x", count: 40)
        #expect(try await code(request.headers.with(.kmAccessKey, unknown)) == .callerUnknown)
        #expect(try await code(request.headers.with(.kmAccessKey, nil)) == .headerMissing)
        #expect(try await code(server: world.server(secretKeys: [])) == .callerUnknown)
    }

    @Test func anotherSecretKey() async throws {
        let other = try SecretKey(SecretBytes("another"))
        #expect(try await code(server: world.server(secretKeys: [other])) == .tokenMismatch)
    }

    @Test func cryptoKeys() async throws {
        let unknown = request.headers.with(.kmCryptoKeyID, World.otherKeyText)
        #expect(try await code(unknown) == .keyUnknown)
        #expect(try await code(request.headers.with(.kmCryptoKeyID, nil)) == .headerMissing)
        #expect(try await code(request.headers.with(.kmCryptoKeyID, "x")) == .headerInvalid)
        #expect(try await code(server: world.server(ring: world.ring(world.serverKey, .discarded))) == .keyNotActive)
        #expect(try await code(server: world.server(ring: world.ring(world.serverKey, .inactive))) == nil)
        #expect(try await code(server: world.server(ring: CryptoKeyring([], primary: nil))) == .keyUnknown)
    }

    /// A key of another id in the header than the one that the message names, both known.
    @Test func anotherKeyOfTheRing() async throws {
        let other = try CryptoKey(
            id: world.otherKeyID,
            encryptionKey: TestKeys.second().publicKey,
            decryptionKey: TestKeys.first(),
            issuedAt: world.now
        )
        let server = try world.server(ring: CryptoKeyring([world.serverKey], primary: nil).adding(other))
        #expect(
            try await code(request.headers.with(.kmCryptoKeyID, World.otherKeyText), server: server) == .keyIDMismatch
        )
    }

    /// Nothing is downgraded in silence: a signed, fresh and plain body is still plain.
    @Test func aPlainBodyWhereEncryptionIsDue() async throws {
        for text in [ExchangeTests.request, "{}", "[]", "1", #"{"data":{"encData":"x"}}"#] {
            let plain = try world.client().seal(text.bytes, protection: .none)
            #expect(try await code(plain.headers, plain.body) == .protectionRequired, "\(text)")
        }
        let empty = try world.client().seal([], protection: .none)
        #expect(try await code(empty.headers, empty.body) == .malformedJSON)
    }

    @Test func aBodyThatIsTooLarge() async throws {
        let limits = ParameterLimits(maximumBodyByteCount: request.body.count - 1)
        #expect(try await code(server: world.server(limits: limits)) == .limitExceeded)
        #expect(try await code([:], server: world.server(limits: limits)) == .limitExceeded)
        let server = try world.server(limits: ParameterLimits(maximumBodyByteCount: request.body.count))
        #expect(try await code(server: server) == nil)
        #expect(
            try await code(request.headers, request.body + [0], protection: .none, server: server) == .limitExceeded
        )
    }

    /// What is checked first is told, whatever else is wrong.
    @Test func theOrderOfTheChecks() async throws {
        var (headers, body) = (request.headers, request.body)
        let stale = try world.server(ring: CryptoKeyring([], primary: nil), at: world.now + 1e6)
        #expect(try await code(headers, body, server: stale) == .tokenStale)
        body[20] ^= 1
        #expect(try await code(headers, body, server: stale) == .tokenMismatch)
        headers[.kmAccessKey] = String(repeating: "x", count: 40)
        #expect(try await code(headers, body, server: stale) == .callerUnknown)
        headers[.kmTranTime] = "20221108120815"
        #expect(try await code(headers, body, server: stale) == .timeMismatch)
        headers[.kmUserAspID] = "x"
        #expect(try await code(headers, body, server: stale) == .headerInvalid)
    }

    @Test func errorsOfTheCredentialSourcePassThrough() async throws {
        struct Broken: CredentialSource {
            struct Failure: Error {}
            func credentials(for caller: Caller) async throws -> [Credential] { throw Failure() }
        }
        let now = world.now
        let server = try ServerSecurity(
            credentials: Broken(),
            keyring: CryptoKeyring([world.serverKey], primary: nil),
            configuration: .init(replayRetention: .seconds(3600))
        ) { now }
        await #expect(throws: Broken.Failure.self) { try await server.open(request.headers, request.body) }
    }

    /// No error of a refused call tells a byte of its body, its token's MAC or the secret.
    @Test func errorsDoNotQuote() async throws {
        let plain = try world.client().seal(ExchangeTests.request.bytes, protection: .none)
        let token = try #require(plain.headers[.kmTranToken])
        var errors: [any Error] = []
        for (headers, body, protection) in [
            (plain.headers, plain.body, Protection.message), (plain.headers, plain.body + [0], .none),
            (plain.headers.with(.kmTranToken, token + "x"), plain.body, .none), (request.headers, request.body, .none),
        ] {
            do { _ = try await world.server().open(headers, body, protection: protection) } catch {
                errors.append(error)
            }
        }
        #expect(errors.count == 3)
        for text in errors.flatMap({ [String(describing: $0), String(reflecting: $0)] }) {
            #expect(!text.contains("9491") && !text.contains(token.suffix(10)) && !text.contains("q7Zx-9vKw"))
        }
    }
}
