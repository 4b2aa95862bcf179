internal import KMPrimitives

/// Examines single runs of digits.
extension PANSearch {
    /// Returns the card number that begins at a candidate of a window, or nil.
    @inline(__always)
    static func match(
        _ text: Span<UInt8>,
        _ window: DigitWindow,
        _ offset: Int,
        from floor: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        let start = window.start &+ offset
        if let count = window.digitCount(at: offset), count >= PAN.digitCounts.lowerBound,
            window.isPlain(at: offset, count: count), !isInChipData(text, start, start &+ count)
        {
            // Only these digits alone can be a card number.
            guard count <= PAN.digitCounts.upperBound, Luhn.isValid(text, start..<start &+ count),
                issuers == nil || issuers?.first(containing: text.extracting(start..<start &+ count)) != nil
            else { return nil }
            let match = judge(text, .bytes, start, issuers)
            return match.flatMap { $0.range.lowerBound >= floor ? $0 : nil }
        }
        return match(text, start, from: floor, issuers)
    }

    /// Returns the card number whose run of digits begins at `at`, or whose first digit is full-width there, or nil.
    static func match(
        _ text: Span<UInt8>,
        _ at: Int,
        from floor: Int,
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        guard text[at].isDigit else {
            return fullWidthMatch(text, at, issuers).flatMap { $0.range.lowerBound >= floor ? $0 : nil }
        }
        // A run of digits that begins before `at` was already examined from its beginning.
        guard at == 0 || !text[at - 1].isDigit else { return nil }
        var end = at &+ 1
        while end < text.count, text[end].isDigit { end &+= 1 }
        guard isWorthALook(text, at, end) else { return nil }
        return match(text, at, end, from: floor, issuers)
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
        case UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: "&"), 0xC2, 0xE2, 0xE3, 0xEF:
            let next = TextLens.bytes.unit(text, end).character
            return next.isDigit || next.separatesGroups || mayFollowEscape(text, start)
        case UInt8(ascii: ";"): return mayFollowEscape(text, start)
        case 0: return end + 1 < text.count && text[end + 1].beginsDigit
        default: return isEscaped(text, start)
        }
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

    /// Returns whether an escape may begin up to 7 bytes before `start`.
    private static func mayFollowEscape(_ text: Span<UInt8>, _ start: Int) -> Bool {
        var at = max(0, start - 7)
        while at < start {
            switch text[at] {
            case UInt8(ascii: "%"), UInt8(ascii: "&"): return true
            case UInt8(ascii: "\\") where text[at + 1] == UInt8(ascii: "u"): return true
            default: at += 1
            }
        }
        return false
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
        guard lens.step == 2 || mayFollowEscape(text, start) else { return nil }
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

extension UInt8 {
    /// Whether this is a digit, or may begin an escape or a full-width digit.
    fileprivate var beginsDigit: Bool { isDigit || beginsEscape || self == 0xEF }

    /// Whether this may begin an escape.
    fileprivate var beginsEscape: Bool {
        self == UInt8(ascii: "%") || self == UInt8(ascii: "\\") || self == UInt8(ascii: "&")
    }
}
