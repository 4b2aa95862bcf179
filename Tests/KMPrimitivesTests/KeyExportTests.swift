import KMPrimitives
import KMTestSupport
import Testing

/// The `openssl` command and this package can read exported keys.
@Suite struct KeyExportTests {
    private func withOpenSSL(_ body: (OpenSSLCommand) throws -> Void) throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try body(openssl)
    }

    @Test func exportedPublicKeysAreReadable() throws {
        let key = try TestKeys.first().publicKey
        #expect(try RSAPublicKey(parsing: key.pemRepresentation()) == key)
        #expect(try RSAPublicKey(parsing: key.derRepresentation()) == key)
        try withOpenSSL { openssl in
            try openssl.write(key.pemRepresentation(), to: "key.pem")
            try openssl.write(key.derRepresentation(), to: "key.der")
            #expect(try openssl("pkey -pubin -in key.pem -outform DER") == key.derRepresentation())
            #expect(try openssl("pkey -pubin -inform DER -in key.der") == key.pemRepresentation())
        }
    }

    @Test func unencryptedPrivateKeysAreReadable() throws {
        let pair = try TestKeys.first()
        let (pem, der) = (try pair.insecurePKCS8PEM(), try pair.insecurePKCS8DER())
        #expect(try RSAPrivateKey(parsing: pem).insecurePKCS8DER() == der)
        #expect(try RSAPrivateKey(parsing: der).insecurePKCS8PEM() == pem)
        try withOpenSSL { openssl in
            try openssl.write(pem.exposed, to: "key.pem")
            try openssl("pkey -in key.pem -check -noout")
            #expect(try openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER") == der.exposed)
        }
    }

    @Test func encryptedPrivateKeysAreReadable() throws {
        let pair = try TestKeys.first()
        let passphrase = try SecretBytes("a passphrase: 열쇠")
        let pem = try pair.encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000)
        #expect(String(decoding: pem, as: UTF8.self).hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
        #expect(try RSAPrivateKey(parsing: pem, passphrase: passphrase).publicKey == pair.publicKey)
        let wrong = try SecretBytes("another one")
        #expect(rejection { try RSAPrivateKey(parsing: pem, passphrase: wrong) } == .passphraseWrong)
        #expect(rejection { try RSAPrivateKey(parsing: pem) } == .passphraseRequired)
        try withOpenSSL { openssl in
            try openssl.write(pem, to: "key.pem")
            try openssl.write(passphrase.exposed, to: "passphrase")
            let der = try openssl("pkcs8 -in key.pem -passin file:passphrase -topk8 -nocrypt -outform DER")
            #expect(try der == pair.insecurePKCS8DER().exposed)
            let structure = String(decoding: try openssl("asn1parse -in key.pem"), as: UTF8.self)
            for algorithm in ["PBES2", "PBKDF2", ":03E8", "hmacWithSHA256", "aes-256-cbc"] {
                #expect(structure.contains(algorithm), "\(algorithm)")
            }
        }
    }

    @Test func theDefaultIs600000Iterations() throws {
        let passphrase = try SecretBytes("x")
        let pem = try TestKeys.first().encryptedPKCS8PEM(passphrase: passphrase)
        try withOpenSSL { openssl in
            try openssl.write(pem, to: "key.pem")
            #expect(String(decoding: try openssl("asn1parse -in key.pem"), as: UTF8.self).contains(":0927C0"))
        }
        #expect(RSAPrivateKey.defaultIterations == 600_000)
    }

    @Test func eachExportHasItsOwnSaltAndIV() throws {
        let (pair, passphrase) = (try TestKeys.first(), try SecretBytes("x"))
        let first = try pair.encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000)
        #expect(try first != pair.encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000))
    }

    /// A key that was written with the longest passphrase can be read again.
    @Test(arguments: [1, 1024])
    func passphrasesOf1To1024BytesWork(byteCount: Int) throws {
        let pair = try TestKeys.first()
        let passphrase = try SecretBytes(copying: [UInt8](repeating: 0x70, count: byteCount))
        let pem = try pair.encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000)
        #expect(try RSAPrivateKey(parsing: pem, passphrase: passphrase).publicKey == pair.publicKey)
    }

    @Test func invalidParametersAreRejected() throws {
        let pair = try TestKeys.first()
        for byteCount in [0, 1025] {
            let passphrase = try SecretBytes(copying: [UInt8](repeating: 0x70, count: byteCount))
            #expect(rejection { try pair.encryptedPKCS8PEM(passphrase: passphrase) } == .invalidSize, "\(byteCount)")
        }
        let passphrase = try SecretBytes("x")
        for iterations in [Int.min, -1, 0, 999, 10_000_001, Int(Int32.max), Int(Int32.max) + 1001, Int.max] {
            let code = rejection { try pair.encryptedPKCS8PEM(passphrase: passphrase, iterations: iterations) }
            #expect(code == .invalidSize, "\(iterations)")
        }
    }
}
