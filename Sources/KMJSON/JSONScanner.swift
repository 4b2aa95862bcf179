public import KMPrimitives

/// Reads a JSON text (RFC 8259) token by token, without building a tree.
///
/// It uses no recursion and copies nothing. Each token is a byte range of the document; its text is not unescaped, and
/// numbers are not converted.
///
/// You pass the document to every call. The scanner itself is a small value, so you can copy it and later continue from
/// the copy. If you pass a different document, the tokens are meaningless or an error is thrown, but nothing traps.
///
///     var scanner = JSONScanner()
///     while try scanner.next(in: document) != .end { … scanner.range … }
public struct JSONScanner: Sendable {
    /// The kind of token that ``JSONScanner/range`` covers.
    public enum Token: Sendable, Equatable {
        /// The `{` of an object.
        case objectStart
        /// The `}` of an object.
        case objectEnd
        /// The `[` of an array.
        case arrayStart
        /// The `]` of an array.
        case arrayEnd
        /// A member name; ``JSONScanner/range`` includes its quotes.
        case name
        /// A string value; ``JSONScanner/range`` includes its quotes.
        case string
        /// A number.
        case number
        /// The value `true`.
        case `true`
        /// The value `false`.
        case `false`
        /// The value `null`.
        case null
        /// The end of the text, after its value and any white space.
        case end
    }

    /// The default for the largest accepted nesting depth, 64.
    public static let defaultMaximumDepth = 64

    /// The byte range of the last token, including quotes.
    public private(set) var range: Range<Int> = 0..<0

    /// Whether the last token is a member name or string that contains a backslash.
    public private(set) var hasEscapes = false

    /// The number of open objects and arrays.
    public private(set) var depth = 0

    /// The byte offset at which reading continues.
    ///
    /// After an error because the text ends too early between two tokens, this is the end of the text.
    package private(set) var position = 0
    /// The byte offset of the violation of RFC 8259 for which ``next(in:)`` threw `malformedJSON`.
    package private(set) var faultPosition = 0
    private var state = State.value
    /// One bit for each open container, set for an object.
    ///
    /// The innermost container has the lowest bit. When the word is full, it moves to `outerWords`.
    private var isObject: UInt64 = 0
    private var outerWords: [UInt64] = []
    private let maximumDepth: Int

    private enum State {
        case value, firstElement, firstName, name, afterValue
    }

    /// Creates a scanner at the start of a text, which accepts at most `maximumDepth` nested objects and arrays.
    public init(maximumDepth: Int = JSONScanner.defaultMaximumDepth) {
        self.maximumDepth = maximumDepth
    }

    /// Reads and returns the next token.
    ///
    /// - Throws: ``KMError`` `malformedJSON` with the byte offset of the first violation of RFC 8259; `limitExceeded`
    ///   when objects and arrays nest deeper than accepted.
    public mutating func next(in document: Span<UInt8>) throws -> Token {
        hasEscapes = false
        var byte = skipWhiteSpace(document)
        if state == .afterValue {
            guard depth > 0 else {
                guard byte == nil else { throw malformed("the end of the text", at: position) }
                range = position..<position
                return .end
            }
            let inObject = isObject & 1 == 1
            switch byte {
            case UInt8(ascii: ","):
                position += 1
                byte = skipWhiteSpace(document)
                state = inObject ? .name : .value
            case UInt8(ascii: "}") where inObject: return close(.objectEnd)
            case UInt8(ascii: "]") where !inObject: return close(.arrayEnd)
            default:
                throw malformed(inObject ? "a comma or a closing brace" : "a comma or a closing bracket", at: position)
            }
        }
        guard let byte else { throw malformed("more input", at: position) }
        switch state {
        case .firstName where byte == UInt8(ascii: "}"): return close(.objectEnd)
        case .firstElement where byte == UInt8(ascii: "]"): return close(.arrayEnd)
        case .firstName, .name: return try name(byte, document)
        default: return try value(byte, document)
        }
    }

    /// Skips to the end of the value that the last token began.
    ///
    /// The end of an object or array is after its closing brace or bracket. Other values are already complete.
    /// Afterwards, ``range`` covers the whole value.
    ///
    /// - Throws: ``KMError`` `malformedJSON` or `limitExceeded`, as ``next(in:)`` does.
    public mutating func skipValue(in document: Span<UInt8>, startedBy token: Token) throws {
        guard token == .objectStart || token == .arrayStart else { return }
        let start = range.lowerBound
        let outside = depth - 1
        while depth > outside, try next(in: document) != .end {}
        range = start..<range.upperBound
    }

    @inline(__always)
    private mutating func skipWhiteSpace(_ document: Span<UInt8>) -> UInt8? {
        while position < document.count {
            let byte = document.byte(position)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position &+= 1
        }
        return nil
    }

