public import KMPrimitives

/// Reads one RFC 8259 text over bytes, token by token: no tree, no recursion, no copy.
///
/// A token's bytes stay where they are, as a range; nothing is rounded, unescaped or rewritten.
///
/// The document is passed to every call, so that the scanner itself is a small value that can be copied to come back to
/// a place. Passing another document than before gives meaningless tokens, or an error, but no trap.
///
///     var scanner = JSONScanner()
///     while try scanner.next(in: document) != .end { … scanner.range … }
package struct JSONScanner: Sendable {
    /// What stands at ``JSONScanner/range``.
    package enum Token: Sendable, Equatable {
        case objectStart, objectEnd, arrayStart, arrayEnd
        /// A member's name: ``JSONScanner/range`` covers it with its quotes.
        case name
        /// A string value: ``JSONScanner/range`` covers it with its quotes.
        case string
        case number
        case `true`, `false`, null
        /// The text is over; nothing but white space followed its value.
        case end
    }

    /// The nesting that ``init(maximumDepth:)`` allows unless told otherwise.
    package static let defaultMaximumDepth = 64

    /// Where the last token stands, quotes included.
    package private(set) var range: Range<Int> = 0..<0

    /// Whether the last token is a name or string with a backslash in it.
    package private(set) var hasEscapes = false

    /// How many objects and arrays are open.
    package private(set) var depth = 0

    /// Where it reads on; where a text ended too early, but not within a token, its end.
    package private(set) var position = 0
    private var state = State.value
    /// A bit for each open container, set for an object: the innermost in the lowest bit, the outer ones in words before.
    private var isObject: UInt64 = 0
    private var outerWords: [UInt64] = []
    private let maximumDepth: Int

    private enum State {
        case value, firstElement, firstName, name, afterValue
    }

    /// A scanner at the start of a text, which refuses more than `maximumDepth` nested objects and arrays.
    package init(maximumDepth: Int = JSONScanner.defaultMaximumDepth) {
        self.maximumDepth = maximumDepth
    }

    /// The next token.
    ///
    /// - Throws: ``KMError`` `malformedJSON` with the offset where the text departs from RFC 8259, or
    ///   `limitExceeded` when it nests deeper than allowed.
    package mutating func next(in document: Span<UInt8>) throws -> Token {
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
        guard let byte else { throw malformed("more", at: position) }
        switch state {
        case .firstName where byte == UInt8(ascii: "}"): return close(.objectEnd)
        case .firstElement where byte == UInt8(ascii: "]"): return close(.arrayEnd)
        case .firstName, .name: return try name(byte, document)
        default: return try value(byte, document)
        }
    }

    /// Moves on to the end of the value that the last token began: behind the closing brace or bracket of an object or
    /// array, nowhere for other values.
    ///
    /// ``range`` then covers the whole value.
    ///
    /// - Throws: as ``next(in:)``.
    package mutating func skipValue(in document: Span<UInt8>, startedBy token: Token) throws {
        guard token == .objectStart || token == .arrayStart else { return }
        let start = range.lowerBound
        let outside = depth - 1
        while depth > outside, try next(in: document) != .end {}
        range = start..<range.upperBound
    }

    private mutating func skipWhiteSpace(_ document: Span<UInt8>) -> UInt8? {
        while position < document.count {
            let byte = document[position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position &+= 1
        }
        return nil
    }

    private mutating func name(_ byte: UInt8, _ document: Span<UInt8>) throws -> Token {
        guard byte == UInt8(ascii: "\"") else { throw malformed("a member name in quotes", at: position) }
        try string(document)
        guard skipWhiteSpace(document) == UInt8(ascii: ":") else { throw malformed("a colon", at: position) }
        position += 1
        state = .value
        return .name
    }

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
            throw KMError(.limitExceeded, "JSON nested deeper than \(maximumDepth) at byte \(position)")
        }
        if depth & 63 == 63 {
            outerWords.append(isObject)
            isObject = 0
        }
        isObject = isObject << 1 | (object ? 1 : 0)
        depth += 1
        range = position..<position + 1
        position += 1
        state = object ? .firstName : .firstElement
    }

    private mutating func close(_ token: Token) -> Token {
        depth -= 1
        isObject >>= 1
        if depth & 63 == 63, let outer = outerWords.popLast() { isObject = outer }
        range = position..<position + 1
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

    private mutating func number(_ document: Span<UInt8>) throws {
        let start = position
        var at = start
        if document[at] == UInt8(ascii: "-") { at += 1 }
        let integer = at
        at = document.endOfDigits(from: at)
        guard at > integer else { throw malformed("a digit", at: at) }
        guard at == integer + 1 || document[integer] != UInt8(ascii: "0") else {
            throw malformed("a number without a leading zero", at: integer)
        }
        if at < document.count, document[at] == UInt8(ascii: ".") {
            let fraction = at + 1
            at = document.endOfDigits(from: fraction)
            guard at > fraction else { throw malformed("a digit", at: at) }
        }
        if at < document.count, document[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < document.count, document[at] == UInt8(ascii: "+") || document[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            at = document.endOfDigits(from: exponent)
            guard at > exponent else { throw malformed("a digit", at: at) }
        }
        finish(from: start, at: at)
    }

    private mutating func finish(from start: Int, at end: Int) {
        range = start..<end
        position = end
        state = .afterValue
    }

    /// Reads a string whose opening quote stands at `position`.
    private mutating func string(_ document: Span<UInt8>) throws {
        let start = position
        var at = document.endOfPlainText(from: start &+ 1)
        while at < document.count {
            let byte = document[at]
            if byte >= 0x80 {
                guard let next = document.endOfScalar(from: at) else { throw malformed("UTF-8", at: at) }
                at = document.endOfPlainText(from: next)
            } else if byte == UInt8(ascii: "\"") {
                range = start..<at &+ 1
                position = at &+ 1
                return
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                guard let next = document.endOfEscape(from: at) else {
                    throw malformed("an escape of RFC 8259", at: at)
                }
                at = document.endOfPlainText(from: next)
            } else if byte < 0x20 {
                throw malformed("a control character to be escaped", at: at)
            } else {
                at &+= 1
            }
        }
        throw malformed("the closing quote of the string from byte \(start)", at: at)
    }

    private func malformed(_ expected: String, at position: Int) -> KMError {
        KMError(.malformedJSON, "expected \(expected) at byte \(position)")
    }
}

extension KMError.Code {
    /// The text is not JSON (RFC 8259) in UTF-8; the detail gives the offset.
    public static let malformedJSON = Self("malformedJSON")
}
