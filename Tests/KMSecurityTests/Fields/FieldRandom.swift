import Foundation

/// A SplitMix64 generator, which gives the same numbers for the same seed on every machine.
struct FieldRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Returns true once in `count` times on average.
    mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }

    mutating func pick<Element>(_ items: [Element]) -> Element { items[below(items.count)] }

    /// The seeds of property tests: 1 to 24, or the one in `KMSEC_FIELD_SEED`, to reproduce a failure or to try others.
    static let seeds: [UInt64] = {
        if let text = ProcessInfo.processInfo.environment["KMSEC_FIELD_SEED"], let seed = UInt64(text) { return [seed] }
        return Array(1...24)
    }()
}
