package import KMJOSE
package import KMJSON
internal import KMPrimitives

/// A selected value of a body, parsed, after all checks that need no private key.
///
/// A class, so that a copy is one reference.
package final class EncryptedField: Sendable {
    package let match: FieldMatch
    package let parts: JWECompact
    /// The protected header; without its private parameters if it has the usual form.
    package let header: JWEHeader

    /// Parses a value and checks that it is bound to its path.
    ///
    /// - Parameters:
    ///   - match: The value's place.
    ///   - body: The body.
    ///   - policy: The accepted algorithms and sizes.
    ///   - keyID: The id that a `kid` must equal; nil accepts any.
    ///   - correlationID: The correlation id that the value must be bound to; nil accepts any.
    ///   - usualHeaders: The headers that need not be parsed.
    /// - Throws: ``KMError`` as ``ParameterCipher/open(_:_:under:correlationID:)``.
    package init(
        _ match: FieldMatch,
        _ body: [UInt8],
        _ policy: JWEPolicy,
        keyID: CryptoKeyID?,
        correlationID: CorrelationID?,
        usualHeaders: [FieldHeader] = []
    ) throws {
        self.match = match
        guard match.isString else {
            throw KMError(.protectionRequired, "\(match.place) is not a string: it is not encrypted")
        }
        if let (parts, header) = Self.usual(match, body, policy, correlationID, usualHeaders) {
            (self.parts, self.header) = (parts, header)
            return
        }
        do {
            if match.hasEscapes {
                let text = JSONString.unescaped(body.span, match.range)
                (parts, header) = try Self.parse(text.span, policy, keyID)
            } else {
                let content = match.range.lowerBound + 1..<match.range.upperBound - 1
                (parts, header) = try Self.parse(body.span.extracting(content), policy, keyID)
            }
        } catch let error as KMError {
            throw KMError(error.code, "\(match.place): \(error.detail)")
        }
        guard header.contentType == FieldHeader.contentType else {
            throw KMError(.fieldMismatch, "\(match.place): cty must be json")
        }
        guard let bound = header.privateParameter(FieldHeader.path), bound.utf8.elementsEqual(match.path) else {
            throw KMError(
                .fieldMismatch,
                "\(match.place): it must be bound to its own path; it is bound to another, or to none"
            )
        }
        if let correlationID, header.privateParameter(FieldHeader.correlationID) != correlationID.text {
            throw KMError(
                .fieldMismatch,
                "\(match.place): it must be bound to the correlation id of this message; it is bound to another, or "
                    + "to none"
            )
        }
    }

    /// Returns the JWE of a value whose header is one of `headers` with the value's own path and the correlation id, so
    /// that it need not be parsed; nil for any other value.
    private static func usual(
        _ match: FieldMatch,
        _ body: [UInt8],
        _ policy: JWEPolicy,
        _ correlationID: CorrelationID?,
        _ headers: [FieldHeader]
    ) -> (JWECompact, JWEHeader)? {
        guard !headers.isEmpty, !match.hasEscapes,
            let parts = try? JWECompact(
                parsing: body,
                in: match.range.lowerBound + 1..<match.range.upperBound - 1,
                policy: policy
            )
        else { return nil }
        let end = FieldHeader.end(correlationID)
        var (rest, expected): ([UInt8], [UInt8]) = ([], [])
        for header in headers {
            expected.removeAll(keepingCapacity: true)
            guard (try? header.append(path: match.path, end: end, using: &rest, to: &expected)) != nil else { continue }
            if expected.span.isEqual(to: body.span.extracting(parts.places.header)) { return (parts, header.header) }
        }
        return nil
    }

    /// Parses the JWE in a string.
    ///
    /// A string without a dot was never encrypted. The error then says so.
    private static func parse(
        _ text: Span<UInt8>,
        _ policy: JWEPolicy,
        _ keyID: CryptoKeyID?
    ) throws -> (JWECompact, JWEHeader) {
        guard text.indices.contains(where: { text[$0] == UInt8(ascii: ".") }) else {
            throw KMError(.protectionRequired, "a string without a dot is not encrypted")
        }
        return try policy.parse(text, keyID: keyID?.text)
    }

    /// Checks that all fields of a message are under one content encryption key.
    ///
    /// One RSA operation then opens them all, and no field comes from another message.
    package func checkSharesKey(with first: EncryptedField?) throws {
        guard let first else { return }
        guard parts.hasEncryptedKey(of: first.parts),
            header.encryption == first.header.encryption, header.algorithm == first.header.algorithm
        else {
            throw KMError(
                .fieldMismatch,
                "\(match.place) must be under the same content encryption key as \(first.match.place)"
            )
        }
    }
}

extension KMError.Code {
    /// A field is bound to another path or message, or is under another content encryption key than the rest.
    public static let fieldMismatch = Self("fieldMismatch")
}
