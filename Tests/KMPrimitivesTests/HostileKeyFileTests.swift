import KMPrimitives
import KMTestSupport
import Testing

/// Reading a truncated or damaged key file never traps, never prompts and never takes long.
@Suite struct HostileKeyFileTests {
    static let publicFiles = [
        "spki.pem", "spki.der", "pkcs1-public.pem", "pkcs1-public.der", "certificate.pem", "certificate.der",
        "trusted.pem",
        "ec-public.der", "pss-public.der",
    ]
    static let privateFiles = [
        "pkcs8.pem", "pkcs8.der", "pkcs1.pem", "pkcs1.der", "plain.p12", "modern.p12", "pkcs8-aes.der", "pkcs1-aes.pem",
        "ec.der", "pss.der",
    ]

    private static let expectedOfPublic: Set<KMError.Code?> = [nil, .malformedKey, .unsupportedKey, .wrongKeyKind]
    private static let expectedOfPrivate: Set<KMError.Code?> = [
        nil, .malformedKey, .unsupportedKey, .wrongKeyKind, .passphraseRequired, .passphraseWrong, .legacyEncryption,
    ]

    @Test(arguments: ["spki.der", "pkcs1-public.der", "certificate.der"])
    func truncatedPublicDERIsRejected(name: String) throws {
        let der = try KeyFiles[name]
        for count in der.indices {
            #expect(rejection { try RSAPublicKey(parsing: Array(der.prefix(count))) } == .malformedKey, "\(count)")
        }
    }

    /// PKCS#12 files are long, so only every fifth length is tried.
    @Test(arguments: [("pkcs8.der", 1), ("pkcs1.der", 1), ("pkcs8-aes.der", 1), ("plain.p12", 5), ("modern.p12", 5)])
    func truncatedPrivateDERIsRejected(name: String, step: Int) throws {
        let (der, passphrase) = (try KeyFiles[name], try SecretBytes("secret"))
        for count in stride(from: 0, to: der.count, by: step) {
            let code = rejection { try RSAPrivateKey(parsing: Array(der.prefix(count)), passphrase: passphrase) }
            #expect(code == .malformedKey, "\(count)")
        }
    }

