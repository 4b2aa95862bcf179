import KMJOSE
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct JWERoundTripTests {
    @Test(arguments: ContentEncryptionAlgorithm.allCases, [0, 1, 15, 16, 17, 1000, 65_536])
    func roundTrip(encryption: ContentEncryptionAlgorithm, size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size))
        let plaintext = generator.bytes(size)
        let encryptor = try JWEEncryptor(JWEHeader(encryption: encryption))
        let message = try encryptor.encrypt(plaintext)
        #expect(message.count == encryptor.encryptedByteCount(size))
        let opened = try JWEDecryptor().decrypt(message)
        #expect(opened.plaintext == plaintext)
        #expect(opened.header == JWEHeader(encryption: encryption))
    }

    @Test(arguments: ContentEncryptionAlgorithm.allCases)
    func encryptedMessagesOpenByHand(encryption: ContentEncryptionAlgorithm) throws {
        let message = try JWEEncryptor(JWEHeader(encryption: encryption, keyID: "k")).encrypt("a message".bytes)
        let parts = try #require(JWEParts(message))
        #expect(parts.header == #"{"alg":"RSA-OAEP-256","enc":"\#(encryption.rawValue)","kid":"k"}"#.bytes)
        #expect(parts.encryptedKey.count == 256)
        #expect(parts.iv.count == 12)
        #expect(parts.tag.count == 16)
        #expect(try TestKeys.first().decryptOAEP(parts.encryptedKey).count == encryption.keyByteCount)
        #expect(try parts.open(with: TestKeys.first()) == "a message".bytes)
    }

    @Test func handwrittenMessagesAreDecrypted() throws {
        let key = try TestKeys.first().publicKey
        for (header, keyByteCount) in [
            (JWEParts.gateway, 16), (#"{ "enc" : "A256GCM" , "alg" : "RSA-OAEP-256" }"#, 32),
            (#"{"alg":"RSA\u002dOAEP-256","\u0065nc":"A128GCM"}"#, 16),
            (
                #"{"alg":"RSA-OAEP-256","enc":"A128GCM","iat":1667877120000,"x":{"y":[null]},"jku":"https://example"}"#,
                16
            ),
        ] {
            let parts = try JWEParts(header: header, plaintext: "made".bytes, to: key, keyByteCount: keyByteCount)
            #expect(try JWEDecryptor().decrypt(parts.message).plaintext == "made".bytes, "\(header)")
        }
    }

    @Test func allHeaderParametersRoundTrip() throws {
        let header = JWEHeader(
            encryption: .a256GCM,
            keyID: "키 \"1\"\n",
            contentType: "json",
            privateParameters: [.init(name: "path", value: "$['a']"), .init(name: "c\\id", value: "")]
        )
        let opened = try JWEDecryptor().decrypt(JWEEncryptor(header).encrypt([1]))
        #expect(opened.header == header)
        #expect(opened.header.privateParameter("path") == "$['a']")
        #expect(opened.header.privateParameter("alg") == nil)
    }

    @Test func everyMessageHasItsOwnKeyAndIV() throws {
        let encryptor = try JWEEncryptor(JWEHeader(encryption: .a128GCM))
        let messages = try (0..<20).map { _ in try #require(JWEParts(encryptor.encrypt([1, 2, 3]))) }
        let keys = try messages.map { try TestKeys.first().decryptOAEP($0.encryptedKey).exposed }
        #expect(Set(keys).count == 20)
        // One call of the random generator gives both. The IV is sent unencrypted and must not be part of the key.
        for (key, message) in zip(keys, messages) {
            #expect(key.count == 16 && !key.starts(with: message.iv) && Array(key.suffix(12)) != message.iv)
        }
        #expect(Set(messages.map(\.iv)).count == 20)
        #expect(Set(messages.map(\.ciphertext)).count == 20)
    }

    @Test func appendingKeepsTheExistingBytes() throws {
        let encryptor = try JWEEncryptor(JWEHeader(encryption: .a128GCM))
        var output = "before".bytes
        let plaintext = "x".bytes
        try encryptor.encrypt(plaintext.span, appendingTo: &output)
        #expect(output.starts(with: "before".bytes))
        #expect(try JWEDecryptor().decrypt(Array(output.dropFirst(6))).plaintext == plaintext)
    }

    /// The `openssl` command wraps the key with SHA-1.
    @Test func sha1IsAcceptedOnlyIfTheCallerOptsIn() throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(TestKeys.first().publicKey.pemRepresentation(), to: "public.pem")
        let header = #"{"alg":"RSA-OAEP","enc":"A128GCM"}"#.bytes
        let parts = try JWEParts(header: header, plaintext: "old".bytes, key: SecretBytes(randomCount: 16)) { key in
            try openssl.write(key.exposed, to: "key")
            return try openssl("pkeyutl -encrypt -pubin -inkey public.pem -in key -pkeyopt rsa_padding_mode:oaep")
        }
        #expect(rejection { try JWEDecryptor().decrypt(parts.message) } == .algorithmNotAllowed)
        let opened = try JWEDecryptor(policy: .insecureAllowingSHA1).decrypt(parts.message)
        #expect(opened.plaintext == "old".bytes)
        #expect(opened.header.algorithm == .insecureRSAOAEP)
        // The header's alg selects the hash, so a key that was wrapped with the other hash does not open.
        let relabelled = try JWEParts(header: String(decoding: header, as: UTF8.self), to: TestKeys.first().publicKey)
        let code = rejection { try JWEDecryptor(policy: .insecureAllowingSHA1).decrypt(relabelled.message) }
        #expect(code == .authenticationFailed)
    }

    @Test func encryptionWithSHA1IsRejected() {
        let header = JWEHeader(algorithm: .insecureRSAOAEP, encryption: .a128GCM)
        #expect(rejection { try JWEEncryptor(header) } == .algorithmNotAllowed)
    }

    /// Many tasks use one encryptor and one decryptor at the same time.
    @Test func manyTasksCanShareOneValue() async throws {
        let (encryptor, decryptor) = (try JWEEncryptor(JWEHeader(encryption: .a256GCM)), try JWEDecryptor())
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in UInt8(0)..<8 {
                group.addTask {
                    try (UInt8(0)..<20).allSatisfy {
                        try decryptor.decrypt(encryptor.encrypt([task, $0])).plaintext == [task, $0]
                    }
                }
            }
            for try await same in group { #expect(same) }
        }
    }

    @Test func keysPrintRedacted() throws {
        let der = try TestKeys.first().insecurePKCS8DER().exposed
        #expect(!shows(printings(of: try JWEDecryptor()), der))
        let key = try JWEContentKey(generating: .a128GCM, for: TestKeys.first().publicKey)
        #expect(printings(of: key).contains { $0.contains("redacted") })
    }
}
