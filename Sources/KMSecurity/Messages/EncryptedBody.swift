internal import KMJSON
internal import KMPrimitives

/// The body of message level: `{"encData":"<JWE compact serialization>"}`, exactly that member.
package enum EncryptedBody {
    static let prefix: InlineArray<12, UInt8> = [
        0x7B, 0x22, 0x65, 0x6E, 0x63, 0x44, 0x61, 0x74, 0x61, 0x22, 0x3A, 0x22,
    ]
    static let suffix: InlineArray<2, UInt8> = [0x22, 0x7D]
    private static let name = Array("encData".utf8)

    /// Returns the size of a body with a JWE of `count` bytes.
    static func byteCount(messageByteCount count: Int) -> Int { prefix.count + count + suffix.count }

    /// Returns whether the body is an object with `encData`.
    ///
    /// - Throws: `malformedJSON`, `malformedBody`.
    package static func isEncrypted(_ body: [UInt8]) throws -> Bool {
        do {
            _ = try message(of: body)
            return true
        } catch let error as KMError where error.code == .protectionRequired {
            return false
        }
    }

    /// Returns the place of the JWE in a body that has the usual form, without white space or escapes; nil for another.
    ///
    /// The caller must check that the JWE consists of base64url and dots only. The body is then JSON, too.
    static func usualPlace(in body: [UInt8]) -> Range<Int>? {
        let text = body.span
        let place = prefix.count..<max(prefix.count, body.count - suffix.count)
        guard body.count > prefix.count + suffix.count,
            text.extracting(first: prefix.count).isEqual(to: prefix.span),
            text.extracting(last: suffix.count).isEqual(to: suffix.span)
        else { return nil }
        return place
    }

    /// Returns the bytes of the JWE.
    ///
    /// - Throws: `malformedJSON`; `protectionRequired` for an object without the member, and for any other JSON text;
    ///   `malformedBody` if the member is not a string or not the only one.
    package static func message(of body: [UInt8]) throws -> [UInt8] {
        let text = body.span
        // The body has one level, so a small depth is enough.
        var scanner = JSONScanner(maximumDepth: 64)
        guard try scanner.next(in: text) == .objectStart else {
            try readOn(&scanner, text)
            throw KMError(.protectionRequired, "the body must be an object with encData; it is not encrypted")
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
            guard message == nil else { throw KMError(.malformedBody, "encData appears twice") }
            guard token == .string else { throw KMError(.malformedBody, "encData must be a string") }
            message = scanner.range
            hasEscapes = scanner.hasEscapes
        }
        guard try scanner.next(in: text) == .end else { throw KMError(.malformedBody, "nothing may follow the object") }
        guard let message else {
            throw KMError(.protectionRequired, "the body must have encData; it is not encrypted")
        }
        guard others == 0 else {
            throw KMError(.malformedBody, "encData must be the only member; found \(others) more")
        }
        if hasEscapes { return JSONString.unescaped(text, message) }
        let content = message.lowerBound + 1..<message.upperBound - 1
        return Array(body[content])
    }

    private static func readOn(_ scanner: inout JSONScanner, _ text: Span<UInt8>) throws {
        while try scanner.next(in: text) != .end {}
    }
}

extension KMError.Code {
    /// A body or a field that must be encrypted is not, or the body is encrypted at another level than the endpoint
    /// requires.
    public static let protectionRequired = Self("protectionRequired")
    /// The body is not `{"encData":"…"}`.
    public static let malformedBody = Self("malformedBody")
}