    @Test(arguments: ["certificate.der"])
    func truncatedCertificatesAreRejected(name: String) throws {
        let der = try KeyFiles[name]
        for count in der.indices {
            #expect(
                rejection { try Certificate(parsing: Array(der.prefix(count))) } == .malformedCertificate,
                "\(count)"
            )
        }
    }

    /// PEM without its last line ending is still valid, so that length is not tried.
    @Test(arguments: ["spki.pem", "certificate.pem"])
    func truncatedPublicPEMIsRejected(name: String) throws {
        let pem = try KeyFiles[name]
        for count in 0..<pem.count - 1 {
            #expect(rejection { try RSAPublicKey(parsing: Array(pem.prefix(count))) } == .malformedKey, "\(count)")
        }
    }

    @Test(arguments: ["pkcs8.pem", "pkcs1.pem", "pkcs1-aes.pem"])
    func truncatedPrivatePEMIsRejected(name: String) throws {
        let (pem, passphrase) = (try KeyFiles[name], try SecretBytes("secret"))
        for count in 0..<pem.count - 1 {
            let code = rejection { try RSAPrivateKey(parsing: Array(pem.prefix(count)), passphrase: passphrase) }
            #expect(code == .malformedKey, "\(count)")
        }
    }

    @Test(arguments: publicFiles)
    func damagedPublicKeysDoNotTrap(name: String) throws {
        let file = try KeyFiles[name]
        var generator = SeededGenerator(seed: 20)
        for number in 0..<1500 {
            let damaged = file.mutated(using: &generator)
            let code = rejection { try RSAPublicKey(parsing: damaged) }
            #expect(Self.expectedOfPublic.contains(code), "\(number): \(String(describing: code))")
        }
    }

    @Test(arguments: privateFiles)
    func damagedPrivateKeysDoNotTrap(name: String) throws {
        let (file, passphrase) = (try KeyFiles[name], try SecretBytes("secret"))
        var generator = SeededGenerator(seed: 21)
        for number in 0..<500 {
            let damaged = file.mutated(using: &generator)
            let code = rejection { try RSAPrivateKey(parsing: damaged, passphrase: passphrase) }
            #expect(Self.expectedOfPrivate.contains(code), "\(number): \(String(describing: code))")
        }
    }

    @Test(arguments: ["certificate.der", "certificate.pem", "ec-certificate.pem"])
    func damagedCertificatesDoNotTrap(name: String) throws {
        let file = try KeyFiles[name]
        var generator = SeededGenerator(seed: 22)
        for number in 0..<1500 {
            let damaged = file.mutated(using: &generator)
            let code = rejection { try Certificate(parsing: damaged) }
            let expected: Set<KMError.Code?> = [
                nil, .malformedCertificate, .malformedKey, .unsupportedKey, .certificateNotValid,
            ]
            #expect(expected.contains(code), "\(number): \(String(describing: code))")
        }
    }

    @Test func randomBytesAreRejected() {
        var generator = SeededGenerator(seed: 23)
        for number in 0..<600 {
            // Half of the inputs begin like DER.
            let count = Int.random(in: 0...300, using: &generator)
            let noise = (number.isMultiple(of: 2) ? [0x30, 0x82] : []) + generator.bytes(count)
            #expect(rejection { try RSAPublicKey(parsing: noise) } == .malformedKey, "\(number)")
            #expect(rejection { try RSAPrivateKey(parsing: noise) } == .malformedKey, "\(number)")
            #expect(rejection { try Certificate(parsing: noise) } == .malformedCertificate, "\(number)")
        }
    }

    /// The inputs reach up to the largest size that is parsed.
    @Test func extremeNestingAndSizesAreRejected() throws {
        let deep = (0..<32_000).reduce(into: [UInt8]()) { der, _ in der += [0x30, 0x80] }
        let longText = [UInt8](repeating: 0x41, count: 65_000)
        let longLine = "-----BEGIN PUBLIC KEY-----\n".bytes + longText + "\n-----END PUBLIC KEY-----\n".bytes
        let longLabel = "-----BEGIN ".bytes + longText + "-----\n".bytes
        let manyBlocks = [[UInt8]](repeating: "-----BEGIN X-----\nAAAA\n-----END X-----\n".bytes, count: 1600)
            .joined()
        for bytes in [deep, longText, longLine, longLabel, Array(manyBlocks), [0x30] + longText] {
            #expect(bytes.count <= 65_536)
            #expect(rejection { try RSAPublicKey(parsing: bytes) } == .malformedKey)
            // The label of `longLine` names a public key.
            #expect(
                rejection { try RSAPrivateKey(parsing: bytes) } == (bytes == longLine ? .wrongKeyKind : .malformedKey)
            )
            #expect(rejection { try Certificate(parsing: bytes) } == .malformedCertificate)
        }
    }

    /// A file above the limit is rejected before it is parsed.
    @Test(arguments: ["pkcs8.pem", "spki.pem", "certificate.pem", "pkcs8.der", "modern.p12"])
    func filesOver64KiBAreRejected(name: String) throws {
        let file = try KeyFiles[name]
        let filled = [UInt8](repeating: 0x0A, count: 65_536 - file.count)
        let (largest, larger) = (file + filled, file + filled + [0x0A])
        #expect(rejection { try RSAPublicKey(parsing: larger) } == .limitExceeded)
        #expect(rejection { try RSAPrivateKey(parsing: larger) } == .limitExceeded)
        #expect(rejection { try Certificate(parsing: larger) } == .limitExceeded)
        #expect(rejection { try RSAPublicKey(parsing: largest) } != .limitExceeded)
        #expect(rejection { try RSAPrivateKey(parsing: largest) } != .limitExceeded)
        #expect(rejection { try Certificate(parsing: largest) } != .limitExceeded)
    }
}
