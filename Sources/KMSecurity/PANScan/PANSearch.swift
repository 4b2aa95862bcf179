/// Finds card numbers in a part of a text, wherever runs of digits could begin one.
enum PANSearch {
    /// How many bytes before a place are looked at: a UUID's, or two escapes' in UTF-16.
    static let lookBehind = 64
    /// How many bytes from a place on are looked at, at most: 19 digits, as escapes, in UTF-16, in five groups.
    static let lookAhead = 512

    /// The next number that begins before `limit`; `position` moves on to its end, or to `limit` or behind it.
    static func next(
        _ text: Span<UInt8>,
        _ position: inout Int,
        before limit: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        var at = position
        while at < limit {
            guard text[at] &- UInt8(ascii: "0") < 10 else {
                at &+= 1
                continue
            }
            var end = at &+ 1
            while end < text.count, text[end] &- UInt8(ascii: "0") < 10 { end &+= 1 }
            // A run that began in a part that was looked at before has been judged there.
            let isWhole = at == 0 || !text[at - 1].isDigit
            if isWhole, isWorthALook(text, at, end), let match = match(text, at, end, issuers) {
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
        if count >= PAN.digitCounts.lowerBound { return count <= PAN.digitCounts.upperBound + 4 }
        guard end < text.count else { return false }
        switch text[end] {
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "+"):
            return count >= 4 && mayHaveGroup(text, end + 1)
        case UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: "&"), UInt8(ascii: ";"), 0xC2, 0xE2: return true
        case 0: return end + 1 < text.count && text[end + 1].beginsDigit
        default: return isEscaped(text, start)
        }
    }

    /// Whether a second group may begin at `start`: none has fewer than four digits.
    private static func mayHaveGroup(_ text: Span<UInt8>, _ start: Int) -> Bool {
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
    }

    private static func match(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        if let match = match(text, .bytes, start, end, issuers) { return match }
        guard end < text.count, text[end] == 0 else { return nil }
        // What looks like digits before the last one is the high byte of the character before.
        let little = match(text, .littleEndian, end - 1, end, issuers)
        let big = match(text, .bigEndian, end - 1, end, issuers)
        // Read in the other order, the number may lack its last digit.
        guard let little, let big else { return little ?? big }
        return big.digitCount > little.digitCount ? big : little
    }

    private static func match(
        _ text: Span<UInt8>,
        _ lens: TextLens,
        _ start: Int,
        _ end: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        func judge(_ start: Int) -> PANMatch? {
            guard lens.isBoundary(text, before: start) else { return nil }
            return PANCandidate(text, lens, at: start).match(text, lens, issuers)
        }
        if let match = judge(start) { return match }
        // The run's first digits may be those of an escape, which the number follows: %20, \u0020.
        for shift in 1...4 where start + shift < end && lens.escape(text, endingAt: start + shift) != nil {
            if let match = judge(start + shift) { return match }
        }
        // The first digit may itself be an escape, which began with one to three characters: %34, \u0034, &#52;, &#x34;.
        for characters in 1...3 {
            let escape = start - characters * lens.step
            guard escape >= 0, lens.unit(text, escape).character.isDigit, !text[escape].isDigit else { continue }
            if let match = judge(escape) { return match }
        }
        return nil
    }
}

extension UInt8 {
    /// Whether a digit is here, or an escape that may stand for one.
    fileprivate var beginsDigit: Bool {
        isDigit || self == UInt8(ascii: "%") || self == UInt8(ascii: "\\") || self == UInt8(ascii: "&")
    }
}
