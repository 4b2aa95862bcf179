internal import KMPrimitives

/// A block of RSAES-OAEP with SHA-256 (RFC 8017 section 7.1.1, step 2), without its masks.
package struct OAEPBlock {
    /// The first byte, 0 in a right block.
    package var firstByte: UInt8
    /// The seed, 32 bytes.
    package var seed: [UInt8]
    /// The hash of the label, zeros, a separator 1 and the message.
    package var data: [UInt8]

    /// Makes the block of a message.
    package init(_ message: [UInt8], byteCount: Int) throws {
        firstByte = 0
        seed = try SecureRandom.bytes(32)
        let zeros = [UInt8](repeating: 0, count: byteCount - 66 - message.count)
        data = try SHA256.digest([]) + zeros + [1] + message
    }

    /// Removes the masks of a block.
    package init(parsing block: [UInt8]) throws {
        firstByte = block[0]
        let (maskedSeed, maskedData) = (Array(block[1..<33]), Array(block[33...]))
        seed = zip(maskedSeed, try Self.mask(maskedData, 32)).map { $0 ^ $1 }
        data = zip(maskedData, try Self.mask(seed, maskedData.count)).map { $0 ^ $1 }
    }

    /// The block with its masks.
    package func masked() throws -> [UInt8] {
        let maskedData = zip(data, try Self.mask(seed, data.count)).map { $0 ^ $1 }
        return [firstByte] + zip(seed, try Self.mask(maskedData, 32)).map { $0 ^ $1 } + maskedData
    }

    /// MGF1 with SHA-256 (RFC 8017 appendix B.2.1).
    private static func mask(_ seed: [UInt8], _ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for counter in 0..<UInt8((count + 31) / 32) { bytes += try SHA256.digest(seed + [0, 0, 0, counter]) }
        return Array(bytes.prefix(count))
    }
}
