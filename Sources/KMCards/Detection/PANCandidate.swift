internal import KMPrimitives

/// A card number that was found in a text.
package struct PANMatch {
    package let range: Range<Int>
    package let masked: String
    package let digitCount: Int
    package let issuer: String?
}

/// Up to five groups of digits that begin at one position of a text.
///
/// The first of these groups, one or more, may form a card number.
struct PANCandidate {
    private let start: Int
    private var digits: InlineArray<19, UInt8> = .init(repeating: 0)
    /// The number of groups, without a group that goes beyond 19 digits.
    private var groupCount = 0
    /// The number of digits in each group.
    private var sizes: InlineArray<5, Int> = .init(repeating: 0)
    /// The position after each group.
    private var ends: InlineArray<5, Int> = .init(repeating: 0)
    /// The separator after each group, or 0 if there are several.
    private var separators: InlineArray<5, UInt8> = .init(repeating: 0)

    /// The largest number of separators between two groups.
    private static let maximumSeparatorCount = 3

    /// Reads the groups that begin at `start`.
    init(_ text: Span<UInt8>, _ lens: TextLens, at start: Int) {
        self.start = start
        var count = 0
        var at = start
        while groupCount < 5 {
            let first = count
            var unit = lens.unit(text, at)
            while unit.character.isDigit {
                guard count < 19 else { return }
                digits[count] = unit.character
                count += 1
                at = unit.end
                unit = lens.unit(text, at)
            }
            guard count > first else { return }
            sizes[groupCount] = count - first
            ends[groupCount] = at
            groupCount += 1
            var separatorCount = 0
            while unit.character.separatesGroups, separatorCount < Self.maximumSeparatorCount {
                separators[groupCount - 1] = separatorCount == 0 ? unit.character : 0
                at = unit.end
                unit = lens.unit(text, at)
                separatorCount += 1
            }
            guard separatorCount > 0 else { return }
        }
    }

    /// Returns the card number if the digits in `range` form one without separators, or nil.
    static func match(_ text: Span<UInt8>, _ range: Range<Int>, _ issuers: [IssuerRange]?) -> PANMatch? {
        let number = text.extracting(range)
        guard PAN.digitCounts.contains(number.count), Luhn.isValid(number), !isOneDigit(number),
            let issuer = (issuers ?? IssuerRange.known).first(containing: number)
        else { return nil }
        return PANMatch(range: range, masked: PAN.masked(number), digitCount: number.count, issuer: issuer.name)
    }

    /// Returns the card number that consists of the most groups, or nil.
    func match(_ text: Span<UInt8>, _ lens: TextLens, _ before: TextLens.Edge, _ issuers: [IssuerRange]?) -> PANMatch? {
        var groups = groupCount
        while groups > 0 {
            let count = digitCount(groups)
            if PAN.digitCounts.contains(count), isGroupedAsCards(groups) {
                let end = ends[groups - 1]
                let edges = (before: before, after: lens.edge(text, after: end))
                guard before != .formatCode || lens.unit(text, end).character == UInt8(ascii: "^") else { return nil }
                let number = digits.span.extracting(0..<count)
                if let match = match(number, lens.bytes(start, end), text, edges, issuers) { return match }
            }
            groups -= 1
        }
        return nil
    }

    private func match(
        _ number: Span<UInt8>,
        _ range: Range<Int>,
        _ text: Span<UInt8>,
        _ edges: (before: TextLens.Edge, after: TextLens.Edge),
        _ issuers: [IssuerRange]?
    ) -> PANMatch? {
        guard edges.after != .closed, Luhn.isValid(number), !Self.isOneDigit(number) else { return nil }
        let issuer = (issuers ?? IssuerRange.known).first(containing: number)
        guard issuers == nil || issuer != nil else { return nil }
        guard !(number.count == 13 && Self.isBarcode(number)), !isEndOfUUID(number, text) else { return nil }
        if edges.before == .letters || edges.after == .letters {
            guard issuer != nil, number.count == 15 || number.count == 16 else { return nil }
            guard !Self.isTime(number), !isEndOfIBAN(number, text) else { return nil }
        }
        return PANMatch(range: range, masked: PAN.masked(number), digitCount: number.count, issuer: issuer?.name)
    }

    private func digitCount(_ groups: Int) -> Int {
        var count = 0
        for group in 0..<groups { count += sizes[group] }
        return count
    }

