internal import KMPrimitives

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

    /// Returns whether the ASCII digits in a range of at most 24 bytes end with their check digit.
    ///
    /// If 24 bytes of the text end there, it adds eight digits at a time.
    static func isValid(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let end = range.upperBound
        guard range.count <= 24, end >= 24 else { return isValid(text.extracting(range)) }
        // The digits that count, in three words. A word that begins before the range loses its first bytes.
        var sums: UInt64 = 0
        for index in 0..<3 {
            let place = end &- 8 &* (index &+ 1)
            let excess = min(8, max(0, range.lowerBound &- place))
            let digits = text.word(at: place) & 0x0F0F_0F0F_0F0F_0F0F & (UInt64.max >> UInt64(excess &* 8))
            // Every second digit from the right, the first of each pair, is doubled.
            let doubled = digits & 0x0F00_0F00_0F00_0F00
            let carry = (doubled &+ 0x0B00_0B00_0B00_0B00) >> 4 & 0x0100_0100_0100_0100
            sums &+= (digits & 0x000F_000F_000F_000F) &+ 2 &* doubled &- 9 &* carry
        }
        // Each byte of the sums is at most 27, so that the total fits into one byte.
        return ((sums &* 0x0101_0101_0101_0101) >> 56) % 10 == 0
    }
}
