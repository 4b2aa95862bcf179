import KMPrimitives
import KMTestSupport
import Testing

/// A file that asks for too much key derivation is rejected before the derivation starts.
///
/// Each of these files would keep a machine busy for minutes to days. The time limit fails the test if one does.
@Suite(.timeLimit(.minutes(10))) struct KeyDerivationCostTests {
    private enum Identifier {
        static let pbes2 = DER.identifier("1.2.840.113549.1.5.13")
        static let pbkdf2 = DER.identifier("1.2.840.113549.1.5.12")
        static let hmacWithSHA256 = DER.identifier("1.2.840.113549.2.9")
        static let scrypt = DER.identifier("1.3.6.1.4.1.11591.4.11")
        static let aes256CBC = DER.identifier("2.16.840.1.101.3.4.1.42")
        static let pbeWithSHAAnd3DES = DER.identifier("1.2.840.113549.1.12.1.3")
        static let data = DER.identifier("1.2.840.113549.1.7.1")
        static let encryptedData = DER.identifier("1.2.840.113549.1.7.6")
        static let shroudedKeyBag = DER.identifier("1.2.840.113549.1.12.10.1.2")
        static let sha256 = DER.identifier("2.16.840.1.101.3.4.2.1")
    }

    private let salt = DER.octets([UInt8](repeating: 1, count: 8))
    private let ciphertext = DER.octets([UInt8](repeating: 2, count: 64))

    private func pbes2(_ keyDerivation: [UInt8]) -> [UInt8] {
        let cipher = DER.sequence(Identifier.aes256CBC, DER.octets([UInt8](repeating: 3, count: 16)))
        return DER.sequence(Identifier.pbes2, DER.sequence(keyDerivation, cipher))
    }

    private func pbkdf2(_ iterations: Int) -> [UInt8] {
        let hash = DER.sequence(Identifier.hmacWithSHA256, DER.null)
        return DER.sequence(Identifier.pbkdf2, DER.sequence(salt, DER.integer(iterations), hash))
    }

    private func scrypt(_ cost: Int, _ blockSize: Int, _ parallelization: Int) -> [UInt8] {
        let numbers = [cost, blockSize, parallelization].flatMap { DER.integer($0) }
        return DER.sequence(Identifier.scrypt, DER.sequence(salt, numbers))
    }

    private func pkcs12KDF(_ iterations: Int) -> [UInt8] {
        DER.sequence(Identifier.pbeWithSHAAnd3DES, DER.sequence(salt, DER.integer(iterations)))
    }

    private func pkcs12(_ safes: [[UInt8]], macIterations: Int? = nil) -> [UInt8] {
        let contents = DER.octets(DER.sequence(Array(safes.joined())))
        let safe = DER.sequence(Identifier.data, DER.element(0xA0, contents))
        let digest = DER.sequence(
            DER.sequence(Identifier.sha256, DER.null),
            DER.octets([UInt8](repeating: 0, count: 32))
        )
        let mac = macIterations.map { DER.sequence(digest, salt, DER.integer($0)) } ?? []
        return DER.sequence(DER.integer(3), safe, mac)
    }

    private func encryptedSafe(_ algorithm: [UInt8]) -> [UInt8] {
        let content = DER.element(0x80, [UInt8](repeating: 4, count: 64))
        let encrypted = DER.sequence(DER.integer(0), DER.sequence(Identifier.data, algorithm, content))
        return DER.sequence(Identifier.encryptedData, DER.element(0xA0, encrypted))
    }

    private func keySafe(_ algorithm: [UInt8]) -> [UInt8] {
        let key = DER.element(0xA0, DER.sequence(algorithm, ciphertext))
        let bags = DER.octets(DER.sequence(DER.sequence(Identifier.shroudedKeyBag, key)))
        return DER.sequence(Identifier.data, DER.element(0xA0, bags))
    }

    private func parse(_ der: [UInt8]) throws -> KMError.Code? {
        let passphrase = try SecretBytes("secret")
        return rejection { try RSAPrivateKey(parsing: der, passphrase: passphrase) }
    }

    /// With small counts the files of this suite are valid, so that only the passphrase is wrong.
    @Test func filesWithSmallCountsAreTried() throws {
        let files = [
            DER.sequence(pbes2(pbkdf2(1000)), ciphertext), DER.sequence(pbes2(scrypt(16, 8, 1)), ciphertext),
            DER.sequence(pkcs12KDF(1000), ciphertext), pkcs12([encryptedSafe(pbes2(pbkdf2(1000)))]),
            pkcs12([keySafe(pbes2(scrypt(16, 8, 1)))]), pkcs12([keySafe(pkcs12KDF(10))], macIterations: 10),
            // The default cost of the `openssl` command.
            DER.sequence(pbes2(scrypt(16_384, 8, 1)), ciphertext),
        ]
        for (index, file) in files.enumerated() {
            #expect(try parse(file) == .passphraseWrong, "\(index)")
        }
    }

    /// OpenSSL keeps the low 32 bits of a count, so a negative count can be a large one too.
    @Test(arguments: [
        10_000_001, 1 << 31 - 1, 1 << 31, 1 << 32 + 1000, Int.max, -1, 20_000_000 - (1 << 32), -(1 << 32) + 1, Int.min,
    ])
    func highIterationCountsAreRejected(iterations: Int) throws {
        let files = [
            DER.sequence(pbes2(pbkdf2(iterations)), ciphertext), DER.sequence(pkcs12KDF(iterations), ciphertext),
            pkcs12([keySafe(pbes2(pbkdf2(iterations)))]), pkcs12([encryptedSafe(pkcs12KDF(iterations))]),
            pkcs12([keySafe(pkcs12KDF(10))], macIterations: iterations),
        ]
        for (index, file) in files.enumerated() {
            #expect(try parse(file) == .malformedKey, "\(index)")
        }
    }

    /// Most of these costs need little memory, which OpenSSL's own limit allows, but much time.
    @Test(arguments: [
        (32_768, 1, 200_000), (16_384, 8, 10_000), (2, 1, 5_000_001), (2, 1, 1_100_000), (1 << 62, 1, 1),
        (4, 1 << 62, 1 << 62),
    ])
    func highScryptCostsAreRejected(cost: Int, blockSize: Int, parallelization: Int) throws {
        let algorithm = pbes2(scrypt(cost, blockSize, parallelization))
        #expect(try parse(DER.sequence(algorithm, ciphertext)) == .malformedKey)
        #expect(try parse(pkcs12([keySafe(algorithm)])) == .malformedKey)
    }

    /// Without a passphrase there would be two MACs to compute, for a missing and for an empty passphrase.
    @Test(arguments: [50_001, 5_000_001, 10_000_000])
    func aMACOfManyIterationsIsNotComputedWithoutAPassphrase(iterations: Int) throws {
        let file = pkcs12([keySafe(pkcs12KDF(10))], macIterations: iterations)
        let before = CPUTime.ofThisThread
        #expect(rejection { try RSAPrivateKey(parsing: file) } == .passphraseRequired)
        #expect(CPUTime.ofThisThread - before < 0.01)
    }

    /// PKCS#12 derives a key in two passes and an IV in a third; PBKDF2 with SHA-1 derives a key of 32 bytes in two.
    @Test func everyPassCountsTowardsTheLimit() throws {
        #expect(try parse(DER.sequence(pkcs12KDF(3_333_334), ciphertext)) == .malformedKey)
        let sha1 = DER.sequence(Identifier.pbkdf2, DER.sequence(salt, DER.integer(5_000_001)))
        #expect(try parse(DER.sequence(pbes2(sha1), ciphertext)) == .malformedKey)
    }

    /// One limit applies to all parts of a file, because thousands of parts within the limit would take hours.
    ///
    /// In these files, little work is done before the part that exceeds the limit.
    @Test func theLimitAppliesToAllPartsTogether() throws {
        let straw = encryptedSafe(pbes2(pbkdf2(1000)))
        let load = encryptedSafe(pbes2(pbkdf2(9_999_500)))
        #expect(try parse(pkcs12([load, straw])) == .malformedKey)
        #expect(try parse(pkcs12([load, keySafe(pkcs12KDF(1000))])) == .malformedKey)
        #expect(try parse(pkcs12([straw, keySafe(pbes2(scrypt(16, 8, 1)))])) == .passphraseWrong)
    }
}
