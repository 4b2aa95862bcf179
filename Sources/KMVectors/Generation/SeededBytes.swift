internal import KMPrimitives

/// Bytes that look random and are the same wherever they are made: HMAC-SHA-256 in counter mode.
///
/// Block number i, from 0, of a label is HMAC-SHA-256 with the seed's UTF-8 for the key, over the label's UTF-8, a zero
/// byte, and i in four bytes, big-endian. A label's bytes are its blocks, one after the other. Since every use has a
/// label of its own, a vector that is added changes none of the others.
struct SeededBytes {
    private let hmac: HMACSHA256
    private let prefix: String

    init(seed: String) throws {
        hmac = try HMACSHA256(key: SecretBytes(copying: Array(seed.utf8)))
        prefix = ""
    }

    private init(_ hmac: HMACSHA256, prefix: String) {
        self.hmac = hmac
        self.prefix = prefix
    }

    /// The same seed, with `name` and a slash before every label.
    func scope(_ name: String) -> SeededBytes {
        SeededBytes(hmac, prefix: "\(prefix)\(name)/")
    }

    /// The first `count` bytes of a label.
    func bytes(_ count: Int, _ label: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var block: UInt32 = 0
        while bytes.count < count {
            let counter = (0..<4).map { UInt8(truncatingIfNeeded: block >> (24 - 8 * $0)) }
            let mac = try hmac.authenticate(Array((prefix + label).utf8) + [0] + counter)
            mac.withBytes { mac in bytes += mac.indices.map { mac[$0] } }
            block += 1
        }
        return Array(bytes.prefix(count))
    }

    /// A number from a range of fewer than 2^64: the label's first eight bytes, big-endian, modulo the range's size.
    func number(_ range: ClosedRange<UInt64>, _ label: String) throws -> UInt64 {
        let number = try bytes(8, label).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return range.lowerBound + number % (range.upperBound - range.lowerBound + 1)
    }

    /// A place among `count`.
    func index(below count: Int, _ label: String) throws -> Int {
        Int(try number(0...UInt64(count - 1), label))
    }

    /// So many decimal digits.
    func digits(_ count: Int, _ label: String) throws -> String {
        try bytes(count, label).map { String($0 % 10) }.joined()
    }
}
