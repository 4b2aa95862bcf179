import KMJOSE
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct JWETamperingTests {
    private static let structural: Set<KMError.Code?> = [
        .malformedJWE, .malformedHeader, .algorithmNotAllowed, .authenticationFailed,
    ]

    @Test func aMessageWithAnyFlippedBitIsRejected() throws {
        let decryptor = try JWEDecryptor()
        let message = try JWEEncryptor(JWEHeader(encryption: .a256GCM, keyID: "0f")).encrypt(
            "plaintext, 20 bytes.".bytes
        )
        #expect(rejection { try decryptor.decrypt(message) } == nil)
        for bit in 0..<message.count * 8 {
            var changed = message
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let code = rejection { try decryptor.decrypt(changed) }
            if !Self.structural.contains(code) { Issue.record("bit \(bit): \(String(describing: code))") }
        }
    }

    /// Tries all combinations of the parts of two messages.
    @Test func mixedPartsOfTwoMessagesAreRejected() throws {
        let decryptor = try JWEDecryptor()
        let messages = try ["1", "2"].map { keyID in
            let header = JWEHeader(encryption: .a128GCM, keyID: keyID)
            return try #require(JWEParts(JWEEncryptor(header).encrypt("same plaintext".bytes))).texts
        }
        for mask in 0..<32 {
            let mixed = (0..<5).map { messages[mask >> $0 & 1][$0] }.joined(separator: ".")
            let code = rejection { try decryptor.decrypt(mixed.bytes) }
            #expect(code == (mask == 0 || mask == 31 ? nil : .authenticationFailed), "\(mask)")
        }
    }

    /// Code, detail and description of the error are the same for every cause.
    @Test func failuresThatDependOnASecretAreTheSame() throws {
        let pair = try TestKeys.first()
        let parts = try JWEParts(to: pair.publicKey)
        var hostile: [(name: String, parts: JWEParts)] = [
            ("another key", try JWEParts(to: TestKeys.second().publicKey)),
            ("a content key of 32 bytes for A128GCM", try JWEParts(to: pair.publicKey, keyByteCount: 32)),
            (
                "a content key of 16 bytes for A256GCM",
                try JWEParts(header: #"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#, to: pair.publicKey)
            ),
        ]
        func add(_ name: String, _ change: (inout JWEParts) -> Void) {
            var changed = parts
            change(&changed)
            hostile.append((name, changed))
        }
        add("encrypted key changed") { $0.encryptedKey[0] ^= 1 }
        add("encrypted key changed at its end") { $0.encryptedKey[255] ^= 1 }
        add("encrypted key cut off") { $0.encryptedKey.removeLast() }
        add("encrypted key of one byte") { $0.encryptedKey = [0] }
        add("encrypted key too long") { $0.encryptedKey.append(0) }
        add("encrypted key of zeros") { $0.encryptedKey = [UInt8](repeating: 0, count: 256) }
        add("encrypted key above the modulus") { $0.encryptedKey = [UInt8](repeating: 0xFF, count: 256) }
        add("iv changed") { $0.iv[0] ^= 1 }
        add("ciphertext changed") { $0.ciphertext[0] ^= 1 }
        add("ciphertext cut off") { $0.ciphertext.removeLast() }
        add("ciphertext longer") { $0.ciphertext.append(0) }
        add("ciphertext empty") { $0.ciphertext = [] }
        add("tag changed") { $0.tag[15] ^= 1 }
        add("tag of zeros") { $0.tag = [UInt8](repeating: 0, count: 16) }
        add("header with white space") { $0.header = #"{"alg":"RSA-OAEP-256", "enc":"A128GCM"}"#.bytes }
        add("header with a member more") { $0.header = #"{"alg":"RSA-OAEP-256","enc":"A128GCM","kid":"x"}"#.bytes }
        add("header with the other enc") { $0.header = #"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#.bytes }
        let decryptor = try JWEDecryptor()
        for (name, parts) in hostile {
            let error = thrownError { try decryptor.decrypt(parts.message) }
            #expect(error?.code == .authenticationFailed, "\(name)")
            #expect(error?.detail == "", "\(name)")
            #expect(error?.description == "authenticationFailed", "\(name)")
            #expect(OpenSSL.drainErrorQueue() == 0, "\(name)")
        }
    }

    @Test func theKeyIDMustBeTheExpectedOne() throws {
        let decryptor = try JWEDecryptor()
        func code(_ keyID: String?, expected: String?) throws -> KMError.Code? {
            let message = try JWEEncryptor(JWEHeader(encryption: .a128GCM, keyID: keyID)).encrypt([1])
            return rejection { try decryptor.decrypt(message, keyID: expected) }
        }
        #expect(try code("a", expected: "a") == nil)
        #expect(try code("a", expected: nil) == nil)
        #expect(try code(nil, expected: "a") == nil)
        #expect(try code("a", expected: "b") == .keyIDMismatch)
        #expect(try code("a", expected: "A") == .keyIDMismatch)
        #expect(try code("", expected: "a") == .keyIDMismatch)
        #expect(try code("a ", expected: "a") == .keyIDMismatch)
        // Canonically equivalent in Unicode, but with other code points.
        #expect(try code("\u{212A}ey", expected: "Key") == .keyIDMismatch)
        #expect(try code("e\u{301}", expected: "é") == .keyIDMismatch)
    }

    /// A key id that does not match is reported before any key is used.
    @Test func theKeyIDIsCheckedBeforeDecryption() throws {
        var parts = try JWEParts(
            header: #"{"alg":"RSA-OAEP-256","enc":"A128GCM","kid":"a"}"#,
            to: TestKeys.first().publicKey
        )
        parts.tag[0] ^= 1
        #expect(rejection { try JWEDecryptor().decrypt(parts.message, keyID: "b") } == .keyIDMismatch)
        #expect(rejection { try JWEDecryptor().decrypt(parts.message, keyID: "a") } == .authenticationFailed)
    }

    @Test func damagedMessagesDoNotTrap() throws {
        let (decryptor, parts) = (try JWEDecryptor(), try JWEParts(to: TestKeys.first().publicKey))
        var generator = SeededGenerator(seed: 40)
        for number in 0..<2000 {
            let damaged = parts.message.mutated(using: &generator)
            guard damaged != parts.message else { continue }
            let code = rejection { try decryptor.decrypt(damaged) }
            if !Self.structural.contains(code) { Issue.record("\(number): \(String(describing: code))") }
        }
    }
}
