internal import KMPrimitives

/// A deterministic generator of random-looking bytes: HMAC-SHA-256 in counter mode.
///
/// A seed and a label give the same bytes on every machine. Block i of a label, counted from 0, is the HMAC-SHA-256 of
/// the label in UTF-8, a zero byte, and i in four big-endian bytes. The HMAC key is the seed in UTF-8. The bytes of a
/// label are its blocks, concatenated. Since every use has its own label, an added vector does not change the others.
package struct SeededBytes: Sendable {
    private let hmac: HMACSHA256
    private let prefix: String

    /// Creates a generator from a seed.
    package init(seed: String) throws {
        hmac = try HMACSHA256(key: SecretBytes(copying: Array(seed.utf8)))
        prefix = ""
    }

    private init(_ hmac: HMACSHA256, prefix: String) {
        self.hmac = hmac
        self.prefix = prefix
    }

    /// Returns a generator with the same seed that puts `name` and a slash before every label.
    package func scope(_ name: String) -> SeededBytes {
        SeededBytes(hmac, prefix: "\(prefix)\(name)/")
    }

    /// Returns the first `count` bytes of a label.
    package func bytes(_ count: Int, _ label: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var block: UInt32 = 0
        while bytes.count < count {
            let counter = (0..<4).map { UInt8(truncatingIfNeeded: block >> (24 - 8 * $0)) }
            let mac = try hmac.authenticate(Array((prefix + label).utf8) + [0] + counter)
            bytes += mac.bytes
            block += 1
        }
        return Array(bytes.prefix(count))
    }

    /// Returns a number from a range, which must have fewer than 2^64 numbers.
    ///
    /// The number is the lower bound plus the label's first eight bytes, big-endian, modulo the size of the range.
    package func number(_ range: ClosedRange<UInt64>, _ label: String) throws -> UInt64 {
        let number = try bytes(8, label).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return range.lowerBound + number % (range.upperBound - range.lowerBound + 1)
    }

    /// Returns an index from 0 to `count` - 1.
    package func index(below count: Int, _ label: String) throws -> Int {
        Int(try number(0...UInt64(count - 1), label))
    }

    /// Returns `count` decimal digits.
    package func digits(_ count: Int, _ label: String) throws -> String {
        try bytes(count, label).map { String($0 % 10) }.joined()
    }
}

extension HMACSHA256.MAC {
    /// The 32 bytes of the MAC.
    var bytes: [UInt8] { withBytes { mac in mac.indices.map { mac[$0] } } }
}
