internal import KMPrimitives

/// Unescapes and escapes the text of JSON strings.
public enum JSONString {
    /// Returns the unescaped text of a string token.
    ///
    /// The result is UTF-8 unless the string has an unpaired surrogate escape, which RFC 8259 section 8.2 permits. Such
    /// an escape becomes the three bytes that UTF-8 would use for its code point, so that different strings stay
    /// different.
    ///
    /// - Parameters:
    ///   - document: A document that ``JSONScanner`` has read.
    ///   - range: The range of the token, including its quotes.
    /// - Returns: The text's bytes.
    public static func unescaped(_ document: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var at = range.lowerBound + 1
        let end = range.upperBound - 1
        while at < end {
            let byte = document[at]
            guard byte == UInt8(ascii: "\\"), at + 1 < end else {
                text.append(byte)
                at += 1
                continue
            }
            let kind = document[at + 1]
            at += 2
            switch kind {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): appendUnit(document, &at, to: &text)
            default: text.append(kind)
            }
        }
        return text
    }

    /// Returns the unescaped text of a string token as a `String`, or nil if it has an unpaired surrogate.
    ///
    /// A `String` cannot contain an unpaired surrogate.
    public static func string(_ document: Span<UInt8>, _ range: Range<Int>) -> String? {
        let text = unescaped(document, range)
        guard let valid = try? UTF8Span(validating: text.span) else { return nil }
        return String(copying: valid)
    }

    /// Returns whether the unescaped text of the string token at `range` is `text`, which is UTF-8.
    public static func equals(
        _ document: Span<UInt8>,
        _ range: Range<Int>,
        hasEscapes: Bool,
        _ text: [UInt8]
    ) -> Bool {
        if hasEscapes { return unescaped(document, range) == text }
        guard range.count - 2 == text.count else { return false }
        let start = range.lowerBound + 1
        for index in text.indices where document[start + index] != text[index] { return false }
        return true
    }

    /// Appends `text` as a JSON string with quotes, and escapes only what RFC 8259 section 7 requires.
    public static func append(_ text: String, to output: inout [UInt8]) {
        append(utf8: Array(text.utf8), to: &output)
    }

    /// Appends UTF-8 text as a JSON string with quotes, and escapes only what RFC 8259 section 7 requires.
    public static func append(utf8 text: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        let span = text.span
        var at = 0
        while true {
            let end = span.endOfUnescaped(from: at, quote: UInt8(ascii: "\""))
            output.append(copying: span.extracting(at..<end))
            guard end < span.count else { break }
            let byte = span[end]
            at = end + 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            default:
                output.append(contentsOf: "\\u00".utf8)
                output.append(hexadecimal[Int(byte >> 4)])
                output.append(hexadecimal[Int(byte & 15)])
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    /// Appends the code point of a `\u` escape, and moves `at` behind the escape.
    ///
    /// On entry, `at` is the offset of the four hexadecimal digits. A low surrogate escape that follows is included.
    private static func appendUnit(_ document: Span<UInt8>, _ at: inout Int, to text: inout [UInt8]) {
        guard let unit = document.hexadecimalUnit(at: at) else { return }
        at += 4
        var codePoint = UInt32(unit)
        if UTF16.isLeadSurrogate(unit), at + 6 <= document.count, document[at] == UInt8(ascii: "\\"),
            document[at + 1] == UInt8(ascii: "u"), let low = document.hexadecimalUnit(at: at + 2),
            UTF16.isTrailSurrogate(low)
        {
            codePoint = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF))
            at += 6
        }
        switch codePoint {
        case ..<0x80: text.append(UInt8(codePoint))
        case ..<0x800: text += [0xC0 | UInt8(codePoint >> 6), continuation(codePoint)]
        case ..<0x10000:
            text += [0xE0 | UInt8(codePoint >> 12), continuation(codePoint >> 6), continuation(codePoint)]
        default:
            text += [
                0xF0 | UInt8(codePoint >> 18), continuation(codePoint >> 12), continuation(codePoint >> 6),
                continuation(codePoint),
            ]
        }
    }

    private static func continuation(_ bits: UInt32) -> UInt8 { 0x80 | UInt8(bits & 0x3F) }
}
