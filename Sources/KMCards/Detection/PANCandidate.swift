internal import KMPrimitives

/// A card number in a text.
package struct PANMatch {
    package let range: Range<Int>
    package let masked: String
    package let digitCount: Int
    package let issuer: String?
}

/// Digits from a place of a text on, in groups, the first of which may be a card number.
struct PANCandidate {
    private let start: Int
    private var digits: InlineArray<19, UInt8> = .init(repeating: 0)
    /// The groups: how many digits each has, and where it ends; without one that has too many.
    private var groupCount = 0
    private var sizes: InlineArray<5, Int> = .init(repeating: 0)
    private var ends: InlineArray<5, Int> = .init(repeating: 0)
    /// The separator behind each group; 0 for more than one.
    private var separators: InlineArray<5, UInt8> = .init(repeating: 0)

    /// How many separators may stand between two groups.
    private static let maximumSeparatorCount = 3

    /// Reads what begins at `start` with a digit.
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

    /// The card number whose digits are at `range`, without separators, or nil.
    static func match(_ text: Span<UInt8>, _ range: Range<Int>, _ issuers: [IssuerRange]?) -> PANMatch? {
        let number = text.extracting(range)
        guard PAN.digitCounts.contains(number.count), Luhn.isValid(number), !isOneDigit(number),
            let issuer = (issuers ?? IssuerRange.known).first(containing: number)
        else { return nil }
        return PANMatch(range: range, masked: PAN.masked(number), digitCount: number.count, issuer: issuer.name)
    }

    /// The card number of the most groups that is there, or nil.
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

