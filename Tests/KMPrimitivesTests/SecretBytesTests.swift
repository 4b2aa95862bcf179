import KMPrimitives
import KMTestSupport
import Testing

@Suite struct SecretBytesTests {
    @Test(arguments: [0, 1, 32, 100_000])
    func holdsACopy(count: Int) throws {
        var bytes = [UInt8](repeating: 0x5A, count: count)
        let secret = try SecretBytes(copying: bytes)
        for index in bytes.indices { bytes[index] = 0 }
        #expect(secret.count == count)
        #expect(secret.exposed == [UInt8](repeating: 0x5A, count: count))
    }

    @Test func equalityComparesTheBytes() throws {
        let secret = try SecretBytes(copying: [1, 2, 3])
        #expect(try secret == SecretBytes(copying: [1, 2, 3]))
        #expect(secret == secret)
        #expect(try SecretBytes(copying: []) == SecretBytes(copying: []))
        for other: [UInt8] in [[1, 2, 4], [0, 2, 3], [1, 2], [1, 2, 3, 0], []] {
            #expect(try secret != SecretBytes(copying: other), "\(other)")
        }
    }

    @Test func randomBytesDiffer() throws {
        let secrets = try (0..<50).map { _ in try SecretBytes(randomCount: 16) }
        #expect(Set(secrets.map(\.exposed)).count == 50)
        #expect(try SecretBytes(randomCount: 0).count == 0)
    }

    @Test func aNegativeCountIsRejected() {
        #expect(rejection { try SecretBytes(randomCount: -1) } == .invalidSize)
        #expect(rejection { try SecretBytes(randomCount: .min) } == .invalidSize)
    }

    @Test func anUninitializedSecretIsZero() throws {
        // Uses memory first, so that a secret whose memory is not cleared shows old bytes.
        for _ in 0..<20 { _ = try SecretBytes(randomCount: 333) }
        for _ in 0..<20 {
            let secret = try SecretBytes(count: 333) { _ in }
            #expect(secret.exposed.allSatisfy { $0 == 0 })
        }
    }

    @Test func errorsOfTheClosureAreRethrown() {
        #expect(
            rejection { try SecretBytes(count: 5) { _ in throw KMError(.limitExceeded) } } == .limitExceeded
        )
    }

    @Test func extractingARangeCopiesIt() throws {
        let secret = try SecretBytes(copying: Array(0..<10))
        #expect(try secret.extracting(3..<7).exposed == [3, 4, 5, 6])
        #expect(try secret.extracting(10..<10).count == 0)
    }
}

@Suite struct ConstantTimeTests {
    @Test func constantTimeEqualityAgreesWithArrayEquality() {
        var generator = SeededGenerator(seed: 1)
        for count in 0..<40 {
            let bytes = generator.bytes(count)
            #expect(constantTimeEquals(bytes, bytes))
            #expect(!constantTimeEquals(bytes, bytes + [0]))
            #expect(!constantTimeEquals([0] + bytes, bytes))
            for bit in 0..<count * 8 {
                var other = bytes
                other[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!constantTimeEquals(bytes, other))
            }
        }
    }
}

@Suite struct SecureRandomTests {
    @Test(arguments: [0, 1, 12, 16, 4096])
    func returnsTheRequestedNumberOfBytes(count: Int) throws {
        #expect(try SecureRandom.bytes(count).count == count)
    }

    @Test func eachCallReturnsDifferentBytes() throws {
        let texts = try (0..<100).map { _ in try SecureRandom.bytes(12) }
        #expect(Set(texts).count == 100)
    }

    @Test(arguments: [-1, -4096, Int.min])
    func aNegativeCountIsRejected(count: Int) {
        #expect(rejection { try SecureRandom.bytes(count) } == .invalidSize)
    }
}

@Suite struct SHA256Tests {
    /// The digests of the empty message and of the examples of FIPS 180-4, the longest of which fills two blocks.
    @Test func agreesWithPublishedDigests() throws {
        let digests = [
            "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ]
        for (message, digest) in digests {
            #expect(try SHA256.digest(message.bytes) == [UInt8](hex: digest))
        }
    }
}
