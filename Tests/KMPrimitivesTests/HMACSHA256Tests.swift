import KMPrimitives
import KMTestSupport
import Testing

@Suite struct HMACSHA256Tests {
    private func mac(_ key: [UInt8], _ message: [UInt8]) throws -> [UInt8] {
        try HMACSHA256(key: SecretBytes(copying: key)).authenticate(message).exposed
    }

    /// Test cases 1 to 4, 6 and 7 of RFC 4231 section 4; case 5 is about truncation.
    @Test func agreesWithRFC4231() throws {
        let cases: [(key: [UInt8], message: [UInt8], mac: String)] = [
            (
                [UInt8](repeating: 0x0B, count: 20), "Hi There".bytes,
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                "Jefe".bytes, "what do ya want for nothing?".bytes,
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                Array(1...25), [UInt8](repeating: 0xCD, count: 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131),
                "Test Using Larger Than Block-Size Key - Hash Key First".bytes,
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131),
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").bytes,
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ]
        for (index, item) in cases.enumerated() {
            #expect(try mac(item.key, item.message) == [UInt8](hex: item.mac), "case \(index)")
        }
    }

    /// Keys and messages have sizes around the hash's block of 64 bytes.
    @Test(arguments: [1, 31, 32, 63, 64, 65, 200])
    func agreesWithTheOpenSSLCommand(keyByteCount: Int) throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        var generator = SeededGenerator(seed: UInt64(keyByteCount))
        let key = generator.bytes(keyByteCount)
        let digits = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        for size in [0, 1, 64, 1000] {
            let message = generator.bytes(size)
            try openssl.write(message, to: "message")
            let expected = try openssl("dgst -sha256 -mac HMAC -macopt hexkey:\(digits) -binary message")
            #expect(try mac(key, message) == expected, "\(size) bytes")
        }
    }

    /// RFC 2104 pads short keys with zeros to the block's size, so the empty key and a block of zeros are the same key.
    ///
    /// The `openssl` command does not accept an empty key, so the expected MAC is written here.
    @Test func theEmptyKeyEqualsABlockOfZeros() throws {
        let expected = [UInt8](hex: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(try mac([], []) == expected)
        #expect(try mac([UInt8](repeating: 0, count: 64), []) == expected)
        #expect(try mac([UInt8](repeating: 0, count: 65), []) != expected)
    }

    @Test func aMACIsValidOnlyForItsMessageAndKey() throws {
        let hmac = try HMACSHA256(key: SecretBytes("a key"))
        let mac = try hmac.authenticate("a message".bytes)
        #expect(try hmac.isValid(mac, for: "a message".bytes))
        #expect(try !hmac.isValid(mac, for: "a messagf".bytes))
        #expect(try !hmac.isValid(mac, for: []))
        #expect(try !HMACSHA256(key: SecretBytes("a kez")).isValid(mac, for: "a message".bytes))
    }

    @Test func aMACWithAnyFlippedBitIsRejected() throws {
        let hmac = try HMACSHA256(key: SecretBytes("a key"))
        let bytes = try hmac.authenticate([1, 2, 3]).exposed
        for bit in 0..<256 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let mac = try #require(HMACSHA256.MAC(changed))
            #expect(try !hmac.isValid(mac, for: [1, 2, 3]), "bit \(bit)")
        }
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func macsOfOtherSizesAreRejected(byteCount: Int) {
        let bytes = [UInt8](repeating: 1, count: byteCount)
        #expect(HMACSHA256.MAC(bytes) == nil)
    }

    /// The computation of a MAC only reads the value's state.
    @Test func manyTasksCanUseOneValue() async throws {
        let hmac = try HMACSHA256(key: SecretBytes("a key"))
        let messages = (0..<64).map { [UInt8](repeating: UInt8($0), count: $0 * 7) }
        let expected = try messages.map { try hmac.authenticate($0) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try zip(messages, expected).allSatisfy { try hmac.authenticate($0) == $1 } }
            }
            for try await same in group { #expect(same) }
        }
    }
}
