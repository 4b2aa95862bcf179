import KMCards

/// Card numbers that belong to no issuer: their BIN begins with 9999.
enum CardNumbers {
    /// The platform's public test card.
    static let test = "9491339401250765"

    /// Returns a number of 12 to 19 digits that has `account` before its check digit.
    static func make(_ account: Int, digitCount: Int = 16) -> String {
        let digits = String(account)
        return withCheckDigit("9999" + String(repeating: "0", count: digitCount - 5 - digits.count) + digits)
    }

    /// Returns `digits` followed by their check digit, after the table in annex B of ISO/IEC 7812-1.
    static func withCheckDigit(_ digits: String) -> String {
        let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
        var sum = 0
        for (place, digit) in digits.reversed().compactMap(\.wholeNumberValue).enumerated() {
            sum += place.isMultiple(of: 2) ? doubled[digit] : digit
        }
        return digits + String((10 - sum % 10) % 10)
    }
}

extension PAN {
    /// The unmasked digits.
    var exposed: String { withDigits { digits in String(decoding: digits.indices.map { digits[$0] }, as: UTF8.self) } }
}
