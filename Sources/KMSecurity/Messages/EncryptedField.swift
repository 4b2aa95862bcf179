internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// A selected value of a body, taken apart and found to be what it should be, as far as that shows without the key.
struct EncryptedField {
    let match: FieldMatch
    let parts: JWECompact
    let header: JWEHeader

    init(
        _ match: FieldMatch,
        _ body: [UInt8],
        _ decryptor: JWEDecryptor,
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
                (parts, header) = try Self.parse(text.span, decryptor, keyID)
            } else {
                let content = match.range.lowerBound + 1..<match.range.upperBound - 1
                (parts, header) = try Self.parse(body.span.extracting(content), decryptor, keyID)
            }
        } catch let error as KMError {
            throw KMError(error.code, "\(match.place): \(error.detail)")
        }
        guard header.contentType == FieldHeader.contentType else {
            throw KMError(.fieldMismatch, "\(match.place): cty is not json")
        }
        guard let bound = header.privateParameter(FieldHeader.path), bound.utf8.elementsEqual(match.path) else {
            throw KMError(.fieldMismatch, "\(match.place): it is bound to another place, or to none")
        }
        if let correlationID, header.privateParameter(FieldHeader.correlationID) != correlationID.text {
            throw KMError(.fieldMismatch, "\(match.place): it is bound to another message, or to none")
        }
    }

    /// Takes a string apart; one that is not even like a JWE was never encrypted, and that is what is told of it.
    private static func parse(
        _ text: Span<UInt8>,
        _ decryptor: JWEDecryptor,
        _ keyID: CryptoKeyID?
    ) throws -> (JWECompact, JWEHeader) {
        guard text.indices.contains(where: { text[$0] == UInt8(ascii: ".") }) else {
            throw KMError(.protectionRequired, "it is a string without a dot: it is not encrypted")
        }
        return try decryptor.parse(text, keyID: keyID?.text)
    }

    /// The fields of a message are under one content key, so that none was put in from elsewhere, and one RSA operation
    /// opens them all.
    func checkSharesKey(with first: EncryptedField?) throws {
        guard let first else { return }
        guard parts.encryptedKey == first.parts.encryptedKey, header.encryption == first.header.encryption,
            header.algorithm == first.header.algorithm
        else {
            throw KMError(.fieldMismatch, "\(match.place) is under another content key than \(first.match.place)")
        }
    }
}

extension KMError.Code {
    /// A field that is bound to another place or message, or that is under another content key than the rest.
    public static let fieldMismatch = Self("fieldMismatch")
}
