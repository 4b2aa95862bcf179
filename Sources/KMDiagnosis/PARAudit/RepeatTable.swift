/// Finds keys that appear with more than one value, in limited memory.
///
/// It keeps every key up to a limit, then every second, fourth and so on, chosen by the key. Of a kept key, all
/// appearances are compared.
struct RepeatTable {
    /// The largest number of keys that are kept.
    private static let limit = 1 << 15

    /// A key that appeared with two values.
    struct Repeat: Hashable {
        /// The numbers of the two pairs.
        let first: Int
        let second: Int
    }

    private var known: [UInt64: (value: UInt64, line: Int)] = [:]
    private var mask: UInt64 = 0
    /// The number of appearances of kept keys with another value than before.
    private(set) var count = 0
    /// The first few of them.
    private(set) var repeats: [Repeat] = []
    /// Whether some keys were not kept.
    var isSample: Bool { mask > 0 }
    /// The share of the keys that are kept.
    var share: Double { 1 / Double(mask + 1) }

    /// Adds a key with its value.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - value: The value.
    ///   - line: The number of the pair.
    /// - Returns: Whether the key is one of those to keep, and appears for the first time.
    @discardableResult
    mutating func add(_ key: UInt64, value: UInt64, line: Int) -> Bool {
        guard key & mask == 0 else { return false }
        guard let earlier = known[key] else {
            known[key] = (value, line)
            if known.count > Self.limit {
                mask = mask << 1 | 1
                known = known.filter { $0.key & mask == 0 }
            }
            return true
        }
        guard earlier.value != value else { return false }
        count += 1
        if repeats.count < 4 { repeats.append(Repeat(first: earlier.line, second: line)) }
        return false
    }
}
