/// The check digit of card numbers (ISO/IEC 7812-1 annex B), also known as the Luhn formula.
///
/// Without a branch or a look-up that depends on a digit.
enum Luhn {
    /// Whether the last of `digits` is the check digit of those before it.
    ///
    /// `digits` are ASCII digits; the caller has seen to that.
    static func isValid(_ digits: Span<UInt8>) -> Bool {
        var sum = 0
        var isDoubled = false
        for index in digits.indices.reversed() {
            let digit = Int(digits[index] & 0x0F)
            // Twice the digit, less 9 from 5 on: the sum of its own digits.
            let double = 2 * digit - 9 * ((digit + 11) >> 4)
            sum += isDoubled ? double : digit
            isDoubled.toggle()
        }
        return sum % 10 == 0
    }
}
