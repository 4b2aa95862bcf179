import KMPrimitives
import KMTestSupport
import Testing

@Suite struct PrivateKeyFormatTests {
    static let plain = ["pkcs8.pem", "pkcs8.der", "pkcs1.pem", "pkcs1.der", "plain.p12"]
    static let encrypted = [
        "pkcs8-aes.pem", "pkcs8-aes.der", "pkcs8-scrypt.pem", "pkcs8-3des.pem", "pkcs1-aes.pem", "pkcs1-3des.pem",
        "modern.p12", "legacy.p12", "no-mac.p12", "plain-mac.p12",
    ]

    private func publicKey() throws -> RSAPublicKey { try RSAPublicKey(parsing: KeyFiles["spki.pem"]) }

    private func works(_ pair: RSAPrivateKey) throws -> Bool {
        let ciphertext = try publicKey().encryptOAEP([1, 2, 3])
        return try pair.publicKey == publicKey() && pair.decryptOAEP(ciphertext).exposed == [1, 2, 3]
    }

    @Test(arguments: plain)
    func unencryptedFormatsAreRead(name: String) throws {
        #expect(try works(RSAPrivateKey(parsing: KeyFiles[name])))
        #expect(try works(RSAPrivateKey(parsing: SecretBytes(copying: KeyFiles[name]))))
        // A passphrase that is not needed is ignored.
        #expect(try works(RSAPrivateKey(parsing: KeyFiles[name], passphrase: SecretBytes("unneeded"))))
        #expect(OpenSSL.drainErrorQueue() == 0)
    }

    @Test(arguments: encrypted)
    func encryptedFormatsAreRead(name: String) throws {
        #expect(try works(RSAPrivateKey(parsing: KeyFiles[name], passphrase: SecretBytes("secret"))))
        #expect(OpenSSL.drainErrorQueue() == 0)
    }

    @Test(arguments: encrypted)
    func aMissingPassphraseIsReported(name: String) throws {
        #expect(rejection { try RSAPrivateKey(parsing: KeyFiles[name]) } == .passphraseRequired)
    }

