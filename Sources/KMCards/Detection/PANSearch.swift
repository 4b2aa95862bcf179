internal import KMPrimitives

/// Finds card numbers in a part of a text, wherever runs of digits could begin one.
package enum PANSearch {
    /// How many bytes before a place are looked at: letters before a number, or two escapes, in UTF-16.
    package static let lookBehind = 128
    /// How many bytes from a place on are looked at, at most: 19 digits in five groups, each character of which is an
    /// escape of nine characters in UTF-16, and what follows them.
    package static let lookAhead = 1024

    /// The text with its card numbers masked, and nothing else changed.
    package static func masked(_ text: [UInt8], _ issuers: [IssuerRange]?) -> [UInt8] {
        var masked: [UInt8] = []
        var (position, copied) = (0, 0)
        while let match = next(text.span, &position, before: text.count, issuers) {
            masked += text[copied..<match.range.lowerBound]
            masked += match.masked.utf8
            copied = match.range.upperBound
        }
        return masked + text[copied...]
    }

    /// The next number that begins before `limit`; `position` moves on to its end, or to `limit` or behind it.
    package static func next(
        _ text: Span<UInt8>,
        _ position: inout Int,
        before limit: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        // No number reaches back into the one before.
        let floor = position
        var at = floor
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
            // A run that began in a part that was looked at before has been judged there.
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

    /// Sorts out most runs of digits at once: short ones with nothing behind them that could go on with a number.
    private static func isWorthALook(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        let count = end - start
        // Four more than a number has: the digits of an escape that stands before it.
        if count >= PAN.digitCounts.lowerBound {
            return count <= PAN.digitCounts.upperBound + 4 || isTrackSeparator(text, end)
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

    /// Whether the `D` of track 2 stands at `at`.
    private static func isTrackSeparator(_ text: Span<UInt8>, _ at: Int) -> Bool {
        at < text.count && text[at] | 0x20 == UInt8(ascii: "d")
    }

    /// The number of an EMV data object in a dump of hexadecimal digits, whose tag and length stand before it without a
    /// space: 5A, the application PAN, and 57, track 2 (EMV book 3, annex A).
    private static func emvMatch(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        func digit(_ at: Int) -> Int { Int(text[at] & 0x0F) }
        // The tag's A ends no run of digits; the length is the run's first two.
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
            // The separator, a date and a service code follow the number; track 2 has 19 bytes at most.
            let byteCount = 16 * digit(first - 2) + digit(first - 1)
            guard byteCount <= 19, 2 * byteCount >= count + 8 else { continue }
            if let match = PANCandidate.match(text, first..<end, issuers) { return match }
        }
        return nil
    }

    /// Whether a second group may begin at `start`, or behind more separators: none has fewer than four digits.
    private static func mayHaveGroup(_ text: Span<UInt8>, _ start: Int) -> Bool {
        var start = start
        let limit = min(text.count, start + 2)
        while start < limit, text[start].separatesGroups { start += 1 }
        guard start + 4 <= text.count else { return false }
        for at in start..<start + 4 where !text[at].isDigit { return text[at].beginsDigit }
        return true
    }

    /// Whether an escape's digits may begin at `start`.
    private static func isEscaped(_ text: Span<UInt8>, _ start: Int) -> Bool {
        guard start > 0 else { return false }
        let before = text[start - 1]
        return before == UInt8(ascii: "%") || before == UInt8(ascii: "u") || before == UInt8(ascii: "#")
            || before == UInt8(ascii: "x")
            // Of a full-width digit: \uFF14, &#xFF14;.
            || (before | 0x20 == UInt8(ascii: "f") && start > 1 && text[start - 2] | 0x20 == UInt8(ascii: "f"))
    }

    /// The number whose first digit is full-width and has its last byte, or its low one, at `at`.
    private static func fullWidthMatch(_ text: Span<UInt8>, _ at: Int, _ issuers: [IssuerRange]?) -> PANMatch? {
        if text[at] >= 0x90 {
            guard at >= 2, text[at - 1] == 0xBC, text[at - 2] == 0xEF else { return nil }
            return judge(text, .bytes, at - 2, issuers)
        }
        // The digits are U+FF10 and on.
        let isLittle = at + 1 < text.count && text[at + 1] == 0xFF
        let isBig = at > 0 && text[at - 1] == 0xFF
        return longer(
            isLittle ? judge(text, .littleEndian, at, issuers) : nil,
            isBig ? judge(text, .bigEndian, at, issuers) : nil
        )
    }

    /// The number of more digits: read in the other order, it may lack its last one.
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
        // What looks like digits before the last one is the high byte of the character before.
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
        // The run's first digits may be those of an escape, which the number follows: %20, \u0020.
        for shift in 1...4 where start + shift < end && lens.escape(text, endingAt: start + shift) != nil {
            if let match = judge(text, lens, start + shift, issuers) { return match }
        }
        // The first digit may itself be an escape, which began with one to seven characters: %34, \u0034, &#52;, &#x34;,
        // and of a full-width one \uFF14, &#65300;, &#xFF14;, %EF%BC%94.
        for characters in 1...7 {
            let escape = start - characters * lens.step
            guard escape >= floor, text[escape].beginsEscape, lens.unit(text, escape).character.isDigit else {
                continue
            }
            if let match = judge(text, lens, escape, issuers), match.range.lowerBound >= floor { return match }
        }
        return nil
    }

    /// The number that begins at `start`.
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
    /// The first byte from `start` on that may be a digit, or `end` where there is none before it: a digit of ASCII, or the
    /// last byte of a full-width one in UTF-8 (0x90 on) or in UTF-16 (0x10 on).
    @inline(__always)
    fileprivate func endOfOthers(from start: Int, before end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            // Of each byte, bits that are the same in all of these are cleared; the high bit then tells: no sum carries.
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
    /// Whether a digit is here, or an escape that may stand for one, or a part of a full-width one.
    fileprivate var beginsDigit: Bool { isDigit || beginsEscape || self == 0xEF }

    /// Whether an escape may begin here.
    fileprivate var beginsEscape: Bool {
        self == UInt8(ascii: "%") || self == UInt8(ascii: "\\") || self == UInt8(ascii: "&")
    }
}
