/// The text of JSON strings: out of their escapes, and into them.
package enum JSONString {
    /// The text of the string token at `range` (quotes included) of a document that ``JSONScanner`` has read.
    ///
    /// The bytes are UTF-8, but for a lone surrogate escape, which RFC 8259 section 8.2 lets stand: it gives the three
    /// bytes that UTF-8 would have for its code point, so that distinct strings stay distinct.
    package static func unescaped(_ document: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
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

    /// The text of a string token, or nil where it has a lone surrogate, which no `String` holds.
    package static func string(_ document: Span<UInt8>, _ range: Range<Int>) -> String? {
        let text = unescaped(document, range)
        guard let valid = try? UTF8Span(validating: text.span) else { return nil }
        return String(copying: valid)
    }

    /// Whether the string token at `range` has the text `text` (UTF-8), escapes undone.
    package static func equals(
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

    /// Appends `text` as a JSON string with its quotes, escaping what RFC 8259 section 7 asks for and nothing else.
    package static func append(_ text: String, to output: inout [UInt8]) {
        append(utf8: Array(text.utf8), to: &output)
    }

    /// Appends UTF-8 text as a JSON string with its quotes; see ``append(_:to:)``.
    package static func append(utf8 text: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                output.append(contentsOf: "\\u00".utf8)
                output.append(hexadecimal[Int(byte >> 4)])
                output.append(hexadecimal[Int(byte & 15)])
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    /// Appends the code point of the `\u` escape whose digits begin at `at`, with its low surrogate where one follows.
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
