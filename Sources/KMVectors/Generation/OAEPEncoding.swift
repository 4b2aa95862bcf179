internal import KMPrimitives

/// RSAES-OAEP's encoding with SHA-256 throughout and a seed that is given (RFC 8017 section 7.1.1, step 2).
///
/// For test vectors alone: OpenSSL draws the seed itself, and does not let it be given.
enum OAEPEncoding {
    /// The encoded message EM, of `byteCount` bytes, of a message of at most `byteCount` - 66.
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

    /// MGF1 with SHA-256 (RFC 8017 appendix B.2.1).
    private static func mask(_ seed: [UInt8], _ count: Int) throws -> [UInt8] {
        var mask: [UInt8] = []
        var counter: UInt8 = 0
        // 256 blocks of 32 bytes are more than the largest key asks for.
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
