public import KMCards
internal import KMPrimitives

/// Finds unencrypted card numbers in a text of any kind and size, such as a body, a log or a dump.
///
/// A card number has 12 to 19 digits and a correct check digit (Luhn), and its issuer's cards have numbers of that
/// length (``IssuerRange/known``). It is not part of a longer number, word or decimal. The digits are consecutive, or
/// in one of the groupings used on cards: 4-4-4-4 and up to three more digits, 4-6-4, 4-6-5, 4-4-5 or 6-13. Between two
/// groups there are one to three separators. They are spaces, hyphens, plus signs, dots, slashes and underscores, and
/// can be mixed. Full-width digits count as digits, and dashes and spaces of other widths count as separators. The
/// scanner also finds numbers written with JSON escapes (`\u0034`), URL escapes (`%34`) or HTML escapes (`&#52;`), and
/// numbers in UTF-16, with or without a byte order mark.
///
/// Letters may be next to a number (`cardNo9491339401250765`) if the number has 15 or 16 digits and a known issuer. On
/// each side with letters, at least one of them must come after F in the alphabet, because hexadecimal identifiers
/// contain many digits. An IBAN is not a card number. Neither is a time such as `2305121200001234` after letters.
///
/// The scanner does not find some numbers, because too much other text looks like them: numbers in other groupings,
/// with separators such as commas, colons and tabs, escaped twice, in quoted-printable or in UTF-32. It does not look
/// into compressed, encoded (Base64) or encrypted data. One in ten 16-digit times of the years 2022 to 2027,
/// `yyMMddHHmmssSSSS`, passes for a card number.
///
/// To scan a body or another text that you have as a whole:
///
///     let findings = PANScanner.findings(in: body.span)
///
/// To scan a text of any size, pass it in parts. You can split it anywhere. The scanner reports the findings in the
/// order of the text, each as soon as it has received about 1 KiB more. Its memory does not grow with the text or the
/// findings:
///
///     var scanner = PANScanner()
///     for part in parts { scanner.append(part.span) { print($0.line, $0.masked) } }
///     scanner.finish { print($0.line, $0.masked) }
///
/// A finding has a JSON path if it is in a JSON object or array that begins the text or one of its lines (JSON Lines),
/// and that is well-formed up to the finding. The scanner does not erase its copy of the text from memory.
public struct PANScanner: Sendable {
    /// The largest number of bytes that are processed at a time, which limits the memory.
    private static let maximumPartByteCount = 1 << 18

    private let issuers: [IssuerRange]?
    /// The part of the text from `base` on.
    private var text: [UInt8] = []
    /// The offset of `text` from the start of the whole text.
    private var base = 0
    /// The position in `text`, or beyond its end, up to which the text was searched.
    private var position = 0
    /// The end of the last finding in `text`, or a number below 0 if `text` begins after it.
    private var previousEnd = 0
    /// The line counter, or nil until enough of the text was received to detect a byte order mark.
    private var counter: LineCounter?
    private var places = JSONPlaces(at: 0)
    /// The survey of the last part, if there is one.
    private var survey: PANSurvey.Placed?

    /// Creates a scanner at the start of a text.
    ///
    /// - Parameter issuers: The ranges of card numbers to find, or nil to find every number with a correct check digit.
    ///   One number in ten has a correct check digit by chance.
    public init(issuers: [IssuerRange]? = IssuerRange.known) {
        self.issuers = issuers
    }

    /// Scans the next part of the text.
    ///
    /// - Parameters:
    ///   - part: The bytes that follow those of the previous call.
    ///   - report: A closure that receives each finding that is certain after this part. If it throws, the rest of the
    ///     part is not scanned.
    /// - Throws: The error that `report` throws.
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

    /// Scans the next part of the text, in which the positions of the card numbers are already known.
    ///
    /// - Parameters:
    ///   - part: The bytes that follow those of the previous call.
    ///   - survey: The survey of this part for the same ranges.
    ///   - report: A closure that receives each finding that is certain after this part.
    /// - Throws: The error that `report` throws.
    package mutating func append<Failure: Error>(
        _ part: Span<UInt8>,
        _ survey: PANSurvey,
        _ report: (PANFinding) throws(Failure) -> Void
    ) throws(Failure) {
        self.survey = PANSurvey.Placed(survey: survey, start: base + text.count)
        defer { self.survey = nil }
        try append(part, report)
    }

    /// Scans the rest of the text, and resets the scanner to the start of another text.
    ///
    /// - Parameter report: A closure that receives each remaining finding.
    /// - Throws: The error that `report` throws.
    public mutating func finish<Failure: Error>(_ report: (PANFinding) throws(Failure) -> Void) throws(Failure) {
        defer { self = PANScanner(issuers: issuers) }
        try search(before: text.count, isEnd: true, report)
    }

    /// Scans a whole text.
    ///
    /// - Parameters:
    ///   - text: The text, in any encoding that includes ASCII, or in UTF-16.
    ///   - issuers: The ranges of card numbers to find, or nil to find every number with a correct check digit.
    /// - Returns: The findings in the order of the text. There is no limit on their number.
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

    /// Returns a text with its card numbers masked in the same way as ``PAN/masked(leading:)``.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - issuers: The ranges of card numbers to mask, or nil to mask every number with a correct check digit.
    /// - Returns: The text, with everything else unchanged.
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
        while let match = nextMatch(&next, before: limit) {
            let offset = base + match.range.lowerBound
            counter.advance(to: offset, text.span, base: base, survey)
            places.advance(to: offset + 1, text.span, base: base, survey)
            var path: String?
            switch places.place(text.span, base: base, isEnd: isEnd) {
            case .none: break
            case .path(let text): path = text
            case .incomplete:
                // Return to the first of the digits, so that the same number is found again later.
                next = match.range.lowerBound
                while next > 0, text[next - 1].isDigit { next -= 1 }
                return
            }
            previousEnd = match.range.upperBound
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

    /// Returns the next card number that begins before `limit`, and moves `position` as ``PANSearch`` does.
    private func nextMatch(_ position: inout Int, before limit: Int) -> PANMatch? {
        while position < limit {
            var end = limit
            if let survey { (position, end) = survey.next(position, before: limit, base: base) }
            if let match = PANSearch.next(text.span, &position, after: previousEnd, before: end, issuers) {
                return match
            }
        }
        return nil
    }

    /// Releases the part of the text that is no longer needed, once it is the larger part.
    private mutating func trim() {
        var count = min(position, text.count) - PANSearch.lookBehind
        guard count >= 1 << 16, count >= text.count / 2, var counter else { return }
        var places = JSONPlaces(at: 0)
        swap(&places, &self.places)
        places.advance(to: base + count, text.span, base: base, survey)
        if let start = places.settle(text.span, base: base) { count = min(count, start - base) }
        counter.advance(to: base + count, text.span, base: base, survey)
        (self.counter, self.places) = (counter, places)
        text.removeFirst(count)
        base += count
        position -= count
        previousEnd -= count
    }
}

extension PANScanner: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of bytes that the scanner holds, without any of them.
    public var description: String { "PANScanner(\(text.count) bytes held)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that `dump` prints nothing of the text.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
