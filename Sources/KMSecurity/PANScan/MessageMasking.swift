internal import KMPrimitives

/// Masks what may be a card number in texts that quote others: messages of a tool, words of a peer.
///
/// It takes more than card numbers for one, since a message loses little by it: 12 digits and more, with single spaces or
/// hyphens between them, that have no letter beside them, with a wrong check digit too, for numbers are mistyped; beside
/// letters, where the digits of identifiers stand, numbers with a right check digit alone. Digits that are escaped are
/// found as ``PANScanner`` finds them.
package enum MessageMasking {
    /// The text with such digits masked as ``PAN/masked(leading:)`` does, and nothing else changed.
    package static func apply(to text: String) -> String {
        var bytes = PANScanner.masking(Array(text.utf8), nil)
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

    /// The places of the digits from `start` on, with at most one separator between two of them.
    private static func digitPlaces(_ bytes: [UInt8], from start: Int) -> [Int] {
        var places = [start]
        var at = start + 1
        while at < bytes.count {
            if bytes[at].separatesDigits, at + 1 < bytes.count, bytes[at + 1].isDigit { at += 1 }
            guard bytes[at].isDigit else { break }
            places.append(at)
            at += 1
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

extension UInt8 {
    fileprivate var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
}
