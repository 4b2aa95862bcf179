internal import KMPrimitives

/// Masks possible card numbers in a text that quotes input, such as an error message or a peer's answer.
///
/// It masks more than real card numbers, because that does little harm to a message:
///
/// - It masks any 12 or more digits that have no letter next to them. Between the digits there may be single spaces or
///   hyphens, or the separators that the PAN scanner accepts between groups. The check digit need not be correct,
///   because people mistype numbers.
/// - Next to letters, where identifiers contain digits too, it masks only numbers with a correct check digit.
/// - It finds escaped digits in the same way as the PAN scanner.
/// - It writes all full-width digits as ASCII digits.
package enum MessageMasking {
    /// Returns `text` with possible card numbers masked in the same way as ``PAN/masked(leading:)``.
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

    /// Returns the text with full-width digits (from U+FF10, in UTF-8 EF BC 90) replaced by ASCII digits.
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

    /// Returns the positions of the digits that belong together, beginning at `start`.
    ///
    /// Two of them may have one space or hyphen between them. After a group of four or six digits there may be up to
    /// three separators, as in a card number, if four digits follow.
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

    /// Returns whether all the digits, or those of one run without separators, form a card number.
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
