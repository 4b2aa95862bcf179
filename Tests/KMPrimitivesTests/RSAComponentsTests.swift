import KMPrimitives
import KMTestSupport
import Testing

/// Private keys of bare integers, taken from a PKCS#1 file.
@Suite struct RSAComponentsTests {
    /// n, e, d, p, q, dp, dq, qi of the pair in `pkcs1.der`.
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

    @Test func withAllSecretIntegers() throws {
        #expect(integers.count == 8)
        let pair = try pair(integers)
        #expect(try works(pair))
        #expect(try pair.insecurePKCS8DER().exposed == KeyFiles["pkcs8.der"])
    }

    @Test func withTheExponentAlone() throws {
        let pair = try pair(integers, secretCount: 1)
        #expect(try works(pair))
        #expect(try pair.publicKey == RSAPublicKey(parsing: KeyFiles["spki.pem"]))
    }

    /// PKCS#1 and PKCS#8 have places for primes that are not there: an error, not a file that nothing reads.
    @Test func withTheExponentAloneItIsExportedWholeOrNotAtAll() throws {
        let pair = try pair(integers, secretCount: 1)
        let code = refusal {
            let exported = try pair.insecurePKCS8PEM()
            #expect(try works(RSAPrivateKey(parsing: exported)))
        }
        #expect(code == nil || code == .cryptographyUnavailable)
    }

    @Test func leadingZerosMakeNoDifference() throws {
        #expect(try works(pair(integers.map { [0] + $0 })))
    }

    @Test(arguments: [0, 2, 3, 4, 5])
    func otherNumbersOfSecretIntegersAreRefused(secretCount: Int) {
        #expect(refusal { try pair(integers, secretCount: secretCount) } == .malformedKey)
    }

    /// One wrong integer is enough, whichever it is.
    @Test(arguments: 0..<8)
    func aWrongIntegerIsRefused(index: Int) throws {
        var changed = integers
        // Stays odd, and of the same size.
        changed[index][changed[index].count / 2] ^= 0x10
        #expect(refusal { try pair(changed) } == .malformedKey)
    }

    @Test(
        arguments: 0..<8,
        [[], [0], [1], [2], [UInt8](repeating: 0xFF, count: 1025), [UInt8](repeating: 1, count: 1026)]
    )
    func absurdIntegersAreRefused(index: Int, integer: [UInt8]) throws {
        var changed = integers
        changed[index] = integer
        let code = refusal { try pair(changed) }
        #expect(code == .malformedKey || code == .unsupportedKey)
    }

    @Test func swappedIntegersAreRefused() throws {
        for (left, right) in [(0, 2), (2, 3), (5, 6), (3, 7)] {
            var changed = integers
            changed.swapAt(left, right)
            let code = refusal { try pair(changed) }
            #expect(code == .malformedKey || code == .unsupportedKey, "\(left), \(right)")
        }
    }

    @Test func halvesOfTwoPairsAreRefused() throws {
        let other = try TestKeys.first().publicKey
        let secrets = try integers.dropFirst(2).map { try SecretBytes(copying: $0) }
        let (modulus, exponent) = (try other.modulus(), try other.publicExponent())
        for count in [1, 6] {
            let code = refusal {
                try RSAPrivateKey(modulus: modulus, publicExponent: exponent, secrets: Array(secrets.prefix(count)))
            }
            #expect(code == .malformedKey, "\(count)")
        }
    }
}
