package import KMJOSE
package import KMJSON
internal import KMPrimitives

/// A selected value of a body, parsed, after all checks that need no private key.
package struct EncryptedField {
    package let match: FieldMatch
    package let parts: JWECompact
    package let header: JWEHeader

    package init(
        _ match: FieldMatch,
        _ body: [UInt8],
        _ policy: JWEPolicy,
        keyID: CryptoKeyID?,
        correlationID: CorrelationID?
    ) throws {
        self.match = match
        guard match.isString else {
            throw KMError(.protectionRequired, "\(match.place) is not a string: it is not encrypted")
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
        guard parts.encryptedKey == first.parts.encryptedKey, header.encryption == first.header.encryption,
            header.algorithm == first.header.algorithm
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
