/// Finds card numbers that stand in the clear in a text of any kind and size: a body, a log, a dump.
///
/// A card number is 12 to 19 digits with a right check digit (Luhn), as many as its issuer's cards have
/// (``IssuerRange/known``), that are no part of a longer number, word or decimal. The digits stand together, or in the groups
/// in which cards have them (4-4-4-4 and up to three more, 4-6-4, 4-6-5, 4-4-5, 6-13) with one space, hyphen or plus sign between
/// them, the same throughout. Digits and separators are found as escapes of JSON (`\u0034`), URLs (`%34`) and HTML (`&#52;`)
/// too, and in UTF-16, with or without a byte order mark. What is compressed, encoded (Base64) or encrypted is not opened.
///
/// Not found, since too much else looks like it: numbers beside a letter (but for track data and the colours of a terminal),
/// groups parted by dots, slashes, underscores, tabs, two blanks or by this and that, full-width digits, what is escaped twice,
/// quoted-printable and UTF-32. A 16-digit time, `yyMMddHHmmssSSSS`, of 2022 to 2027 is taken for a card's number once in ten.
///
/// The text comes in parts of any size, cut anywhere; the findings come out as soon as they are certain, in the order of
/// the text:
///
///     var scanner = PANScanner()
///     for part in parts { report(scanner.append(part.span)) }
///     report(scanner.finish())
///
/// Where the text is one JSON object or array, or a line of it is (JSON Lines), a finding tells the path. For that the
/// scanner holds on to the text, or to its last line, up to a bound, and gives the findings at its end: a log's come line by
/// line, and a document's all at ``finish()``. A longer text or line has findings without paths. The part of the text that it
/// holds is not cleansed when it goes.
public struct PANScanner: Sendable {
    /// How large a JSON text, or a line of one, may be to have paths, unless told otherwise: 16 MiB.
    public static let defaultMaximumDocumentByteCount = 16 << 20

    /// Parts are taken in so many bytes at a time, which bounds the memory.
    private static let maximumPartByteCount = 1 << 20

    /// What the text is taken for.
    enum Form {
        /// Too little has come in to tell.
        case unknown
        /// One JSON text of several lines, perhaps.
        case document
        case lines
    }

    /// A finding whose path is not known yet.
    struct Pending {
        var finding: PANFinding
        /// Where its line begins, from the start of the text.
        let lineStart: Int
    }

    private let issuers: [IssuerRange]?
    let maximumDocumentByteCount: Int

    /// The part of the text from `base` on.
    var text: [UInt8] = []
    var base = 0
    /// Up to where the text was searched, in `text`, or behind it.
    private var position = 0
    /// Where the lines and documents begin whose findings have not been given yet, in `text`.
    var held = 0
    /// Up to where that part has been looked through for a newline, in `text`.
    var newlineSearched = 0
    var form = Form.unknown
    var pending: [Pending] = []
    private var counter: LineCounter?
    /// Whether enough has come in to know of a byte order mark.
    var isBegun: Bool { counter != nil }

    /// A scanner at the start of a text.
    ///
    /// - Parameters:
    ///   - issuers: whose card numbers are looked for; nil for any number with a right check digit, which each tenth number
    ///     has by chance.
    ///   - maximumDocumentByteCount: how large a JSON text or a line may be to have paths; 0 for no paths, which gives all
    ///     findings at once.
    public init(
        issuers: [IssuerRange]? = IssuerRange.known,
        maximumDocumentByteCount: Int = PANScanner.defaultMaximumDocumentByteCount
    ) {
        self.issuers = issuers
        self.maximumDocumentByteCount = max(0, maximumDocumentByteCount)
    }

    /// Takes the next part of the text, and gives the findings that are certain by now.
    public mutating func append(_ part: Span<UInt8>) -> [PANFinding] {
        var findings: [PANFinding] = []
        var start = 0
        while start < part.count {
            let end = min(part.count, start + Self.maximumPartByteCount)
            text.append(copying: part.extracting(start..<end))
            start = end
            search(before: text.count - PANSearch.lookAhead)
            findings += settle(searched: min(position, text.count), isEnd: false)
            trim()
        }
        return findings
    }

    /// Gives the findings that are left at the end of the text; the scanner is then at the start of another one.
    public mutating func finish() -> [PANFinding] {
        search(before: text.count)
        let findings = settle(searched: text.count, isEnd: true)
        self = PANScanner(issuers: issuers, maximumDocumentByteCount: maximumDocumentByteCount)
        return findings
    }

    /// The findings of a text that is there as a whole.
    public static func findings(
        in text: Span<UInt8>,
        issuers: [IssuerRange]? = IssuerRange.known
    ) -> [PANFinding] {
        var scanner = PANScanner(issuers: issuers)
        return scanner.append(text) + scanner.finish()
    }

    /// A text with its card numbers masked, as ``PAN/masked(leading:)`` does, and nothing else changed.
    public static func masking(_ text: String, issuers: [IssuerRange]? = IssuerRange.known) -> String {
        String(decoding: masking(Array(text.utf8), issuers), as: UTF8.self)
    }

    static func masking(_ text: [UInt8], _ issuers: [IssuerRange]?) -> [UInt8] {
        var masked: [UInt8] = []
        var (position, copied) = (0, 0)
        while let match = PANSearch.next(text.span, &position, before: text.count, issuers) {
            masked += text[copied..<match.range.lowerBound]
            masked += match.masked.utf8
            copied = match.range.upperBound
        }
        return masked + text[copied...]
    }

    private mutating func search(before limit: Int) {
        guard limit > position || counter == nil && limit >= 0 else { return }
        var counter = self.counter ?? LineCounter(text.span)
        if self.counter == nil { held = counter.lineStart }
        var position = position
        while let match = PANSearch.next(text.span, &position, before: limit, issuers) {
            let offset = base + match.range.lowerBound
            counter.advance(to: offset, text.span, base: base)
            let finding = PANFinding(
                byteRange: offset..<base + match.range.upperBound,
                line: counter.line,
                column: counter.column(offset),
                masked: match.masked,
                digitCount: match.digitCount,
                issuer: match.issuer
            )
            pending.append(Pending(finding: finding, lineStart: counter.lineStart))
        }
        self.position = position
        self.counter = counter
    }

    /// Lets go of what is neither held nor looked back at, once that is the larger part.
    private mutating func trim() {
        let count = min(held, position, text.count) - PANSearch.lookBehind
        guard count >= 1 << 16, count >= text.count / 2 else { return }
        guard var counter else { return }
        counter.advance(to: base + count, text.span, base: base)
        self.counter = counter
        text.removeFirst(count)
        base += count
        position -= count
        held -= count
        newlineSearched = max(0, newlineSearched - count)
    }

    func paths(of offsets: [Int], in document: Range<Int>) -> [String?]? {
        JSONPlaces.paths(of: offsets, in: text.span.extracting(document), issuers)
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
