internal import KMJSON

/// The body of message level: `{"encData":"<JWE compact serialization>"}`, exactly that member.
package enum EncryptedBody {
    static let prefix = Array(#"{"encData":""#.utf8)
    static let suffix = Array(#""}"#.utf8)
    private static let name = Array("encData".utf8)

    /// The JWE's bytes.
    ///
    /// - Throws: `malformedJSON`; `protectionRequired` for an object without the member, and for any other JSON text;
    ///   `malformedBody` for a member that is no string, stands there twice, or has others beside it.
    package static func message(of body: [UInt8]) throws -> [UInt8] {
        let text = body.span
        // The body has one level. What is nested deeper is not read further.
        var scanner = JSONScanner(maximumDepth: 64)
        guard try scanner.next(in: text) == .objectStart else {
            try readOn(&scanner, text)
            throw KMError(.protectionRequired, "the body is no object with encData: it is not encrypted")
        }
        var message: Range<Int>?
        var hasEscapes = false
        var others = 0
        while try scanner.next(in: text) == .name {
            let isData = JSONString.equals(text, scanner.range, hasEscapes: scanner.hasEscapes, name)
            let token = try scanner.next(in: text)
            guard isData else {
                others += 1
                try scanner.skipValue(in: text, startedBy: token)
                continue
            }
            guard message == nil else { throw KMError(.malformedBody, "encData stands there twice") }
            guard token == .string else { throw KMError(.malformedBody, "encData is not a string") }
            message = scanner.range
            hasEscapes = scanner.hasEscapes
        }
        guard try scanner.next(in: text) == .end else { throw KMError(.malformedBody, "more follows the object") }
        guard let message else {
            throw KMError(.protectionRequired, "the body has no encData: it is not encrypted")
        }
        guard others == 0 else { throw KMError(.malformedBody, "\(others) members beside encData; none are due") }
        if hasEscapes { return JSONString.unescaped(text, message) }
        let content = message.lowerBound + 1..<message.upperBound - 1
        return Array(body[content])
    }

    private static func readOn(_ scanner: inout JSONScanner, _ text: Span<UInt8>) throws {
        while try scanner.next(in: text) != .end {}
    }
}

extension KMError.Code {
    /// A body that should be encrypted is not, or is so at another level than is due; or a field is not: its value is no
    /// string, or a string without a dot, which no JWE is.
    ///
    /// Nothing is downgraded in silence.
    public static let protectionRequired = Self("protectionRequired")
    /// A body that is not of the form `{"encData":"…"}`.
    public static let malformedBody = Self("malformedBody")
}
