import KMPrimitives
import KMTestSupport
import Testing

@Suite struct KeySizeTests {
    /// Returns an odd number of exactly `bitCount` bits.
    ///
    /// The modulus of a public key does not have to be a product of primes here, because no test decrypts.
    private func modulus(_ bitCount: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(bitCount))
        var bytes = generator.bytes((bitCount + 7) / 8)
        let topBit = UInt8((bitCount - 1) % 8)
        bytes[0] = bytes[0] & ((1 << topBit) - 1) | 1 << topBit
        bytes[bytes.count - 1] |= 1
        return bytes
    }

    private func spki(_ modulus: [UInt8], _ exponent: [UInt8]) -> [UInt8] {
        let key = DER.sequence(DER.integer(modulus), DER.integer(exponent))
        return DER.sequence(DER.sequence(DER.identifier("1.2.840.113549.1.1.1"), DER.null), DER.bits(key))
    }

    @Test(arguments: [2048, 2049, 3072, 4096, 8191, 8192])
    func keysOf2048To8192BitsAreAccepted(bitCount: Int) throws {
        let modulus = modulus(bitCount)
        let key = try RSAPublicKey(parsing: spki(modulus, [1, 0, 1]))
        #expect(key.bitCount == bitCount)
        #expect(try key == RSAPublicKey(modulus: modulus, publicExponent: [1, 0, 1]))
        #expect(try key.modulus() == modulus)
        #expect(try key.encryptOAEP([1]).count == (bitCount + 7) / 8)
    }

    @Test(arguments: [1024, 2047, 8193, 16_384, 16_385, 100_000])
    func keysOfOtherSizesAreRejected(bitCount: Int) throws {
        let modulus = modulus(bitCount)
        #expect(rejection { try RSAPublicKey(parsing: spki(modulus, [1, 0, 1])) } == .unsupportedKey)
        #expect(rejection { try RSAPublicKey(modulus: modulus, publicExponent: [1, 0, 1]) } == .unsupportedKey)
    }

    /// The size is rejected before the integers are compared with each other, which would take a long time.
    @Test(arguments: [1024, 16_384, 100_000])
    func privateKeysOfOtherSizesAreRejected(bitCount: Int) throws {
        let (modulus, half) = (modulus(bitCount), modulus(bitCount / 2))
        let numbers = [modulus, [1, 0, 1], modulus, half, half, half, half, half].flatMap { DER.integer($0) }
        let pkcs1 = DER.sequence(DER.integer(0), numbers)
        #expect(rejection { try RSAPrivateKey(parsing: pkcs1) } == .unsupportedKey)
    }

    @Test(arguments: [0, 1, 1024, 2047, 8193, 16_384, -1, Int.max])
    func keysOfOtherSizesAreNotGenerated(bitCount: Int) {
        #expect(rejection { try RSAPrivateKey.generate(bitCount: bitCount) } == .unsupportedKey)
    }

    @Test func aKeyOfAnUnusualSizeIsGenerated() throws {
        #expect(try RSAPrivateKey.generate(bitCount: 2056).bitCount == 2056)
    }

    /// FIPS 186-5 requires odd exponents above 2^16.
    ///
    /// Smaller odd exponents are old but sound. An exponent can have at most 64 bits.
    @Test(arguments: [[3], [17], [1, 0, 1], [UInt8](repeating: 0xFF, count: 8), [0, 0, 1, 0, 1]])
    func oddExponentsOfUpTo64BitsAreAccepted(exponent: [UInt8]) throws {
        let key = try RSAPublicKey(modulus: modulus(2048), publicExponent: exponent)
        #expect(try key.publicExponent() == Array(exponent.drop { $0 == 0 }))
    }

    @Test(arguments: [
        [0], [], [1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1], [UInt8](repeating: 0xFF, count: 256),
    ])
    func otherExponentsAreRejected(exponent: [UInt8]) {
        let modulus = modulus(2048)
        #expect(rejection { try RSAPublicKey(modulus: modulus, publicExponent: exponent) } == .malformedKey)
        #expect(rejection { try RSAPublicKey(parsing: spki(modulus, exponent)) } == .malformedKey)
    }

    @Test func evenAndEmptyModuliAreRejected() {
        var even = modulus(2048)
        even[255] &= 0xFE
        for modulus in [even, [], [0], [UInt8](repeating: 0, count: 256)] {
            #expect(rejection { try RSAPublicKey(modulus: modulus, publicExponent: [1, 0, 1]) } == .malformedKey)
        }
    }
}
