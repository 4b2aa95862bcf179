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
        while at < limit {
            at = text.endOfOthers(from: at, before: limit)
            guard at < limit else { break }
            guard text[at].isDigit else {
                if let match = fullWidthMatch(text, at, issuers), match.range.lowerBound >= floor {
                    position = match.range.upperBound
                    return match
                }
                at &+= 1
                continue
            }
            var end = at &+ 1
            while end < text.count, text[end] &- UInt8(ascii: "0") < 10 { end &+= 1 }
            // A run of digits that begins before `at` was already examined from its beginning.
            let isWhole = at == 0 || !text[at - 1].isDigit
            if isWhole, isWorthALook(text, at, end), let match = match(text, at, end, from: floor, issuers) {
                position = match.range.upperBound
                return match
            }
            at = end
        }
        position = at
        return nil
    }

    /// Returns false for most runs of digits, so that they need no further examination.
    ///
    /// Those are runs that are too long, and short runs after which nothing can continue a number.
    private static func isWorthALook(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        let count = end - start
        // Four digits more than a PAN has, because the run may include the digits of an escape before it.
        if count >= PAN.digitCounts.lowerBound {
            // A longer run is judged the same wherever the text is cut: it must fit into the bytes that are looked ahead.
            return count <= PAN.digitCounts.upperBound + 4 || (count <= 64 && isTrackSeparator(text, end))
        }
        guard end < text.count else { return false }
        switch text[end] {
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "/"),
            UInt8(ascii: "_"):
            return count >= 4 && mayHaveGroup(text, end + 1)
        case UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: "&"), UInt8(ascii: ";"), 0xC2, 0xE2, 0xE3, 0xEF:
            return true
        case 0: return end + 1 < text.count && text[end + 1].beginsDigit
        default: return isEscaped(text, start)
        }
    }

    /// Returns whether the separator `D` of track 2 is at `at`.
    private static func isTrackSeparator(_ text: Span<UInt8>, _ at: Int) -> Bool {
        at < text.count && text[at] | 0x20 == UInt8(ascii: "d")
    }

    /// Returns the card number of an EMV data object in a hexadecimal dump without spaces, or nil.
    ///
    /// Before the number are the tag and the length of the object. The tags are 5A, the application PAN, and 57, track
    /// 2 (EMV book 3, annex A).
    private static func emvMatch(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        func digit(_ at: Int) -> Int { Int(text[at] & 0x0F) }
        // The A of the tag is not a digit, so that the run begins after it, with two digits for the length.
        if start >= 2, end - start >= 2, text[start - 1] | 0x20 == UInt8(ascii: "a"),
            text[start - 2] == UInt8(ascii: "5")
        {
            let count = 2 * (16 * digit(start) + digit(start + 1))
            if start + 2 + count <= end {
                return PANCandidate.match(text, start + 2..<start + 2 + count, issuers)
            }
            // An odd number of digits is padded with F.
            if start + 1 + count == end, end < text.count, text[end] | 0x20 == UInt8(ascii: "f") {
                return PANCandidate.match(text, start + 2..<end, issuers)
            }
        }
        guard isTrackSeparator(text, end) else { return nil }
        for count in PAN.digitCounts.reversed() where end - count - 4 >= start {
            let first = end - count
            guard text[first - 4] == UInt8(ascii: "5"), text[first - 3] == UInt8(ascii: "7") else { continue }
            // The number is followed by the separator, a date and a service code. Track 2 has at most 19 bytes.
            let byteCount = 16 * digit(first - 2) + digit(first - 1)
            guard byteCount <= 19, 2 * byteCount >= count + 8 else { continue }
            if let match = PANCandidate.match(text, first..<end, issuers) { return match }
        }
        return nil
    }

    /// Returns whether a second group may begin at `start`, or after up to two more separators.
    ///
    /// A second group has at least four digits.
    private static func mayHaveGroup(_ text: Span<UInt8>, _ start: Int) -> Bool {
        var start = start
        let limit = min(text.count, start + 2)
        while start < limit, text[start].separatesGroups { start += 1 }
        guard start + 4 <= text.count else { return false }
        for at in start..<start + 4 where !text[at].isDigit { return text[at].beginsDigit }
        return true
    }

    /// Returns whether the digits of an escape may begin at `start`.
    private static func isEscaped(_ text: Span<UInt8>, _ start: Int) -> Bool {
        guard start > 0 else { return false }
        let before = text[start - 1]
        return before == UInt8(ascii: "%") || before == UInt8(ascii: "u") || before == UInt8(ascii: "#")
            || before == UInt8(ascii: "x")
            // The escape of a full-width digit, such as \uFF14 or &#xFF14;.
            || (before | 0x20 == UInt8(ascii: "f") && start > 1 && text[start - 2] | 0x20 == UInt8(ascii: "f"))
    }

    /// Returns the card number whose first digit is full-width, or nil.
    ///
    /// The last byte of that digit in UTF-8, or its low byte in UTF-16, is at `at`.
    private static func fullWidthMatch(_ text: Span<UInt8>, _ at: Int, _ issuers: [IssuerRange]?) -> PANMatch? {
        if text[at] >= 0x90 {
            guard at >= 2, text[at - 1] == 0xBC, text[at - 2] == 0xEF else { return nil }
            return judge(text, .bytes, at - 2, issuers)
        }
        // Full-width digits are U+FF10 to U+FF19.
        let isLittle = at + 1 < text.count && text[at + 1] == 0xFF
        let isBig = at > 0 && text[at - 1] == 0xFF
        return longer(
            isLittle ? judge(text, .littleEndian, at, issuers) : nil,
            isBig ? judge(text, .bigEndian, at, issuers) : nil
        )
    }

    /// Returns the match with more digits, because in the wrong byte order a number may lose its last digit.
    private static func longer(_ little: PANMatch?, _ big: PANMatch?) -> PANMatch? {
        guard let little, let big else { return little ?? big }
        return big.digitCount > little.digitCount ? big : little
    }

    private static func match(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        from floor: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        if let match = match(text, .bytes, start, end, from: floor, issuers) { return match }
        if let match = emvMatch(text, start, end, issuers), match.range.lowerBound >= floor { return match }
        guard end < text.count, text[end] == 0 else { return nil }
        // In UTF-16, only the last byte of the run is a digit. A byte before it is the high byte of another character.
        return longer(
            match(text, .littleEndian, end - 1, end, from: floor, issuers),
            match(text, .bigEndian, end - 1, end, from: floor, issuers)
        )
    }

    private static func match(
        _ text: Span<UInt8>,
        _ lens: TextLens,
        _ start: Int,
        _ end: Int,
        from floor: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        if let match = judge(text, lens, start, issuers), match.range.lowerBound >= floor { return match }
        // The first digits of the run may end an escape, such as %20 or \u0020, after which the number begins.
        for shift in 1...4 where start + shift < end && lens.escape(text, endingAt: start + shift) != nil {
            if let match = judge(text, lens, start + shift, issuers) { return match }
        }
        // The first digit may itself be an escape, of which one to seven characters come before the run: %34, \u0034,
        // &#52;, &#x34;, and for a full-width digit \uFF14, &#65300;, &#xFF14;, %EF%BC%94.
        for characters in 1...7 {
            let escape = start - characters * lens.step
            guard escape >= floor, text[escape].beginsEscape, lens.unit(text, escape).character.isDigit else {
                continue
            }
            if let match = judge(text, lens, escape, issuers), match.range.lowerBound >= floor { return match }
        }
        return nil
    }

    /// Returns the card number that begins at `start`, or nil.
    private static func judge(
        _ text: Span<UInt8>,
        _ lens: TextLens,
        _ start: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        let before = lens.edge(text, before: start)
        guard before != .closed else { return nil }
        return PANCandidate(text, lens, at: start).match(text, lens, before, issuers)
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

extension UInt8 {
    /// Whether this is a digit, or may begin an escape or a full-width digit.
    fileprivate var beginsDigit: Bool { isDigit || beginsEscape || self == 0xEF }

    /// Whether this may begin an escape.
    fileprivate var beginsEscape: Bool {
        self == UInt8(ascii: "%") || self == UInt8(ascii: "\\") || self == UInt8(ascii: "&")
    }
}
