import KMPrimitives
import KMTestSupport
import Testing

/// scrypt and HKDF against the vectors of their RFCs.
@Suite struct KeyDerivationTests {
    /// RFC 7914 section 12, the vectors whose N is large enough here.
    @Test(
        arguments: [
            (
                "password", "NaCl", 1024, 8, 16,
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", 16384, 8, 1,
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
        ]
    )
    func scryptMatchesTheRFC(_ passphrase: String, _ salt: String, _ n: Int, _ r: Int, _ p: Int, _ key: String) throws {
        let derived = try ScryptCost(n: n, r: r, p: p)
            .key(from: SecretBytes(passphrase), salt: salt.bytes, byteCount: 64)
        #expect(hexadecimal(derived.exposed) == key)
    }

    @Test func theStandardCostRuns() throws {
        let key = try ScryptCost.standard.key(from: SecretBytes("x"), salt: [1], byteCount: 32)
        #expect(key.count == 32)
    }

    @Test(arguments: [
        (1000, 8, 1), (512, 8, 1), (1 << 24, 8, 1), (1 << 20, 9, 1), (1024, 0, 1), (1024, 8, 17), (-1, 1, 1),
    ])
    func costsBeyondTheBoundsAreRejected(_ n: Int, _ r: Int, _ p: Int) {
        #expect(rejection { try ScryptCost(n: n, r: r, p: p) } == .limitExceeded)
    }

    /// RFC 5869 appendix A.1 and A.3.
    @Test func hkdfMatchesTheRFC() throws {
        let input = try SecretBytes(copying: [UInt8](repeating: 0x0b, count: 22))
        let first = try hkdf(input, salt: Array(0...12), info: Array(0xf0...0xf9), byteCount: 42)
        #expect(
            hexadecimal(first.exposed)
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )
        let second = try hkdf(input, info: [], byteCount: 42)
        #expect(
            hexadecimal(second.exposed)
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        )
    }

    @Test func hkdfRejectsImpossibleSizes() throws {
        let input = try SecretBytes("x")
        #expect(rejection { try hkdf(input, info: [], byteCount: 8161) } == .cryptographyUnavailable)
        #expect(OpenSSL.drainErrorQueue() == 0)
    }
}