    @inline(__always)
    private mutating func name(_ byte: UInt8, _ document: Span<UInt8>) throws -> Token {
        guard byte == UInt8(ascii: "\"") else { throw malformed("a member name in quotes", at: position) }
        try string(document)
        guard skipWhiteSpace(document) == UInt8(ascii: ":") else { throw malformed("a colon", at: position) }
        position += 1
        state = .value
        return .name
    }

    @inline(__always)
    private mutating func value(_ byte: UInt8, _ document: Span<UInt8>) throws -> Token {
        switch byte {
        case UInt8(ascii: "\""):
            try string(document)
            state = .afterValue
            return .string
        case UInt8(ascii: "{"):
            try open(object: true)
            return .objectStart
        case UInt8(ascii: "["):
            try open(object: false)
            return .arrayStart
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try number(document)
            return .number
        case UInt8(ascii: "t"): return try literal("true", .true, document)
        case UInt8(ascii: "f"): return try literal("false", .false, document)
        case UInt8(ascii: "n"): return try literal("null", .null, document)
        default: throw malformed("a value", at: position)
        }
    }

    private mutating func open(object: Bool) throws {
        guard depth < maximumDepth else {
            throw KMError(
                .limitExceeded,
                "JSON must nest at most \(maximumDepth) levels deep; it is deeper at byte \(position)"
            )
        }
        if depth & 63 == 63 {
            outerWords.append(isObject)
            isObject = 0
        }
        isObject = isObject << 1 | (object ? 1 : 0)
        depth += 1
        range = position..<position &+ 1
        position += 1
        state = object ? .firstName : .firstElement
    }

    @inline(__always)
    private mutating func close(_ token: Token) -> Token {
        depth -= 1
        isObject >>= 1
        if depth & 63 == 63, let outer = outerWords.popLast() { isObject = outer }
        range = position..<position &+ 1
        position += 1
        state = .afterValue
        return token
    }

    private mutating func literal(_ text: StaticString, _ token: Token, _ document: Span<UInt8>) throws -> Token {
        let count = text.utf8CodeUnitCount
        let start = position
        guard document.count - start >= count, document.matches(text, at: start) else {
            throw malformed("\(text)", at: start)
        }
        finish(from: start, at: start + count)
        return token
    }

    @inline(__always)
    private mutating func number(_ document: Span<UInt8>) throws {
        let start = position
        var at = start
        if document.byte(at) == UInt8(ascii: "-") { at += 1 }
        let integer = at
        at = document.endOfDigits(from: at)
        guard at > integer else { throw malformed("a digit", at: at) }
        guard at == integer + 1 || document.byte(integer) != UInt8(ascii: "0") else {
            throw malformed("a number without a leading zero", at: integer)
        }
        if at < document.count, document.byte(at) == UInt8(ascii: ".") {
            let fraction = at + 1
            at = document.endOfDigits(from: fraction)
            guard at > fraction else { throw malformed("a digit", at: at) }
        }
        if at < document.count, document.byte(at) | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < document.count, document[at] == UInt8(ascii: "+") || document[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            at = document.endOfDigits(from: exponent)
            guard at > exponent else { throw malformed("a digit", at: at) }
        }
        finish(from: start, at: at)
    }

    @inline(__always)
    private mutating func finish(from start: Int, at end: Int) {
        range = start..<end
        position = end
        state = .afterValue
    }

    /// Reads a string whose opening quote is at `position`.
    @inline(__always)
    private mutating func string(_ document: Span<UInt8>) throws {
        let start = position
        let at = document.endOfPlainText(from: start &+ 1)
        guard at < document.count, document.byte(at) == UInt8(ascii: "\"") else {
            return try string(document, from: start, at: at)
        }
        range = start..<at &+ 1
        position = at &+ 1
    }

    /// Reads on in a string that contains more than plain text.
    @inline(never)
    private mutating func string(_ document: Span<UInt8>, from start: Int, at first: Int) throws {
        var at = first
        while at < document.count {
            let byte = document.byte(at)
            if byte >= 0x80 {
                guard let next = document.endOfScalar(from: at) else { throw malformed("valid UTF-8", at: at) }
                at = document.endOfPlainText(from: next)
            } else if byte == UInt8(ascii: "\"") {
                range = start..<at &+ 1
                position = at &+ 1
                return
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                guard let next = document.endOfEscape(from: at) else {
                    throw malformed("an escape sequence of RFC 8259", at: at)
                }
                at = document.endOfPlainText(from: next)
            } else if byte < 0x20 {
                throw malformed("an escaped control character", at: at)
            } else {
                at &+= 1
            }
        }
        throw malformed("the closing quote of the string from byte \(start)", at: at)
    }

    @inline(never)
    private mutating func malformed(_ expected: String, at position: Int) -> KMError {
        faultPosition = position
        return KMError(.malformedJSON, "expected \(expected) at byte \(position)")
    }
}

extension KMError.Code {
    /// The text is not JSON (RFC 8259) in UTF-8; the detail gives the byte offset.
    public static let malformedJSON = Self("malformedJSON")
}