    /// Whether cards print their numbers so, and people and programs write them so; one group is any of them.
    private func isGroupedAsCards(_ groups: Int) -> Bool {
        switch (groups, sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]) {
        case (1, _, _, _, _, _): true
        // With a dot, it is a decimal.
        case (2, 6, 13, _, _, _): separators[0] != UInt8(ascii: ".")
        case (3, 4, 6, 4...5, _, _), (3, 4, 4, 5, _, _): true
        case (4, 4, 4, 4, 4, _): true
        // Behind other separators, the last group is something else.
        case (5, 4, 4, 4, 4, 1...3): (1...3).allSatisfy { separators[$0] == separators[0] }
        default: false
        }
    }

    private static func isOneDigit(_ number: Span<UInt8>) -> Bool {
        number.indices.allSatisfy { number[$0] == number[0] }
    }

    /// Whether 13 digits are an article's number (EAN-13), whose check digit is another one.
    ///
    /// Of those that begin with 4, German and Japanese ones, each tenth would pass for a Visa card's; of the cards with
    /// 13 digits, which are no longer issued, each tenth is lost by this.
    private static func isBarcode(_ number: Span<UInt8>) -> Bool {
        var sum = 0
        for index in number.indices { sum += Int(number[index] & 0x0F) * (index % 2 == 0 ? 1 : 3) }
        return sum % 10 == 0
    }

    /// Whether these begin as a time of this decade does, yyMMddHH.
    private static func isTime(_ number: Span<UInt8>) -> Bool {
        func value(_ index: Int) -> Int { Int(number[index] & 0x0F) * 10 + Int(number[index + 1] & 0x0F) }
        return (20...29).contains(value(0)) && (1...12).contains(value(2)) && (1...31).contains(value(4))
            && value(6) < 24
    }

    /// Whether these are the end of an IBAN, whose check digits follow the two letters before (ISO 13616).
    private func isEndOfIBAN(_ number: Span<UInt8>, _ text: Span<UInt8>) -> Bool {
        // Those of Denmark, Finland, the Faroes and Greenland have 16 digits, and none has 15.
        guard number.count == 16, start >= 2, text[start - 1].isLetter, text[start - 2].isLetter else { return false }
        var remainder = 0
        for index in 2..<number.count { remainder = (remainder * 10 + Int(number[index] & 0x0F)) % 97 }
        for place in [start - 2, start - 1] { remainder = (remainder * 100 + Int(text[place] & 0x1F) + 9) % 97 }
        for index in 0..<2 { remainder = (remainder * 10 + Int(number[index] & 0x0F)) % 97 }
        return remainder == 1
    }

    /// Whether these are the last 12 digits of a UUID whose last group has no letter.
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
    /// What a number touches.
    enum Edge {
        /// The number can begin or end here.
        case free
        /// The format code `B` of a magnetic stripe's track 1, whose number ends with `^`.
        case formatCode
        /// Letters that are not all hexadecimal digits, as no identifier has them beside so many digits.
        case letters
        /// What is here makes the number a part of a word or of another number.
        case closed
    }

    /// What is before `start`, where a number may begin.
    func edge(_ text: Span<UInt8>, before start: Int) -> Edge {
        if let character = escape(text, endingAt: start) {
            guard character.isWord else { return .free }
            return character.isDigit || character.isHexadecimal ? .closed : .letters
        }
        let before = raw(text, start - step)
        // Track 1 of a magnetic stripe: %B and the number; the percent sign may be escaped itself.
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

    /// What is at `end`, where a number may end.
    func edge(_ text: Span<UInt8>, after end: Int) -> Edge {
        let next = unit(text, end)
        if next.character == UInt8(ascii: ".") {
            if endsFraction(text, next.end) { return .free }
            // A file's extension, or a sentence without a space behind it.
            return unit(text, next.end).character.isLetter ? .letters : .closed
        }
        if next.character.isDigit { return .closed }
        guard next.character.isLetter else { return .free }
        return beginsTrackData(text, next) ? .free : beginsLetters(text, end) ? .letters : .closed
    }

    /// Whether the letters before `start` are not all hexadecimal digits, and do not begin such digits (`0x`, `\u`).
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

    /// Whether the letters at `end` are not all hexadecimal digits.
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

    /// How many letters beside a number are looked at.
    private static let maximumLetterCount = 24

    /// Whether what stands before `start` is the end of a colour's escape sequence, `ESC[31m`.
    private func endsColour(_ text: Span<UInt8>, _ start: Int) -> Bool {
        guard raw(text, start - step) == UInt8(ascii: "m") else { return false }
        var place = start - 2 * step
        while raw(text, place).isDigit || raw(text, place) == UInt8(ascii: ";"), start - place < 20 * step {
            place -= step
        }
        guard raw(text, place) == UInt8(ascii: "[") else { return false }
        // The escape itself, or its spellings in JSON and in programs.
        let before = (1...4).map { raw(text, place - $0 * step) | 0x20 }
        return raw(text, place - step) == 0x1B || before == Array("b100".utf8)
            || before.prefix(3) == Array("b1x".utf8)[...] || before.prefix(3) == Array("330".utf8)[...]
    }

    /// Whether a fraction of zeros alone ends here, which spreadsheets put behind numbers, or none begins.
    private func endsFraction(_ text: Span<UInt8>, _ start: Int) -> Bool {
        var digit = unit(text, start)
        var count = 0
        while digit.character == UInt8(ascii: "0"), count < 16 {
            digit = unit(text, digit.end)
            count += 1
        }
        return !digit.character.isWord && (count == 0 || digit.character != UInt8(ascii: "."))
    }

    /// Whether `D` and a month of a year follow: track 2 of a chip card (EMV tag 57).
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
    /// Whether words have it: an ASCII letter or digit.
    fileprivate var isWord: Bool { isDigit || isLetter }

    /// Whether it can stand between groups of digits; the plus sign is a space in a form's data.
    var separatesGroups: Bool {
        separatesDigits || self == UInt8(ascii: "+") || self == UInt8(ascii: ".") || self == UInt8(ascii: "/")
            || self == UInt8(ascii: "_")
    }
}
