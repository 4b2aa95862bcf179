/// The Luhn formula, which card numbers use for their check digit (ISO/IEC 7812-1 annex B).
///
/// Its branches and memory accesses do not depend on the digits.
enum Luhn {
    /// Returns whether the last of `digits` is the check digit of the digits before it.
    ///
    /// The caller must make sure that `digits` contains only ASCII digits.
    static func isValid(_ digits: Span<UInt8>) -> Bool {
        var sum = 0
        var isDoubled = false
        for index in digits.indices.reversed() {
            let digit = Int(digits[index] & 0x0F)
            // Double the digit. From 5 on, subtract 9, which gives the sum of the two digits of the result.
            let double = 2 * digit - 9 * ((digit + 11) >> 4)
            sum += isDoubled ? double : digit
            isDoubled.toggle()
        }
        return sum % 10 == 0
    }
}