    /// Returns whether cards, people or programs write card numbers in groups of these sizes.
    ///
    /// A single group may have any size.
    private func isGroupedAsCards(_ groups: Int) -> Bool {
        switch (groups, sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]) {
        case (1, _, _, _, _, _): true
        // With a dot between the groups, it is a decimal number.
        case (2, 6, 13, _, _, _): separators[0] != UInt8(ascii: ".")
        case (3, 4, 6, 4...5, _, _), (3, 4, 4, 5, _, _): true
        case (4, 4, 4, 4, 4, _): true
        // If its separator differs from the others, the last group does not belong to the number.
        case (5, 4, 4, 4, 4, 1...3): (1...3).allSatisfy { separators[$0] == separators[0] }
        default: false
        }
    }

    private static func isOneDigit(_ number: Span<UInt8>) -> Bool {
        number.indices.allSatisfy { number[$0] == number[0] }
    }

    /// Returns whether 13 digits have a correct EAN-13 check digit, and are thus an article number.
    ///
    /// German and Japanese article numbers begin with 4, and one in ten would pass for a Visa card number. In return,
    /// the search misses one in ten card numbers of 13 digits, which are no longer issued.
    private static func isBarcode(_ number: Span<UInt8>) -> Bool {
        var sum = 0
        for index in number.indices { sum += Int(number[index] & 0x0F) * (index % 2 == 0 ? 1 : 3) }
        return sum % 10 == 0
    }

    /// Returns whether the number begins with a time from 2020 to 2029 in the form yyMMddHH.
    private static func isTime(_ number: Span<UInt8>) -> Bool {
        func value(_ index: Int) -> Int { Int(number[index] & 0x0F) * 10 + Int(number[index + 1] & 0x0F) }
        return (20...29).contains(value(0)) && (1...12).contains(value(2)) && (1...31).contains(value(4))
            && value(6) < 24
    }

    /// Returns whether the number and the two letters before it are an IBAN with correct check digits (ISO 13616).
    private func isEndOfIBAN(_ number: Span<UInt8>, _ text: Span<UInt8>) -> Bool {
        // IBANs of Denmark, Finland, the Faroe Islands and Greenland have 16 digits after the letters. No IBAN has 15.
        guard number.count == 16, start >= 2, text[start - 1].isLetter, text[start - 2].isLetter else { return false }
        var remainder = 0
        for index in 2..<number.count { remainder = (remainder * 10 + Int(number[index] & 0x0F)) % 97 }
        for place in [start - 2, start - 1] { remainder = (remainder * 100 + Int(text[place] & 0x1F) + 9) % 97 }
        for index in 0..<2 { remainder = (remainder * 10 + Int(number[index] & 0x0F)) % 97 }
        return remainder == 1
    }

    /// Returns whether the number is the last group of a UUID, 12 digits without a letter.
    private func isEndOfUUID(_ number: Span<UInt8>, _ text: Span<UInt8>) -> Bool {
        guard number.count == 12, start >= 24 else { return false }
        for place in 0..<24 {
            let byte = text[start - 24 + place]
            let isHyphen = place == 8 || place == 13 || place == 18 || place == 23
            guard isHyphen ? byte == UInt8(ascii: "-") : byte.isHexadecimal else { return false }
        }
        return true
    }
}

extension TextLens {
    /// What is directly before or after a number.
    enum Edge {
        /// Something that allows a number to begin or end here.
        case free
        /// The format code `B` of a magnetic stripe's track 1, in which `^` follows the number.
        case formatCode
        /// Letters that are not all hexadecimal digits, so that this is not a hexadecimal identifier.
        case letters
        /// Something that makes the digits a part of a word or of another number.
        case closed
    }

    /// Returns what is directly before `start`, where a number may begin.
    func edge(_ text: Span<UInt8>, before start: Int) -> Edge {
        if let character = escape(text, endingAt: start) {
            guard character.isWord else { return .free }
            return character.isDigit || character.isHexadecimal ? .closed : .letters
        }
        let before = raw(text, start - step)
        // On track 1 of a magnetic stripe, %B comes before the number. The percent sign may itself be escaped.
        if before == UInt8(ascii: "B") {
            let isTrackData =
                raw(text, start - 2 * step) == UInt8(ascii: "%")
                || escape(text, endingAt: start - step) == UInt8(ascii: "%")
            if isTrackData { return .free }
            if !raw(text, start - 2 * step).isWord { return .formatCode }
        }
        if before == UInt8(ascii: ".") { return raw(text, start - 2 * step).isDigit ? .closed : .free }
        if before.isDigit || (before >= 0x80 && hasFullWidthDigit(text, endingAt: start)) { return .closed }
        guard before.isLetter else { return .free }
        return endsColour(text, start) ? .free : endsLetters(text, start) ? .letters : .closed
    }

