internal import KMPrimitives

/// Masks what may be a card number in texts that quote others: messages of a tool, words of a peer.
///
/// It masks more than card numbers, since a message loses little by it: 12 digits and more, with single spaces or hyphens
/// between them, or in groups that other separators part as the PAN scanner knows them, that have no letter beside them.
/// Numbers with a wrong check digit are masked too, since numbers are mistyped. Beside letters, where the digits of
/// identifiers stand, it masks numbers with a right check digit alone. Digits that are escaped are found as the PAN scanner
/// finds them, and full-width digits are written as ASCII digits.
package enum MessageMasking {
    /// The text with such digits masked as ``PAN/masked(leading:)`` does, and nothing else changed.
    package static func apply(to text: String) -> String {
        var bytes = narrowed(PANSearch.masked(Array(text.utf8), nil))
        var start = 0
        while start < bytes.count {
            guard bytes[start].isDigit else {
                start += 1
                continue
            }
            let places = digitPlaces(bytes, from: start)
            let end = places[places.count - 1] + 1
            if places.count >= PAN.digitCounts.lowerBound {
                let hasLetterBeside = start > 0 && bytes[start - 1].isLetter || end < bytes.count && bytes[end].isLetter
                if !hasLetterBeside || isNumber(bytes, places) {
                    let digits = places.map { bytes[$0] }
                    for (place, character) in zip(places, PAN.masked(digits.span).utf8) { bytes[place] = character }
                }
            }
            start = end
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text with ASCII digits for full-width ones (U+FF10 and on, EF BC 90 in UTF-8).
    private static func narrowed(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(0xEF) else { return text }
        var narrow: [UInt8] = []
        var at = 0
        while at < text.count {
            let isFullWidth =
                text[at] == 0xEF && at + 2 < text.count && text[at + 1] == 0xBC && (0x90...0x99).contains(text[at + 2])
            narrow.append(isFullWidth ? text[at + 2] - 0x60 : text[at])
            at += isFullWidth ? 3 : 1
        }
        return narrow
    }

    /// The places of the digits from `start` on, with at most one separator between two of them, or as many as there may be
    /// between the groups of a card number.
    private static func digitPlaces(_ bytes: [UInt8], from start: Int) -> [Int] {
        var places = [start]
        var at = start + 1
        var group = 1
        while at < bytes.count {
            if !bytes[at].isDigit {
                let next = bytes[at...].prefix(4).firstIndex { !$0.separatesGroups } ?? at
                guard next > at, next < bytes.count, bytes[next].isDigit else { break }
                let isSingle = next == at + 1 && bytes[at].separatesDigits
                guard isSingle || ((group == 4 || group == 6) && bytes[next...].prefix(4).count { $0.isDigit } == 4)
                else { break }
                at = next
                group = 0
            }
            places.append(at)
            at += 1
            group += 1
        }
        return places
    }

    /// Whether the digits, or some that stand together among them, are a card number.
    private static func isNumber(_ bytes: [UInt8], _ places: [Int]) -> Bool {
        var groups = [places]
        var first = 0
        for index in 1...places.count where index == places.count || places[index] != places[index - 1] + 1 {
            groups.append(Array(places[first..<index]))
            first = index
        }
        return groups.contains { group in
            let digits = group.map { bytes[$0] }
            return PAN.digitCounts.contains(digits.count) && Luhn.isValid(digits.span)
        }
    }
}
