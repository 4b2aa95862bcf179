internal import KMPrimitives

/// The encoding step of RSAES-OAEP with a given seed (RFC 8017 section 7.1.1, step 2).
///
/// The hash of OAEP and of MGF1 is SHA-256. This code exists for test vectors only: OpenSSL generates the seed itself
/// and does not accept one.
enum OAEPEncoding {
    /// Returns the encoded message EM, which has `byteCount` bytes; the message has at most `byteCount` - 66.
    static func encode(
        _ message: [UInt8],
        seed: [UInt8],
        byteCount: Int,
        label: [UInt8] = []
    ) throws -> [UInt8] {
        let hashCount = 32
        let padding = [UInt8](repeating: 0, count: byteCount - message.count - 2 * hashCount - 2)
        let dataBlock = try SHA256.digest(label) + padding + [1] + message
        let maskedDataBlock = try xor(dataBlock, mask(seed, byteCount - hashCount - 1))
        let maskedSeed = try xor(seed, mask(maskedDataBlock, hashCount))
        return [0] + maskedSeed + maskedDataBlock
    }

    /// Returns `count` bytes of MGF1 with SHA-256 (RFC 8017 appendix B.2.1).
    private static func mask(_ seed: [UInt8], _ count: Int) throws -> [UInt8] {
        var mask: [UInt8] = []
        var counter: UInt8 = 0
        // One byte of the counter is enough: 256 blocks of 32 bytes exceed the size of the largest key.
        while mask.count < count {
            mask += try SHA256.digest(seed + [0, 0, 0, counter])
            counter += 1
        }
        return Array(mask.prefix(count))
    }

    private static func xor(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        zip(left, right).map { $0 ^ $1 }
    }
}
