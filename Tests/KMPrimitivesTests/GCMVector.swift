import KMTestSupport

/// A published vector of AES-GCM with a 96-bit IV.
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
