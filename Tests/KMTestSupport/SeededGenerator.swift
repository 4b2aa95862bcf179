/// A random number generator (SplitMix64) with the same numbers in every run, so that failures are reproducible.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// Returns true once in `count` times on average.
    package mutating func once(in count: Int) -> Bool { below(count) == 0 }

    package mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }

    package mutating func pick<Element>(_ items: [Element]) -> Element { items[below(items.count)] }
}

extension [UInt8] {
    /// Returns a copy with one to three defects that damaged files can have.
    ///
    /// A defect flips a bit, or replaces, removes, inserts, swaps or repeats bytes, or truncates the copy at one end.
    package func mutated(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: at)
            case 4: bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            case 5: bytes.removeFirst(Int.random(in: 1...bytes.count, using: &generator))
            case 6: bytes.swapAt(at, Int.random(in: bytes.indices, using: &generator))
            default:
                let end = Swift.min(bytes.count, at + Int.random(in: 1...16, using: &generator))
                bytes.insert(contentsOf: Array(bytes[at..<end]), at: Int.random(in: 0...bytes.count, using: &generator))
            }
        }
        return bytes
    }
}
