/// Card numbers that an issuer's or a scheme's cards can have: how they begin, and how many digits they have.
public struct IssuerRange: Sendable, Hashable {
    /// Whose numbers these are.
    public let name: String
    /// How many digits they have.
    public let digitCounts: Set<Int>
    /// What their first six digits are.
    let firstSix: ClosedRange<Int>

    /// A range of numbers.
    ///
    /// - Parameters:
    ///   - name: whose numbers these are; findings tell it.
    ///   - prefixes: the leading digits, of one to six, without leading zeros: `51...55` is 510000 to 559999.
    ///   - digitCounts: how many digits the numbers have.
    public init(_ name: String, _ prefixes: ClosedRange<Int>, digitCounts: Set<Int>) {
        self.name = name
        self.digitCounts = digitCounts
        let low = Self.sixDigits(prefixes.lowerBound, fill: 0)
        firstSix = low...max(low, Self.sixDigits(prefixes.upperBound, fill: 9))
    }

    private static func sixDigits(_ prefix: Int, fill: Int) -> Int {
        var prefix = max(1, prefix)
        while prefix > 999_999 { prefix /= 10 }
        while prefix < 100_000 { prefix = prefix * 10 + fill }
        return prefix
    }
}

extension [IssuerRange] {
    /// The first range that a number is in, of at least six ASCII digits.
    func first(containing digits: Span<UInt8>) -> IssuerRange? {
        var firstSix = 0
        for index in 0..<6 { firstSix = firstSix * 10 + Int(digits[index] & 0x0F) }
        return first { $0.firstSix.contains(firstSix) && $0.digitCounts.contains(digits.count) }
    }
}
