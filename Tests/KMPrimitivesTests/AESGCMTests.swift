import KMPrimitives
import KMTestSupport
import Testing

@Suite struct AESGCMTests {
    /// An empty plaintext, sizes around that of a block, and large sizes.
    static let sizes = [0, 1, 15, 16, 17, 255, 65_536]

    private let iv = [UInt8](repeating: 7, count: 12)
    private let associatedData = "header".bytes

    private func cipher(_ keyByteCount: Int, filledWith byte: UInt8 = 1) throws -> AESGCM {
        try AESGCM(key: SecretBytes(copying: [UInt8](repeating: byte, count: keyByteCount)))
    }

    @Test(arguments: [16, 32], sizes)
    func roundTrip(keyByteCount: Int, size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size))
        let plaintext = generator.bytes(size)
        let cipher = try cipher(keyByteCount)
        let sealed = try cipher.seal(plaintext, iv: iv, associatedData: associatedData)
        #expect(sealed.ciphertext.count == size)
        #expect(sealed.tag.count == 16)
        #expect(size < 15 || sealed.ciphertext != plaintext)
        let opened = try cipher.open(
            sealed.ciphertext,
            tag: sealed.tag,
            iv: iv,
            associatedData: associatedData
        )
        #expect(opened == plaintext)
    }

    @Test(arguments: [0, 1, 16, 33])
    func associatedDataOfAnySizeIsAuthenticated(size: Int) throws {
        let cipher = try cipher(32)
        let associatedData = [UInt8](repeating: 9, count: size)
        let sealed = try cipher.seal([1, 2, 3], iv: iv, associatedData: associatedData)
        let opened = try cipher.open(
            sealed.ciphertext,
            tag: sealed.tag,
            iv: iv,
            associatedData: associatedData
        )
        #expect(opened == [1, 2, 3])
        let longer = associatedData + [0]
        #expect(
            rejection {
                try cipher.open(sealed.ciphertext, tag: sealed.tag, iv: iv, associatedData: longer)
            } == .authenticationFailed
        )
    }

    /// Flips each bit of each input of decryption, one at a time.
    @Test(arguments: [16, 32], [0, 1, 17])
    func anyFlippedBitIsRejected(keyByteCount: Int, size: Int) throws {
        let key = [UInt8](repeating: 1, count: keyByteCount)
        let cipher = try cipher(keyByteCount)
        let plaintext = [UInt8](repeating: 5, count: size)
        let (ciphertext, tag) = try cipher.seal(plaintext, iv: iv, associatedData: associatedData)
        let inputs = [key, iv, associatedData, ciphertext, tag]
        for input in inputs.indices {
            for bit in 0..<inputs[input].count * 8 {
                var changed = inputs
                changed[input][bit / 8] ^= 1 << UInt8(bit % 8)
                let other = try AESGCM(key: SecretBytes(copying: changed[0]))
                let code = rejection {
                    try other.open(
                        changed[3],
                        tag: changed[4],
                        iv: changed[1],
                        associatedData: changed[2]
                    )
                }
                #expect(code == .authenticationFailed, "input \(input), bit \(bit)")
            }
        }
    }

    @Test func longerAndShorterCiphertextsAreRejected() throws {
        let cipher = try cipher(16)
        let plaintext = [UInt8](repeating: 5, count: 33)
        let (ciphertext, tag) = try cipher.seal(plaintext, iv: iv, associatedData: associatedData)
        for other in [Array(ciphertext.dropLast()), ciphertext + [0], [], Array(ciphertext.dropFirst())] {
            let code = rejection {
                try cipher.open(other, tag: tag, iv: iv, associatedData: associatedData)
            }
            #expect(code == .authenticationFailed, "\(other.count) bytes")
        }
    }

    @Test func failuresDoNotRevealTheirCause() throws {
        let cipher = try cipher(16)
        let (ciphertext, tag) = try cipher.seal([1, 2, 3], iv: iv, associatedData: [])
        let wrongTag = tag.map { ~$0 }
        let errors = [
            thrownError { try cipher.open(ciphertext, tag: wrongTag, iv: iv, associatedData: []) },
            thrownError { try cipher.open([], tag: tag, iv: iv, associatedData: []) },
        ]
        #expect(errors.allSatisfy { $0?.detail.isEmpty == true && $0?.description == "authenticationFailed" })
    }

    @Test(arguments: [0, 1, 15, 17, 24, 31, 33, 64])
    func keysOfOtherSizesAreRejected(byteCount: Int) throws {
        let key = try SecretBytes(randomCount: byteCount)
        #expect(rejection { try AESGCM(key: key) } == .invalidSize)
    }

    @Test(arguments: [0, 1, 8, 11, 13, 16])
    func ivsOfOtherSizesAreRejected(byteCount: Int) throws {
        let cipher = try cipher(16)
        let iv = [UInt8](repeating: 0, count: byteCount)
        let tag = [UInt8](repeating: 0, count: 16)
        #expect(rejection { try cipher.seal([1], iv: iv, associatedData: []) } == .invalidSize)
        #expect(rejection { try cipher.open([1], tag: tag, iv: iv, associatedData: []) } == .invalidSize)
    }

    @Test(arguments: [0, 4, 12, 15, 17, 32])
    func tagsOfOtherSizesAreRejected(byteCount: Int) throws {
        let cipher = try cipher(16)
        let (ciphertext, tag) = try cipher.seal([1], iv: iv, associatedData: [])
        let cut = Array((tag + tag).prefix(byteCount))
        let code = rejection { try cipher.open(ciphertext, tag: cut, iv: iv, associatedData: []) }
        #expect(code == .invalidSize)
    }

    /// Test cases 1, 2, 4, 13, 14 and 16 of appendix B of The Galois/Counter Mode of Operation (McGrew, Viega).
    @Test(arguments: GCMVector.all)
    func agreesWithPublishedVectors(_ vector: GCMVector) throws {
        let cipher = try AESGCM(key: SecretBytes(copying: vector.key))
        let sealed = try cipher.seal(vector.plaintext, iv: vector.iv, associatedData: vector.associatedData)
        #expect(sealed.ciphertext == vector.ciphertext)
        #expect(sealed.tag == vector.tag)
    }
}
