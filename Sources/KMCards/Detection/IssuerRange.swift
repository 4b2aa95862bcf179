/// An issuer identification number (IIN) range: the leading digits and the lengths of the card numbers of an issuer or
/// scheme.
public struct IssuerRange: Sendable, Hashable {
    /// The name of the issuer or card scheme.
    public let name: String
    /// The numbers of digits that the card numbers can have.
    public let digitCounts: Set<Int>
    /// The range of the first six digits.
    let firstSix: ClosedRange<Int>

    /// Creates a range from leading digits and lengths.
    ///
    /// - Parameters:
    ///   - name: The name of the issuer or card scheme, which findings report.
    ///   - prefixes: The leading digits, as numbers of one to six digits without leading zeros. For example, `51...55`
    ///     covers the first six digits 510000 to 559999.
    ///   - digitCounts: The numbers of digits that the card numbers can have.
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
    /// Returns the first range that contains a number, or nil.
    ///
    /// - Parameter digits: The number, at least six ASCII digits.
    /// - Returns: The range.
    func first(containing digits: Span<UInt8>) -> IssuerRange? {
        var firstSix = 0
        for index in 0..<6 { firstSix = firstSix * 10 + Int(digits[index] & 0x0F) }
        return first { $0.firstSix.contains(firstSix) && $0.digitCounts.contains(digits.count) }
    }
}
