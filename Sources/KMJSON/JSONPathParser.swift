internal import KMPrimitives

/// Parses the supported subset of the JSONPath grammar (RFC 9535 appendix A).
struct JSONPathParser {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() throws -> [JSONPath.Segment] {
        guard next(is: "$") else { throw malformed("$") }
        var segments: [JSONPath.Segment] = []
        while at < bytes.count {
            // White space is allowed before a segment, but not at the end.
            skipWhiteSpace()
            if next(is: ".") {
                segments.append(try dotted())
            } else if next(is: "[") {
                segments.append(try bracketed())
            } else {
                throw malformed("a dot or a bracket")
            }
        }
        return segments
    }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func next(is character: Unicode.Scalar) -> Bool {
        guard byte == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skipWhiteSpace() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    private mutating func dotted() throws -> JSONPath.Segment {
        if next(is: "*") { return .wildcard }
        if byte == UInt8(ascii: ".") { throw unsupported("descendant segments (..)") }
        let start = at
        // member-name-shorthand: letters, _, and all non-ASCII characters; also digits, except as the first character.
        while let byte,
            byte == UInt8(ascii: "_") || byte >= 0x80 || (byte.isAlphanumeric && (at > start || !byte.isDigit))
        {
            at += 1
        }
        guard at > start else { throw malformed("a member name or *") }
        return .name(Array(bytes[start..<at]))
    }

    private mutating func bracketed() throws -> JSONPath.Segment {
        skipWhiteSpace()
        let segment: JSONPath.Segment
        switch byte {
        case UInt8(ascii: "*"):
            at += 1
            segment = .wildcard
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            segment = .name(try quoted())
        case UInt8(ascii: "?"):
            throw unsupported("filters (?)")
        case UInt8(ascii: ":"):
            throw unsupported("slices (:)")
        case UInt8(ascii: "-"):
            throw unsupported("negative indexes")
        case let byte? where byte.isDigit:
            segment = .index(try index())
        default:
            throw malformed("a quoted name, an index or *")
        }
        skipWhiteSpace()
        if byte == UInt8(ascii: ",") { throw unsupported("several selectors in one pair of brackets") }
        if byte == UInt8(ascii: ":") { throw unsupported("slices (:)") }
        guard next(is: "]") else { throw malformed("a closing bracket") }
        return segment
    }

    private mutating func index() throws -> Int {
        let start = at
        while let byte, byte.isDigit { at += 1 }
        let digits = bytes[start..<at]
        // An index has no leading zeros and is at most 2^53 - 1 (RFC 9535 section 2.1).
        guard digits.count == 1 || digits.first != UInt8(ascii: "0"), digits.count <= 16 else {
            throw malformed("an index without leading zeros, at most 9007199254740991", at: start)
        }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard value < 1 << 53 else {
            throw malformed("an index without leading zeros, at most 9007199254740991", at: start)
        }
        return value
    }

    private mutating func quoted() throws -> [UInt8] {
        let quote = bytes[at]
        at += 1
        var name: [UInt8] = []
        while let byte, byte != quote {
            guard byte >= 0x20 else { throw malformed("an escaped control character") }
            at += 1
            if byte == UInt8(ascii: "\\") { try appendEscape(quote, to: &name) } else { name.append(byte) }
        }
        guard byte == quote else { throw malformed("the closing quote") }
        at += 1
        return name
    }

    private mutating func appendEscape(_ quote: UInt8, to name: inout [UInt8]) throws {
        guard let kind = byte else { throw malformed("an escaped character") }
        at += 1
        switch kind {
        case UInt8(ascii: "b"): name.append(0x08)
        case UInt8(ascii: "f"): name.append(0x0C)
        case UInt8(ascii: "n"): name.append(0x0A)
        case UInt8(ascii: "r"): name.append(0x0D)
        case UInt8(ascii: "t"): name.append(0x09)
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), quote: name.append(kind)
        case UInt8(ascii: "u"): name += Array(String(try escapedScalar()).utf8)
        default: throw malformed("an escape sequence of RFC 9535", at: at - 1)
        }
    }

    /// Parses the digits of a `\uXXXX` escape, and the second escape of a surrogate pair.
    ///
    /// - Throws: ``KMError`` `pathMalformed` for an unpaired surrogate, which does not encode a character.
    private mutating func escapedScalar() throws -> Character {
        let start = at
        var units = [try unit()]
        if UTF16.isLeadSurrogate(units[0]), next(is: "\\"), next(is: "u") { units.append(try unit()) }
        var decoder = UTF16()
        var iterator = units.makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator), iterator.next() == nil else {
            throw malformed("a complete surrogate pair", at: start)
        }
        return Character(scalar)
    }

    private mutating func unit() throws -> UInt16 {
        guard at + 4 <= bytes.count, bytes[at..<at + 4].allSatisfy(\.isHexadecimal),
            let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw malformed("four hexadecimal digits") }
        at += 4
        return unit
    }

    private func malformed(_ expected: String, at position: Int? = nil) -> KMError {
        KMError(.pathMalformed, "expected \(expected) at byte \(position ?? at) of the path")
    }

    private func unsupported(_ what: String) -> KMError {
        KMError(
            .pathUnsupported,
            "\(what) are not supported (byte \(at) of the path); use names, non-negative indexes and *"
        )
    }
}
