import Foundation
import KMJOSE
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite struct ParameterCipherTests {
    private let ends: ClientAndServer
    private let now: Date

    init() throws {
        ends = try ClientAndServer()
        now = ends.now
    }

    private func sender(_ profile: WireProfile = .documented, limits: ParameterLimits = .standard) throws
        -> ParameterCipher
    {
        try ParameterCipher(keyring: CryptoKeyring(primary: ends.clientKey), profile: profile, limits: limits)
    }

    private func receiver(limits: ParameterLimits = .standard) throws -> ParameterCipher {
        try ParameterCipher(keyring: CryptoKeyring([ends.serverKey], primary: nil), limits: limits)
    }

    static let texts = [
        "{}", "[]", "1", "null", #""text""#, " { \"userId\" : 9999999999999999999 ,\r\n\"a\":1.0e+00} \n",
        #"{"a":1,"a":2}"#,
        #"{"한":"\ud800\u0041\/"}"#, #"{"encData":"x"}"#,
    ]

    @Test(arguments: WireProfile.all, texts)
    func sealingAndOpeningPreservesEveryByte(profile: WireProfile, text: String) throws {
        let body = try sender(profile).seal(text.bytes, .message, under: ends.keyID, at: now)
        #expect(try receiver().open(body, .message, under: ends.keyID) == text.bytes)
        #expect(!String(decoding: body, as: UTF8.self).contains("userId"))
    }

    @Test(arguments: WireProfile.all, ContentEncryptionAlgorithm.allCases)
    func theProtectedHeaderFollowsTheWireProfile(profile: WireProfile, encryption: ContentEncryptionAlgorithm) throws {
        let profile = profile.with(encryption: encryption)
        let body = try sender(profile).seal("{}".bytes, .message, under: ends.keyID, at: now)
        let text = String(decoding: body, as: UTF8.self)
        #expect(text.hasPrefix(#"{"encData":""#) && text.hasSuffix(#""}"#))
        let message = text.dropFirst(12).dropLast(2)
        let header = try JWECompact(parsing: Array(message.utf8).span).headerJSON
        let kid = profile == .documented.with(encryption: encryption) ? #","kid":"\#(ClientAndServer.keyText)""# : ""
        #expect(header == #"{"alg":"RSA-OAEP-256","enc":"\#(encryption.rawValue)"\#(kid)}"#.bytes)
    }

    @Test func theWireProfilesHaveTheirDocumentedAlgorithms() {
        #expect(WireProfile.all.map(\.name) == ["documented", "gateway"])
        #expect(WireProfile.documented.with(encryption: .a256GCM) == .documented)
        #expect(WireProfile.gateway.with(encryption: .a128GCM) == .gateway)
    }

    @Test func sealingRejectsInvalidJSON() throws {
        let cipher = try sender()
        for text in ["", " ", "{", "{}x", "nul", "{'a':1}", "\u{FEFF}{}"] {
            #expect(
                rejection { try cipher.seal(text.bytes, .message, under: ends.keyID, at: now) } == .malformedJSON,
                "\(text)"
            )
        }
        #expect(
            rejection { try cipher.seal([0x22, 0xFF, 0x22], .message, under: ends.keyID, at: now) } == .malformedJSON
        )
    }

    /// Checks that the error does not quote the plaintext, either.
    @Test func openingRejectsAPlaintextThatIsNotJSON() throws {
        let encryptor = try JWEEncryptor(to: TestKeys.first().publicKey, header: JWEHeader(encryption: .a128GCM))
        for text in ["", "4111111111111111 1", "{", "[1,]", "\"\\x\""] {
            let message = String(decoding: try encryptor.encrypt(text.bytes), as: UTF8.self)
            let error = thrownError {
                try receiver().open(#"{"encData":"\#(message)"}"#.bytes, .message, under: ends.keyID)
            }
            #expect(error?.code == .malformedJSON, "\(text)")
            #expect(error?.detail.contains("4111") == false)
        }
    }

    @Test func bodiesAboveTheSizeLimitAreRejected() throws {
        let limits = ParameterLimits(maximumBodyByteCount: 1000)
        let small = try sender().seal("{}".bytes, .message, under: ends.keyID, at: now)
        #expect(rejection { try receiver(limits: limits).open(small, .message, under: ends.keyID) } == nil)
        let exact = ParameterLimits(maximumBodyByteCount: small.count)
        #expect(rejection { try receiver(limits: exact).open(small, .message, under: ends.keyID) } == nil)
        let short = ParameterLimits(maximumBodyByteCount: small.count - 1)
        #expect(rejection { try receiver(limits: short).open(small, .message, under: ends.keyID) } == .limitExceeded)
        let large = Array("\"\(String(repeating: "x", count: 999))\"".utf8)
        #expect(
            rejection { try sender(limits: limits).seal(large, .message, under: ends.keyID, at: now) }
                == .limitExceeded
        )
        let garbage = [UInt8](repeating: 0xFF, count: 1001)
        #expect(
            rejection { try receiver(limits: limits).open(garbage, .message, under: ends.keyID) } == .limitExceeded
        )
    }

    /// Checks that a receiver accepts what a sender with the same limits seals.
    @Test func sealedBodiesAreWithinTheSizeLimit() throws {
        let limits = ParameterLimits(maximumBodyByteCount: 2000)
        for count in stride(from: 900, through: 1998, by: 61) {
            let text = Array("\"\(String(repeating: "x", count: count))\"".utf8)
            guard let body = try? sender(limits: limits).seal(text, .message, under: ends.keyID, at: now) else {
                continue
            }
            #expect(
                rejection { try receiver(limits: limits).open(body, .message, under: ends.keyID) } == nil,
                "\(count)"
            )
        }
    }

    @Test func nestingAboveTheDepthLimitIsRejected() throws {
        let limits = ParameterLimits(maximumDepth: 3)
        let (three, four) = ("[[[]]]".bytes, "[[[[]]]]".bytes)
        #expect(rejection { try sender(limits: limits).seal(three, .message, under: ends.keyID, at: now) } == nil)
        #expect(
            rejection { try sender(limits: limits).seal(four, .message, under: ends.keyID, at: now) } == .limitExceeded
        )
        let body = try sender().seal(four, .message, under: ends.keyID, at: now)
        #expect(rejection { try receiver(limits: limits).open(body, .message, under: ends.keyID) } == .limitExceeded)
    }

    @Test func theKeysStateDecidesWhetherItSealsAndOpens() throws {
        let body = try sender().seal("{}".bytes, .message, under: ends.keyID, at: now)
        func codes(_ ring: CryptoKeyring) throws -> [KMError.Code?] {
            let cipher = try ParameterCipher(keyring: ring)
            return [
                rejection { try cipher.seal("{}".bytes, .message, under: ends.keyID, at: now) },
                rejection { try cipher.open(body, .message, under: ends.keyID) },
            ]
        }
        #expect(try codes(CryptoKeyring([ends.serverKey], primary: nil)) == [nil, nil])
        #expect(try codes(ends.ring(ends.serverKey, .inactive)) == [.keyNotActive, nil])
        #expect(try codes(ends.ring(ends.serverKey, .discarded)) == [.keyNotActive, .keyNotActive])
        #expect(try codes(CryptoKeyring([], primary: nil)) == [.keyUnknown, .keyUnknown])
        let publicHalf = try CryptoKey(id: ends.keyID, encryptionKey: TestKeys.second().publicKey, issuedAt: now)
        #expect(try codes(CryptoKeyring(primary: publicHalf)) == [nil, .keyHalfMissing])
        let privateHalf = try CryptoKey(id: ends.keyID, decryptionKey: TestKeys.first(), issuedAt: now)
        #expect(try codes(CryptoKeyring([privateHalf], primary: nil)) == [.keyHalfMissing, nil])
    }

    /// Checks that the other keys of the keyring are not tried.
    @Test func onlyTheNamedKeyIsUsed() throws {
        let other = try CryptoKey(
            id: ends.otherKeyID,
            encryptionKey: TestKeys.third().publicKey,
            decryptionKey: TestKeys.third(),
            issuedAt: now
        )
        let ring = try CryptoKeyring([ends.serverKey], primary: nil).adding(other)
        let cipher = try ParameterCipher(keyring: ring)
        let named = try sender(.documented).seal("{}".bytes, .message, under: ends.keyID, at: now)
        #expect(rejection { try cipher.open(named, .message, under: ends.otherKeyID) } == .keyIDMismatch)
        let unnamed = try sender(.gateway).seal("{}".bytes, .message, under: ends.keyID, at: now)
        #expect(rejection { try cipher.open(unnamed, .message, under: ends.otherKeyID) } == .authenticationFailed)
    }

    @Test func aCertificateOutsideItsValidityIsRejected() throws {
        let start = Date(timeIntervalSince1970: 1_600_000_000)
        let certificate = try Certificate.selfSigned(TestKeys.first(), commonName: "x", validity: start...start + 100)
        let key = CryptoKey(
            id: ends.keyID,
            certificate: certificate,
            decryptionKey: try TestKeys.second(),
            issuedAt: start
        )
        let cipher = try ParameterCipher(keyring: CryptoKeyring(primary: key))
        for seconds in [0.0, 50, 100] {
            #expect(rejection { try cipher.seal("{}".bytes, .message, under: ends.keyID, at: start + seconds) } == nil)
        }
        for seconds in [-1, -0.001, 100.001, 101] {
            let code = rejection { try cipher.seal("{}".bytes, .message, under: ends.keyID, at: start + seconds) }
            #expect(code == .certificateNotValid, "\(seconds)")
        }
        // A change of the key's state keeps the certificate's validity.
        let ring = try CryptoKeyring([key], primary: nil).setting(.inactive, of: key.id).setting(.active, of: key.id)
        let again = try ParameterCipher(keyring: ring)
        #expect(
            rejection { try again.seal("{}".bytes, .message, under: ends.keyID, at: start - 1) }
                == .certificateNotValid
        )
        // Opening does not depend on the validity of the peer's certificate.
        let body = try ParameterCipher(keyring: CryptoKeyring([ends.serverKey], primary: nil)).seal(
            "{}".bytes,
            .message,
            under: ends.keyID,
            at: now
        )
        #expect(try cipher.open(body, .message, under: ends.keyID) == "{}".bytes)
    }
}
