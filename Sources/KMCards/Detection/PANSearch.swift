internal import KMPrimitives

/// Finds card numbers in a text or in a part of one, by examining each run of digits.
package enum PANSearch {
    /// The number of bytes before a position that a search may read.
    ///
    /// They hold the letters before a number, or two escapes, in UTF-16.
    package static let lookBehind = 128
    /// The largest number of bytes from a position on that a search may read.
    ///
    /// They hold 19 digits in five groups and what follows them, where each character is an escape of nine characters
    /// in UTF-16.
    package static let lookAhead = 1024

    /// Returns the text with its card numbers masked and everything else unchanged.
    package static func masked(_ text: [UInt8], _ issuers: [IssuerRange]?) -> [UInt8] {
        var masked: [UInt8] = []
        var (position, copied) = (0, 0)
        while let match = next(text.span, &position, after: copied, before: text.count, issuers) {
            masked += text[copied..<match.range.lowerBound]
            masked += match.masked.utf8
            copied = match.range.upperBound
        }
        return masked + text[copied...]
    }

    /// Returns the next card number that begins before `limit`, or nil.
    ///
    /// It moves `position` to the end of that number. If there is none, it moves `position` to `limit` or beyond.
    /// `position` can then be inside an escape whose digits follow, so a number can begin before it, but not before
    /// `floor`, the end of the previous number.
    package static func next(
        _ text: Span<UInt8>,
        _ position: inout Int,
        after floor: Int,
        before limit: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        var at = position
        guard let match = firstMatch(text, &at, after: floor, before: limit, issuers) else {
            position = at
            return nil
        }
        position = match.range.upperBound
        return match
    }

    /// Returns the starts of the runs of digits in `range` at which a card number may be found, in order.
    ///
    /// Whether it is found depends on the end of the number before it. At no other position is one found.
    ///
    /// - Parameters:
    ///   - text: The text, with ``lookBehind`` bytes before the range and ``lookAhead`` bytes after it.
    ///   - range: The positions to search.
    ///   - issuers: The ranges of card numbers to find, or nil to find every number with a correct check digit.
    /// - Returns: The starts.
    package static func starts(_ text: Span<UInt8>, in range: Range<Int>, _ issuers: [IssuerRange]?) -> [Int] {
        var starts: [Int] = []
        var at = range.lowerBound
        while firstMatch(text, &at, after: 0, before: range.upperBound, issuers) != nil {
            starts.append(at)
            at += 1
        }
        return starts
    }

    /// Returns the next card number that begins before `limit`, and moves `at` to the first digit of its run.
    ///
    /// If there is none, it moves `at` to `limit` or beyond.
    private static func firstMatch(
        _ text: Span<UInt8>,
        _ at: inout Int,
        after floor: Int,
        before limit: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        // The last window must lie within the text and begin a stride before the limit.
        let lastStart = min(text.count &- DigitWindow.byteCount, limit &- DigitWindow.stride)
        if at <= lastStart {
            var window = DigitWindow(text, at: at)
            while true {
                var candidates = window.candidates(text)
                while candidates != 0 {
                    let offset = candidates.trailingZeroBitCount
                    candidates &= candidates &- 1
                    if let match = match(text, window, offset, from: floor, issuers) {
                        at = window.start &+ offset
                        return match
                    }
                }
                at = window.start &+ DigitWindow.stride
                guard at <= lastStart else { break }
                window.advance(text)
            }
        }
        while at < limit {
            at = text.endOfOthers(from: at, before: limit)
            guard at < limit else { return nil }
            if let match = match(text, at, from: floor, issuers) { return match }
            at &+= 1
            while at < limit, text[at].isDigit, text[at &- 1].isDigit { at &+= 1 }
        }
        return nil
    }
}

extension Span where Element == UInt8 {
    /// Returns the position of the first byte from `start` on that may belong to a digit, or `end`.
    ///
    /// Such a byte is an ASCII digit, or the last byte of a full-width digit in UTF-8 (from 0x90) or in UTF-16 (from
    /// 0x10).
    @inline(__always)
    fileprivate func endOfOthers(from start: Int, before end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            // The AND clears the two bits in which these bytes differ, and the XOR then leaves 0 to 9 of each of them.
            // The sum sets the high bit of every other byte, and does not carry into the next byte.
            let word = word(at: at) & 0x5F5F_5F5F_5F5F_5F5F ^ 0x1010_1010_1010_1010
            let found = ~(word &+ 0x7676_7676_7676_7676) & 0x8080_8080_8080_8080
            if found != 0 { return at &+ (found.leadingZeroBitCount >> 3) }
            at &+= 8
        }
        while at < end, (self[at] & 0x5F) &- 0x10 >= 10 { at &+= 1 }
        return at
    }
}
