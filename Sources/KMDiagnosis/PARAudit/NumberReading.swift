/// How digits are read as a number.
struct NumberReading: Hashable {
    /// How the PAN's digits are read: 10 for a decimal number, 16 or 36 for a number in that base.
    let panBase: UInt64
    /// The base in which the PAR's characters are read: 10, 16 or 36.
    let base: UInt64

    /// All readings, without those that give the same relations.
    static let all = [
        NumberReading(panBase: 10, base: 10), NumberReading(panBase: 10, base: 16),
        NumberReading(panBase: 16, base: 16), NumberReading(panBase: 10, base: 36),
        NumberReading(panBase: 36, base: 36),
    ]

    /// The largest number of characters whose numbers, and sums of them, fit in 64 bits.
    var maximumCount: Int { base == 10 ? 18 : base == 16 ? 15 : 11 }

    /// Whether the last character depends only on the last digit, so that digits to the left cannot change it.
    var isSameBase: Bool { panBase == base }

    /// The base's name in a sentence.
    var name: String { base == 10 ? "decimal" : base == 16 ? "hexadecimal" : "base 36" }

    /// The name of how the PAN's digits are read, for a sentence.
    var panName: String { isSameBase ? "" : " (a decimal number)" }

    /// Returns base^count.
    func modulus(_ count: Int) -> UInt64 { (0..<count).reduce(1) { power, _ in power * base } }
}

/// Arithmetic modulo numbers below 2^62.
enum Modular {
    static func product(_ first: UInt64, _ second: UInt64, _ modulus: UInt64) -> UInt64 {
        let wide = first.multipliedFullWidth(by: second)
        return modulus.dividingFullWidth((wide.high % modulus, wide.low)).remainder
    }

    static func difference(_ first: UInt64, _ second: UInt64, _ modulus: UInt64) -> UInt64 {
        first >= second ? first - second : first + modulus - second
    }

    static func commonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var (first, second) = (first, second)
        while second != 0 { (first, second) = (second, first % second) }
        return first
    }

    /// Returns the inverse of a number, or nil if it has a factor in common with the modulus.
    static func inverse(_ number: UInt64, _ modulus: UInt64) -> UInt64? {
        var (old, new) = (Int64(number), Int64(modulus))
        var (oldFactor, newFactor): (Int64, Int64) = (1, 0)
        while new != 0 {
            let quotient = old / new
            (old, new) = (new, old - quotient * new)
            (oldFactor, newFactor) = (newFactor, oldFactor - quotient * newFactor)
        }
        guard old == 1 else { return nil }
        return UInt64(oldFactor >= 0 ? oldFactor : oldFactor + Int64(modulus))
    }
}

extension AuditTable {
    /// Returns the numbers that a run of the PAN's digits gives, modulo a number.
    func panNumbers(_ places: Range<Int>, base: UInt64, modulus: UInt64, rows: Range<Int>) -> [UInt64] {
        rows.map { row in
            places.reduce(0) { (Modular.product($0, base, modulus) + UInt64(pan[$1][row])) % modulus }
        }
    }

    /// Returns the numbers that a run of the PAR's characters gives, or nil for rows with other characters.
    func parNumbers(_ places: Range<Int>, base: UInt64, rows: Range<Int>) -> [UInt64?] {
        rows.map { row in
            var number: UInt64 = 0
            for place in places {
                let value = values[place][row]
                guard value < base else { return nil }
                number = number * base + UInt64(value)
            }
            return number
        }
    }

    /// Returns the numbers that a run of the PAN's digits gives, less the smallest, divided by what divides all.
    ///
    /// If all numbers are even, for example, no two of them give the factor of an affine relation. Half of them do.
    func panSteps(_ places: Range<Int>, base: UInt64, rows: Range<Int>) -> [UInt64] {
        let numbers = rows.map { row in places.reduce(UInt64(0)) { $0 &* base &+ UInt64(pan[$1][row]) } }
        let all = (0..<count).map { row in places.reduce(UInt64(0)) { $0 &* base &+ UInt64(pan[$1][row]) } }
        guard let smallest = all.min() else { return numbers }
        let divisor = max(1, all.reduce(0) { Modular.commonDivisor($0, $1 - smallest) })
        return numbers.map { ($0 - smallest) / divisor }
    }
}
