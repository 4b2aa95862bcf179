internal import KMPrimitives

/// Finds card numbers in hexadecimal dumps of chip data.
extension PANSearch {
    /// Returns whether digits may be in a hexadecimal dump of chip data, so that ``emvMatch`` must examine them.
    static func isInChipData(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        (start > 0 && text[start - 1] | 0x20 == UInt8(ascii: "a")) || isTrackSeparator(text, end)
    }

    /// Returns whether the separator `D` of track 2 is at `at`.
    static func isTrackSeparator(_ text: Span<UInt8>, _ at: Int) -> Bool {
        at < text.count && text[at] | 0x20 == UInt8(ascii: "d")
    }

    /// Returns the card number of an EMV data object in a hexadecimal dump without spaces, or nil.
    ///
    /// Before the number are the tag and the length of the object. The tags are 5A, the application PAN, and 57, track
    /// 2 (EMV book 3, annex A).
    static func emvMatch(
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
}
