import KMPrimitives
import KMTestSupport
import Testing

/// Private keys made from the integers of a PKCS#1 file.
@Suite struct RSAComponentsTests {
    /// The integers n, e, d, p, q, dp, dq and qi of the key in `pkcs1.der`.
    private let integers: [[UInt8]]

    init() throws {
        integers = try PKCS1.integers(of: KeyFiles["pkcs1.der"])
    }

    private func pair(_ integers: [[UInt8]], secretCount: Int = 6) throws -> RSAPrivateKey {
        let secrets = try integers.dropFirst(2).prefix(secretCount).map { try SecretBytes(copying: $0) }
        return try RSAPrivateKey(modulus: integers[0], publicExponent: integers[1], secrets: Array(secrets))
    }

    private func works(_ pair: RSAPrivateKey) throws -> Bool {
        let ciphertext = try RSAPublicKey(parsing: KeyFiles["spki.pem"]).encryptOAEP([1, 2, 3])
        return try pair.decryptOAEP(ciphertext).exposed == [1, 2, 3]
    }

    @Test func aKeyOfAllSecretIntegersDecrypts() throws {
        #expect(integers.count == 8)
        let pair = try pair(integers)
        #expect(try works(pair))
        #expect(try pair.insecurePKCS8DER().exposed == KeyFiles["pkcs8.der"])
    }

    @Test func aKeyOfThePrivateExponentAloneDecrypts() throws {
        let pair = try pair(integers, secretCount: 1)
        #expect(try works(pair))
        #expect(try pair.publicKey == RSAPublicKey(parsing: KeyFiles["spki.pem"]))
    }

    /// PKCS#1 and PKCS#8 require the primes.
    ///
    /// The export of a key without them must fail, or give a file that can be read again.
    @Test func aKeyWithoutPrimesIsExportedCompletelyOrNotAtAll() throws {
        let pair = try pair(integers, secretCount: 1)
        let code = rejection {
            let exported = try pair.insecurePKCS8PEM()
            #expect(try works(RSAPrivateKey(parsing: exported)))
        }
        #expect(code == nil || code == .cryptographyUnavailable)
    }

    @Test func leadingZerosAreIgnored() throws {
        #expect(try works(pair(integers.map { [0] + $0 })))
    }

    @Test(arguments: [0, 2, 3, 4, 5])
    func otherNumbersOfSecretIntegersAreRejected(secretCount: Int) {
        #expect(rejection { try pair(integers, secretCount: secretCount) } == .malformedKey)
    }

    /// Each integer in turn has one bit changed.
    @Test(arguments: 0..<8)
    func aWrongIntegerIsRejected(index: Int) throws {
        var changed = integers
        // The integer stays odd and keeps its size.
        changed[index][changed[index].count / 2] ^= 0x10
        #expect(rejection { try pair(changed) } == .malformedKey)
    }

    @Test(
        arguments: 0..<8,
        [[], [0], [1], [2], [UInt8](repeating: 0xFF, count: 1025), [UInt8](repeating: 1, count: 1026)]
    )
    func tinyAndHugeIntegersAreRejected(index: Int, integer: [UInt8]) throws {
        var changed = integers
        changed[index] = integer
        let code = rejection { try pair(changed) }
        #expect(code == .malformedKey || code == .unsupportedKey)
    }

    @Test func swappedIntegersAreRejected() throws {
        for (left, right) in [(0, 2), (2, 3), (5, 6), (3, 7)] {
            var changed = integers
            changed.swapAt(left, right)
            let code = rejection { try pair(changed) }
            #expect(code == .malformedKey || code == .unsupportedKey, "\(left), \(right)")
        }
    }

    @Test func publicAndPrivateIntegersOfDifferentKeysAreRejected() throws {
        let other = try TestKeys.first().publicKey
        let secrets = try integers.dropFirst(2).map { try SecretBytes(copying: $0) }
        let (modulus, exponent) = (try other.modulus(), try other.publicExponent())
        for count in [1, 6] {
            let code = rejection {
                try RSAPrivateKey(modulus: modulus, publicExponent: exponent, secrets: Array(secrets.prefix(count)))
            }
            #expect(code == .malformedKey, "\(count)")
        }
    }
}
