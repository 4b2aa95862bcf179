import KMPrimitives
import KMTestSupport
import Testing

/// Keys in valid DER with invalid integers are rejected as malformed or unsupported, and not as failures of OpenSSL.
@Suite struct InvalidKeyTests {
    /// The integers n, e, d, p, q, dp, dq and qi of the key in `pkcs1.der`.
    private let integers: [[UInt8]]
    /// The same integers of another key.
    private let others: [[UInt8]]

    init() throws {
        integers = try PKCS1.integers(of: KeyFiles["pkcs1.der"])
        others = try PKCS1.integers(of: TestKeys.first().insecurePKCS8DER().exposed.suffix(from: 26))
    }

    private func pkcs1(_ integers: [[UInt8]], version: Int = 0, tail: [UInt8] = []) -> [UInt8] {
        DER.sequence(DER.integer(version), integers.flatMap { DER.integer($0) }, tail)
    }

    private func pkcs8(_ pkcs1: [UInt8]) -> [UInt8] {
        DER.sequence(DER.integer(0), DER.sequence(DER.identifier("1.2.840.113549.1.1.1"), DER.null), DER.octets(pkcs1))
    }

    private func spki(_ pkcs1: [UInt8]) -> [UInt8] {
        DER.sequence(DER.sequence(DER.identifier("1.2.840.113549.1.1.1"), DER.null), DER.bits(pkcs1))
    }

    private func expectRejected(_ pkcs1: [UInt8], _ code: KMError.Code, _ fault: String? = nil) throws {
        for file in [pkcs1, pkcs8(pkcs1)] {
            let error = try #require(thrownError { try RSAPrivateKey(parsing: file) })
            #expect(error.code == code)
            if let fault { #expect(error.detail == "the RSA key is invalid: \(fault)") }
            #expect(OpenSSL.drainErrorQueue() == 0)
        }
    }

    private func expectPublicRejected(_ pkcs1: [UInt8], _ fault: String) throws {
        for file in [pkcs1, spki(pkcs1)] {
            let error = try #require(thrownError { try RSAPublicKey(parsing: file) })
            #expect(error.code == .malformedKey)
            #expect(error.detail == "the RSA key is invalid: \(fault)")
            #expect(OpenSSL.drainErrorQueue() == 0)
        }
    }

    @Test func theUnchangedKeyIsAccepted() throws {
        #expect(try RSAPrivateKey(parsing: pkcs1(integers)).publicKey == RSAPublicKey(parsing: KeyFiles["spki.pem"]))
    }

    /// A key with wrong integers is rejected whether or not a third prime follows them.
    @Test func aThirdPrimeDoesNotHideWrongIntegers() throws {
        var wrong = integers
        wrong[3...5] = others[3...5]
        try expectRejected(pkcs1(wrong), .malformedKey)
        let third = DER.sequence(DER.sequence(DER.integer(7), DER.integer(5), DER.integer(3)))
        for integers in [wrong, integers] {
            try expectRejected(pkcs1(integers, version: 1, tail: third), .unsupportedKey)
            try expectRejected(pkcs1(integers, version: 1), .unsupportedKey)
            try expectRejected(pkcs1(integers, tail: third), .malformedKey)
            try expectRejected(pkcs1(integers, version: 2, tail: third), .malformedKey)
        }
    }

    @Test func keysWithThreePrimesAreRejected() throws {
        let error = try #require(thrownError { try RSAPrivateKey(parsing: KeyFiles["three-primes.pem"]) })
        #expect(error.code == .unsupportedKey)
        #expect(error.detail == "an RSA key must have exactly two primes; got more")
    }

    static let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"]

    @Test func aKeyOfZerosIsRejected() throws {
        try expectRejected(pkcs1([[UInt8]](repeating: [0], count: 8)), .malformedKey, "n is zero")
        try expectPublicRejected(DER.sequence(DER.integer(0), DER.integer(0)), "n is zero")
    }

    @Test(arguments: names.indices)
    func aZeroIntegerIsRejected(index: Int) throws {
        var changed = integers
        changed[index] = [0]
        try expectRejected(pkcs1(changed), .malformedKey, "\(Self.names[index]) is zero")
        if index < 2 {
            try expectPublicRejected(
                DER.sequence(DER.integer(changed[0]), DER.integer(changed[1])),
                "\(Self.names[index]) is zero"
            )
        }
    }

    @Test(arguments: names.indices)
    func negativeAndPaddedIntegersAreRejected(index: Int) throws {
        for (content, fault) in [
            ([0x80] + integers[index], "is negative"),
            ([0, 0] + integers[index], "begins with zeros that DER does not allow"),
        ] {
            var elements = integers.map { DER.integer($0) }
            elements[index] = DER.element(0x02, content)
            let der = DER.sequence(DER.integer(0), Array(elements.joined()))
            try expectRejected(der, .malformedKey, "\(Self.names[index]) \(fault)")
            if index < 2 {
                try expectPublicRejected(DER.sequence(elements[0], elements[1]), "\(Self.names[index]) \(fault)")
            }
        }
    }

    @Test func anEvenModulusAndInvalidExponentsAreRejected() throws {
        var even = integers
        even[0][even[0].count - 1] &= 0xFE
        try expectRejected(pkcs1(even), .malformedKey, "n is even")
        for (exponent, fault) in [
            ([2], "is even"), ([1], "is 1"), ([1, 0, 0, 0, 0, 0, 0, 0, 1], "is longer than 64 bits"),
        ] as [([UInt8], String)] {
            var changed = integers
            changed[1] = exponent
            try expectRejected(pkcs1(changed), .malformedKey, "e \(fault)")
            try expectPublicRejected(DER.sequence(DER.integer(changed[0]), DER.integer(exponent)), "e \(fault)")
        }
    }

    @Test(arguments: 2..<8)
    func integersLongerThanTheModulusAreRejected(index: Int) throws {
        var changed = integers
        changed[index] = [1] + integers[0]
        try expectRejected(pkcs1(changed), .malformedKey, "\(Self.names[index]) is longer than n")
        let secrets = try changed.dropFirst(2).map { try SecretBytes(copying: $0) }
        let code = rejection {
            try RSAPrivateKey(modulus: changed[0], publicExponent: changed[1], secrets: Array(secrets))
        }
        #expect(code == .malformedKey)
    }

    /// A passphrase that is too long is rejected as such, without an attempt to decrypt.
    @Test(arguments: ["pkcs8-aes.pem", "pkcs1-aes.pem", "modern.p12", "pkcs8.der"])
    func passphrasesOver1024BytesAreRejected(name: String) throws {
        let file = try KeyFiles[name]
        let longest = try SecretBytes(copying: [UInt8](repeating: 0x78, count: 1024))
        #expect(
            rejection { try RSAPrivateKey(parsing: file, passphrase: longest) }
                == (name == "pkcs8.der" ? nil : .passphraseWrong)
        )
        let longer = try SecretBytes(copying: [UInt8](repeating: 0x78, count: 1025))
        let error = try #require(thrownError { try RSAPrivateKey(parsing: file, passphrase: longer) })
        #expect(error.code == .invalidSize)
        #expect(error.detail == "a passphrase must be at most 1024 bytes; is it the right file?")
    }

    @Test(arguments: [1, 1023, 1024])
    func passphrasesOfUpTo1024BytesWork(count: Int) throws {
        let passphrase = try SecretBytes(copying: [UInt8](repeating: 0x78, count: count))
        let pem = try TestKeys.first().encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000)
        #expect(try RSAPrivateKey(parsing: pem, passphrase: passphrase).publicKey == TestKeys.first().publicKey)
    }
}
