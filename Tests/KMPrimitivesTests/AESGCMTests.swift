import KMPrimitives
import KMTestSupport
import Testing

@Suite struct AESGCMTests {
    /// Around a block, a whole TLS record, and nothing.
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
            refusal {
                try cipher.open(sealed.ciphertext, tag: sealed.tag, iv: iv, associatedData: longer)
            } == .authenticationFailed
        )
    }

    /// Every bit of everything that goes into the opening, one at a time.
    @Test(arguments: [16, 32], [0, 1, 17])
    func everyFlippedBitIsRefused(keyByteCount: Int, size: Int) throws {
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
                let code = refusal {
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

    @Test func longerAndShorterCiphertextsAreRefused() throws {
        let cipher = try cipher(16)
        let plaintext = [UInt8](repeating: 5, count: 33)
        let (ciphertext, tag) = try cipher.seal(plaintext, iv: iv, associatedData: associatedData)
        for other in [Array(ciphertext.dropLast()), ciphertext + [0], [], Array(ciphertext.dropFirst())] {
            let code = refusal {
                try cipher.open(other, tag: tag, iv: iv, associatedData: associatedData)
            }
            #expect(code == .authenticationFailed, "\(other.count) bytes")
        }
    }

    @Test func failuresTellNothing() throws {
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
    func keysOfOtherSizesAreRefused(byteCount: Int) throws {
        let key = try SecretBytes(randomCount: byteCount)
        #expect(refusal { try AESGCM(key: key) } == .invalidSize)
    }

    @Test(arguments: [0, 1, 8, 11, 13, 16])
    func ivsOfOtherSizesAreRefused(byteCount: Int) throws {
        let cipher = try cipher(16)
        let iv = [UInt8](repeating: 0, count: byteCount)
        let tag = [UInt8](repeating: 0, count: 16)
        #expect(refusal { try cipher.seal([1], iv: iv, associatedData: []) } == .invalidSize)
        #expect(refusal { try cipher.open([1], tag: tag, iv: iv, associatedData: []) } == .invalidSize)
    }

    @Test(arguments: [0, 4, 12, 15, 17, 32])
    func tagsOfOtherSizesAreRefused(byteCount: Int) throws {
        let cipher = try cipher(16)
        let (ciphertext, tag) = try cipher.seal([1], iv: iv, associatedData: [])
        let cut = Array((tag + tag).prefix(byteCount))
        let code = refusal { try cipher.open(ciphertext, tag: cut, iv: iv, associatedData: []) }
        #expect(code == .invalidSize)
    }

    /// The Galois/Counter Mode of Operation (McGrew, Viega), appendix B, test cases 1, 2, 4, 13, 14 and 16.
    @Test(arguments: GCMVector.all)
    func publishedVectors(_ vector: GCMVector) throws {
        let cipher = try AESGCM(key: SecretBytes(copying: vector.key))
        let sealed = try cipher.seal(vector.plaintext, iv: vector.iv, associatedData: vector.associatedData)
        #expect(sealed.ciphertext == vector.ciphertext)
        #expect(sealed.tag == vector.tag)
    }
}

struct GCMVector: Sendable {
    let key, iv, plaintext, associatedData, ciphertext, tag: [UInt8]

    init(
        _ key: String,
        _ iv: String,
        _ plaintext: String,
        _ associatedData: String,
        _ ciphertext: String,
        _ tag: String
    ) {
        self.key = [UInt8](hex: key)
        self.iv = [UInt8](hex: iv)
        self.plaintext = [UInt8](hex: plaintext)
        self.associatedData = [UInt8](hex: associatedData)
        self.ciphertext = [UInt8](hex: ciphertext)
        self.tag = [UInt8](hex: tag)
    }

    private static let zeros = "00000000000000000000000000000000"
    private static let key = "feffe9928665731c6d6a8f9467308308"
    private static let iv = "cafebabefacedbaddecaf888"
    private static let plaintext = """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
        """
    private static let associatedData = "feedfacedeadbeeffeedfacedeadbeefabaddad2"

    static let all = [
        GCMVector(zeros, "000000000000000000000000", "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"),
        GCMVector(
            zeros,
            "000000000000000000000000",
            zeros,
            "",
            "0388dace60b6a392f328c2b971b2fe78",
            "ab6e47d42cec13bdf53a67b21257bddf"
        ),
        GCMVector(
            key,
            iv,
            plaintext,
            associatedData,
            """
            42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
            21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091
            """,
            "5bc94fbc3221a5db94fae95ae7121a47"
        ),
        GCMVector(zeros + zeros, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        GCMVector(
            zeros + zeros,
            "000000000000000000000000",
            zeros,
            "",
            "cea7403d4d606b6e074ec5d3baf39d18",
            "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        GCMVector(
            key + key,
            iv,
            plaintext,
            associatedData,
            """
            522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
            8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
            """,
            "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]
}