    /// Returns what is directly after `end`, where a number may end.
    func edge(_ text: Span<UInt8>, after end: Int) -> Edge {
        let next = unit(text, end)
        if next.character == UInt8(ascii: ".") {
            if endsFraction(text, next.end) { return .free }
            // A file extension, or the next sentence without a space before it.
            return unit(text, next.end).character.isLetter ? .letters : .closed
        }
        if next.character.isDigit { return .closed }
        guard next.character.isLetter else { return .free }
        return beginsTrackData(text, next) ? .free : beginsLetters(text, end) ? .letters : .closed
    }

    /// Returns whether the letters before `start` are neither all hexadecimal digits nor a prefix of some (`0x`, `\u`).
    private func endsLetters(_ text: Span<UInt8>, _ start: Int) -> Bool {
        var place = start - step
        var isHexadecimal = true
        while raw(text, place).isLetter, start - place <= Self.maximumLetterCount * step {
            if !raw(text, place).isHexadecimal { isHexadecimal = false }
            place -= step
        }
        guard !isHexadecimal else { return false }
        let letter = raw(text, start - step) | 0x20
        let isPrefix = place == start - 2 * step && (letter == UInt8(ascii: "x") || letter == UInt8(ascii: "u"))
        let before = raw(text, place)
        return
            !(isPrefix && (before == UInt8(ascii: "0") || before == UInt8(ascii: "\\") || before == UInt8(ascii: "#")))
    }

    /// Returns whether there are letters at `end` that are not all hexadecimal digits.
    private func beginsLetters(_ text: Span<UInt8>, _ end: Int) -> Bool {
        var letter = unit(text, end)
        var count = 0
        while letter.character.isLetter, count < Self.maximumLetterCount {
            if !letter.character.isHexadecimal { return true }
            letter = unit(text, letter.end)
            count += 1
        }
        return false
    }

    /// The largest number of letters next to a number that are examined.
    private static let maximumLetterCount = 24

    /// Returns whether a terminal's colour sequence, such as `ESC[31m`, ends just before `start`.
    private func endsColour(_ text: Span<UInt8>, _ start: Int) -> Bool {
        guard raw(text, start - step) == UInt8(ascii: "m") else { return false }
        var place = start - 2 * step
        while raw(text, place).isDigit || raw(text, place) == UInt8(ascii: ";"), start - place < 20 * step {
            place -= step
        }
        guard raw(text, place) == UInt8(ascii: "[") else { return false }
        // The escape character itself, or its spelling in JSON (\u001b) or in source code (\x1b, \033).
        let before = (1...4).map { raw(text, place - $0 * step) | 0x20 }
        return raw(text, place - step) == 0x1B || before == Array("b100".utf8)
            || before.prefix(3) == Array("b1x".utf8)[...] || before.prefix(3) == Array("330".utf8)[...]
    }

    /// Returns whether the dot before `start` begins no fraction, or a fraction of only zeros.
    ///
    /// Spreadsheets append such zeros to numbers.
    private func endsFraction(_ text: Span<UInt8>, _ start: Int) -> Bool {
        var digit = unit(text, start)
        var count = 0
        while digit.character == UInt8(ascii: "0"), count < 16 {
            digit = unit(text, digit.end)
            count += 1
        }
        return !digit.character.isWord && (count == 0 || digit.character != UInt8(ascii: "."))
    }

    /// Returns whether the separator `D` and an expiry date follow, as in track 2 of a chip card (EMV tag 57).
    private func beginsTrackData(_ text: Span<UInt8>, _ separator: Unit) -> Bool {
        guard separator.character | 0x20 == UInt8(ascii: "d") else { return false }
        var value = 0
        var at = separator.end
        for _ in 0..<4 {
            let digit = unit(text, at)
            guard digit.character.isDigit else { return false }
            value = value * 10 + Int(digit.character & 0x0F)
            at = digit.end
        }
        return (1...12).contains(value % 100)
    }
}

extension UInt8 {
    /// Whether this is an ASCII letter or digit.
    fileprivate var isWord: Bool { isDigit || isLetter }

    /// Whether this may separate groups of digits.
    ///
    /// A plus sign is a space in URL-encoded form data.
    var separatesGroups: Bool {
        separatesDigits || self == UInt8(ascii: "+") || self == UInt8(ascii: ".") || self == UInt8(ascii: "/")
            || self == UInt8(ascii: "_")
    }
}
