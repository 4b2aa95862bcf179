import KMPrimitives
import KMTestSupport
import Testing

@Suite struct OAEPTests {
    @Test(arguments: [0, 1, 16, 32, 189, 190])
    func roundTrip(size: Int) throws {
        let pair = try TestKeys.first()
        var generator = SeededGenerator(seed: UInt64(size))
        let message = generator.bytes(size)
        let ciphertext = try pair.publicKey.encryptOAEP(message)
        #expect(ciphertext.count == 256)
        #expect(try pair.decryptOAEP(ciphertext).exposed == message)
    }

    @Test func encryptionIsRandomized() throws {
        let key = try TestKeys.first().publicKey
        let message = [UInt8](repeating: 1, count: 16)
        #expect(try key.encryptOAEP(message) != key.encryptOAEP(message))
    }

    /// RFC 8017 section 7.1.1 allows at most k - 2 hLen - 2 bytes.
    @Test(arguments: [191, 256, 257, 100_000])
    func longerMessagesAreRejected(size: Int) throws {
        let key = try TestKeys.first().publicKey
        let message = [UInt8](repeating: 1, count: size)
        #expect(rejection { try key.encryptOAEP(message) } == .invalidSize)
    }

    @Test func allDecryptionFailuresAreTheSame() throws {
        let pair = try TestKeys.first()
        let message = [UInt8](repeating: 1, count: 16)
        let ciphertext = try pair.publicKey.encryptOAEP(message)
        let toAnother = try TestKeys.second().publicKey.encryptOAEP(message)
        var changed = ciphertext
        changed[100] ^= 1
        let modulus = try pair.publicKey.modulus()
        let hostile: [[UInt8]] = [
            toAnother, changed, Array(ciphertext.dropLast()), Array(ciphertext.dropFirst()), ciphertext + [0],
            [0] + ciphertext, [], [0], modulus, [UInt8](repeating: 0, count: 256), [UInt8](repeating: 0xFF, count: 256),
            [UInt8](repeating: 0, count: 255) + [1], [UInt8](repeating: 1, count: 5000),
        ]
        for (index, ciphertext) in hostile.enumerated() {
            let error = thrownError { try pair.decryptOAEP(ciphertext) }
            #expect(error?.code == .authenticationFailed, "\(index)")
            #expect(error?.description == "authenticationFailed", "\(index)")
            #expect(OpenSSL.drainErrorQueue() == 0, "\(index)")
        }
    }

    @Test func anotherHashDoesNotDecrypt() throws {
        let pair = try TestKeys.first()
        let ciphertext = try pair.publicKey.encryptOAEP([1, 2, 3])
        #expect(rejection { try pair.decryptOAEP(ciphertext, hash: .insecureSHA1) } == .authenticationFailed)
    }

    /// Each implementation decrypts what the other encrypts; the command uses either hash.
    @Test func agreesWithTheOpenSSLCommand() throws {
        let pair = try TestKeys.first()
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(pair.publicKey.pemRepresentation(), to: "public.pem")
        try openssl.write(pair.insecurePKCS8PEM().exposed, to: "private.pem")
        try openssl.write("a message".bytes, to: "message")
        let padding = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:"
        let sha256 = try openssl("pkeyutl -encrypt -pubin -inkey public.pem -in message \(padding)sha256")
        #expect(try pair.decryptOAEP(sha256).exposed == "a message".bytes)
        let sha1 = try openssl("pkeyutl -encrypt -pubin -inkey public.pem -in message \(padding)sha1")
        #expect(try pair.decryptOAEP(sha1, hash: .insecureSHA1).exposed == "a message".bytes)
        let other = "another one".bytes
        try openssl.write(pair.publicKey.encryptOAEP(other), to: "ciphertext")
        #expect(try openssl("pkeyutl -decrypt -inkey private.pem -in ciphertext \(padding)sha256") == other)
    }
}
