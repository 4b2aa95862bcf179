public import KMCards
internal import KMPrimitives

/// Finds card numbers that stand in the clear in a text of any kind and size: a body, a log, a dump.
///
/// A card number has 12 to 19 digits and a right check digit (Luhn), and its issuer's cards have numbers of that length
/// (``IssuerRange/known``). It is not part of a longer number, word or decimal. The digits stand together, or in the groups
/// in which cards have them: 4-4-4-4 and up to three more, 4-6-4, 4-6-5, 4-4-5, 6-13. One to three separators stand between
/// two groups: spaces, hyphens, plus signs, dots, slashes and underscores, also mixed. Full-width digits count as digits, and
/// dashes and spaces of other widths as separators. All of these are also found as escapes of JSON (`\u0034`),
/// URLs (`%34`) and HTML (`&#52;`), and in UTF-16, with or without a byte order mark.
///
/// Letters may touch a number (`cardNo9491339401250765`) if it has 15 or 16 digits and a known issuer, and if one of the
/// letters on each side that has any comes after F: hexadecimal digits are full of digits. An IBAN is no card number, nor
/// is a time such as `2305121200001234` behind letters.
///
/// Not found, since too much else looks like it: other groups, separators such as commas, colons and tabs, and what is
/// escaped twice, in quoted-printable or in UTF-32. What is compressed, encoded (Base64) or encrypted is not opened. A 16-digit
/// time, `yyMMddHHmmssSSSS`, of 2022 to 2027 passes for a card number once in ten.
///
/// Scan a body or another text that you have as a whole:
///
///     let findings = PANScanner.findings(in: body.span)
///
/// A text of any size comes in parts, cut anywhere. The scanner reports each finding once about 1 KiB more has come in, in
/// the order of the text, and its memory does not grow with the text or the findings:
///
///     var scanner = PANScanner()
///     for part in parts { scanner.append(part.span) { print($0.line, $0.masked) } }
///     scanner.finish { print($0.line, $0.masked) }
///
/// A finding has a path where it is in JSON: an object or array that begins the text, or a line of it (JSON Lines), and
/// that is well-formed up to the finding. The part of the text that the scanner holds is not cleansed when it is released.
public struct PANScanner: Sendable {
    /// Parts are taken in so many bytes at a time, which bounds the memory.
    private static let maximumPartByteCount = 1 << 18

    private let issuers: [IssuerRange]?
    /// The part of the text from `base` on.
    private var text: [UInt8] = []
    private var base = 0
    /// Up to where the text was searched, in `text`, or behind it.
    private var position = 0
    /// The lines and paths up to there, once enough has come in to know of a byte order mark.
    private var counter: LineCounter?
    private var places = JSONPlaces(at: 0)

    /// Creates a scanner at the start of a text.
    ///
    /// - Parameter issuers: The ranges of card numbers to find, or nil for any number with a right check digit, which one
    ///   number in ten has by chance.
    public init(issuers: [IssuerRange]? = IssuerRange.known) {
        self.issuers = issuers
    }

    /// Scans the next part of the text.
    ///
    /// - Parameters:
    ///   - part: The bytes that follow those of the last call.
    ///   - report: A closure that receives the findings that are certain by now. If it throws, the rest of the part is not
    ///     scanned.
    /// - Throws: What `report` throws.
    public mutating func append<Failure: Error>(
        _ part: Span<UInt8>,
        _ report: (PANFinding) throws(Failure) -> Void
    ) throws(Failure) {
        var start = 0
        while start < part.count {
            let end = min(part.count, start + Self.maximumPartByteCount)
            text.append(copying: part.extracting(start..<end))
            start = end
            try search(before: text.count - PANSearch.lookAhead, isEnd: false, report)
            trim()
        }
    }

    /// Scans what is left at the end of the text; the scanner is then at the start of another one.
    ///
    /// - Parameter report: A closure that receives the findings.
    /// - Throws: What `report` throws.
    public mutating func finish<Failure: Error>(_ report: (PANFinding) throws(Failure) -> Void) throws(Failure) {
        defer { self = PANScanner(issuers: issuers) }
        try search(before: text.count, isEnd: true, report)
    }

    /// The findings of a whole text, in its order.
    ///
    /// - Parameters:
    ///   - text: The text, in any encoding that ASCII is part of, or in UTF-16.
    ///   - issuers: The ranges of card numbers to find, or nil for any number with a right check digit.
    /// - Returns: The findings; their memory grows with their number.
    public static func findings(
        in text: Span<UInt8>,
        issuers: [IssuerRange]? = IssuerRange.known
    ) -> [PANFinding] {
        var scanner = PANScanner(issuers: issuers)
        var findings: [PANFinding] = []
        scanner.append(text) { findings.append($0) }
        scanner.finish { findings.append($0) }
        return findings
    }

    /// A text with its card numbers masked, as ``PAN/masked(leading:)`` does, and nothing else changed.
    public static func masking(_ text: String, issuers: [IssuerRange]? = IssuerRange.known) -> String {
        String(decoding: PANSearch.masked(Array(text.utf8), issuers), as: UTF8.self)
    }

    private mutating func search<Failure: Error>(
        before limit: Int,
        isEnd: Bool,
        _ report: (PANFinding) throws(Failure) -> Void
    ) throws(Failure) {
        guard limit > position else { return }
        var counter = counter ?? LineCounter(text.span)
        if self.counter == nil { places = JSONPlaces(at: counter.lineStart) }
        var places = JSONPlaces(at: 0)
        swap(&places, &self.places)
        var next = position
        defer { (position, self.counter, self.places) = (next, counter, places) }
        while let match = PANSearch.next(text.span, &next, before: limit, issuers) {
            let offset = base + match.range.lowerBound
            counter.advance(to: offset, text.span, base: base)
            places.advance(to: offset + 1, text.span, base: base)
            var path: String?
            switch places.place(text.span, base: base, isEnd: isEnd) {
            case .none: break
            case .path(let text): path = text
            case .incomplete:
                // From where its digits begin the same number is found again.
                next = match.range.lowerBound
                while next > 0, text[next - 1].isDigit { next -= 1 }
                return
            }
            try report(
                PANFinding(
                    byteRange: offset..<base + match.range.upperBound,
                    line: counter.line,
                    column: counter.column(offset),
                    masked: match.masked,
                    digitCount: match.digitCount,
                    issuer: match.issuer,
                    jsonPath: path
                )
            )
        }
    }

    /// Releases what is no longer needed of the text, once that is the larger part.
    private mutating func trim() {
        var count = min(position, text.count) - PANSearch.lookBehind
        guard count >= 1 << 16, count >= text.count / 2, var counter else { return }
        var places = JSONPlaces(at: 0)
        swap(&places, &self.places)
        places.advance(to: base + count, text.span, base: base)
        if let start = places.settle(text.span, base: base) { count = min(count, start - base) }
        counter.advance(to: base + count, text.span, base: base)
        (self.counter, self.places) = (counter, places)
        text.removeFirst(count)
        base += count
        position -= count
    }
}

extension PANScanner: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How much of the text is held, and none of it.
    public var description: String { "PANScanner(\(text.count) bytes held)" }

    /// The same.
    public var debugDescription: String { description }

    /// Shows no children, so that `dump` prints nothing of the text.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