    @Test(arguments: encrypted)
    func aWrongPassphraseIsReported(name: String) throws {
        let file = try KeyFiles[name]
        for text in ["", "Secret", "secre", "secret\n", "비밀", String(repeating: "x", count: 1024)] {
            let passphrase = try SecretBytes(text)
            #expect(
                rejection { try RSAPrivateKey(parsing: file, passphrase: passphrase) } == .passphraseWrong,
                "\(text)"
            )
        }
    }

    /// About one wrong passphrase in 256 gives valid padding by chance; the error must be the same.
    @Test(arguments: ["pkcs1-aes.pem", "pkcs1-3des.pem"])
    func allWrongPassphrasesGiveTheSameError(name: String) throws {
        let file = try KeyFiles[name]
        for number in 0..<1500 {
            let passphrase = try SecretBytes("wrong \(number)")
            #expect(
                rejection { try RSAPrivateKey(parsing: file, passphrase: passphrase) } == .passphraseWrong,
                "\(number)"
            )
        }
    }

    @Test func anEmptyPassphraseIsNotAMissingOne() throws {
        for name in ["pkcs8-empty.pem", "empty.p12"] {
            let file = try KeyFiles[name]
            #expect(try works(RSAPrivateKey(parsing: file, passphrase: SecretBytes(""))), "\(name)")
            #expect(rejection { try RSAPrivateKey(parsing: file) } == .passphraseRequired, "\(name)")
            let wrong = try SecretBytes("x")
            #expect(rejection { try RSAPrivateKey(parsing: file, passphrase: wrong) } == .passphraseWrong, "\(name)")
        }
    }

    static let legacy = ["pkcs8-des.pem", "pkcs8-rc2.pem", "pkcs8-rc2.der", "pkcs1-des.pem", "legacy-rc2-key.p12"]

    @Test(arguments: legacy)
    func legacyEncryptionIsReported(name: String) throws {
        let passphrase = try SecretBytes("secret")
        #expect(rejection { try RSAPrivateKey(parsing: KeyFiles[name], passphrase: passphrase) } == .legacyEncryption)
        #expect(rejection { try RSAPrivateKey(parsing: KeyFiles[name]) } == .passphraseRequired)
    }

    /// Runs the command that the error names.
    @Test(arguments: legacy)
    func theCommandForLegacyFilesConvertsEachFormat(name: String) throws {
        let (file, passphrase) = (try KeyFiles[name], try SecretBytes("secret"))
        let detail = try #require(thrownError { try RSAPrivateKey(parsing: file, passphrase: passphrase) }).detail
        let command = try #require(detail.firstRange(of: "openssl ")).upperBound
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(file, to: "OLD")
        try openssl(String(detail[command...]), "-passin", "pass:secret", "-passout", "pass:new secret")
        let converted = try openssl.read("NEW")
        #expect(rejection { try RSAPrivateKey(parsing: converted) } == .passphraseRequired)
        #expect(try works(RSAPrivateKey(parsing: converted, passphrase: SecretBytes("new secret"))))
    }

    /// An algorithm that no provider has is not one of the legacy provider for certain, so the error says so.
    @Test func anUnknownAlgorithmOfAPEMHeaderIsCalledUnknown() throws {
        let text = String(decoding: try KeyFiles["pkcs1-aes.pem"], as: UTF8.self)
        let unknown = text.replacing("AES-256-CBC", with: "XYZ-256-CBC").bytes
        let passphrase = try SecretBytes("secret")
        let error = try #require(thrownError { try RSAPrivateKey(parsing: unknown, passphrase: passphrase) })
        #expect(error.code == .legacyEncryption && error.detail.contains("unknown"))
    }

    @Test(arguments: (plain + encrypted).filter { $0.hasSuffix(".pem") })
    func textAroundPEMAndLineEndingsAreIgnored(name: String) throws {
        let pem = try KeyFiles[name]
        let passphrase = try SecretBytes("secret")
        let variants = [
            "0 a note\n".bytes + pem + "and more".bytes, "Bag Attributes\n    localKeyID: 01\n".bytes + pem,
            pem.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }, Array(pem.dropLast()),
        ]
        for (index, variant) in variants.enumerated() {
            #expect(try works(RSAPrivateKey(parsing: variant, passphrase: passphrase)), "\(index)")
        }
    }

    @Test(arguments: ["pkcs8.der", "pkcs1.der", "pkcs8-aes.der", "modern.p12", "plain.p12"])
    func bytesAfterDERAreRejected(name: String) throws {
        let (der, passphrase) = (try KeyFiles[name], try SecretBytes("secret"))
        for tail: [UInt8] in [[0], [0x0A], [0x30, 0], der] {
            let code = rejection { try RSAPrivateKey(parsing: der + tail, passphrase: passphrase) }
            #expect(code == .malformedKey, "\(tail.count)")
        }
    }

    @Test(arguments: PublicKeyFormatTests.formats)
    func publicKeysAndCertificatesAreRejected(name: String) throws {
        #expect(rejection { try RSAPrivateKey(parsing: KeyFiles[name]) } == .wrongKeyKind)
    }

    @Test func theKeyOfABundleIsFound() throws {
        let (certificate, key) = (try KeyFiles["certificate.pem"], try KeyFiles["pkcs8.pem"])
        #expect(try works(RSAPrivateKey(parsing: certificate + key)))
        #expect(try works(RSAPrivateKey(parsing: key + certificate)))
        #expect(try works(RSAPrivateKey(parsing: certificate + certificate + KeyFiles["pkcs1.pem"])))
    }

    @Test(arguments: ["ec", "ed25519", "pss", "rsa-1024"])
    func otherAlgorithmsAndSizesAreRejected(kind: String) throws {
        let passphrase = try SecretBytes("secret")
        for name in ["\(kind).pem", "\(kind).der", "\(kind).p12"] {
            let code = rejection { try RSAPrivateKey(parsing: KeyFiles[name], passphrase: passphrase) }
            #expect(code == .unsupportedKey, "\(name)")
        }
        #expect(rejection { try RSAPrivateKey(parsing: KeyFiles["ec-sec1.pem"]) } == .unsupportedKey)
    }

    @Test func dataWithoutAKeyIsRejected() throws {
        let passphrase = try SecretBytes("secret")
        let file = try KeyFiles["certificate-only.p12"]
        #expect(rejection { try RSAPrivateKey(parsing: file, passphrase: passphrase) } == .malformedKey)
        let pem = String(decoding: try KeyFiles["pkcs8.pem"], as: UTF8.self)
        let traditional = String(decoding: try KeyFiles["pkcs1-aes.pem"], as: UTF8.self)
        let texts = [
            "", " ", "garbage", "0", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
            pem.replacing("PRIVATE", with: "PRIVAT"), pem.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"),
            pem.replacing("M", with: "!"),
            String(pem.dropLast(30)), traditional.replacing("4,ENCRYPTED", with: "4,CLEAR"),
            traditional.replacing("AES-256-CBC,", with: "AES-256-CBC,xyz"),
            traditional.replacing("DEK-Info", with: "DEC-Info"), traditional.replacing("Proc-Type", with: "Proc-type"),
        ]
        for (index, text) in texts.enumerated() {
            let code = rejection { try RSAPrivateKey(parsing: text.bytes, passphrase: passphrase) }
            #expect(code == .malformedKey, "\(index)")
        }
    }
}
