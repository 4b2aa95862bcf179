internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// The protected headers of a message's fields: alike but for the path.
struct FieldHeaders {
    static let contentType = "json"
    static let path = "path"
    static let correlationID = "cid"

    private let beginning: [UInt8]
    private let end: [UInt8]

    init(encryption: ContentEncryptionAlgorithm, keyID: CryptoKeyID, correlationID: CorrelationID?) {
        let header = JWEHeader(encryption: encryption, keyID: keyID.text, contentType: Self.contentType)
        // alg, enc, kid, cty, path, cid: the path is put between what comes before and what comes after.
        beginning = header.json.dropLast() + ",\"\(Self.path)\":".utf8
        end = Array((correlationID.map { ",\"\(Self.correlationID)\":\"\($0.text)\"}" } ?? "}").utf8)
    }

    /// The header of the field at `path`, in base64url.
    func encoded(path: [UInt8], limit: Int) throws -> [UInt8] {
        var json = beginning
        json.reserveCapacity(beginning.count + path.count + end.count + 8)
        JSONString.append(utf8: path, to: &json)
        json.append(contentsOf: end)
        guard json.count <= limit else {
            throw KMError(
                .limitExceeded,
                "the path of a field makes a header of \(json.count) bytes; \(limit) are taken"
            )
        }
        var encoded: [UInt8] = []
        Base64.url.append(json.span, to: &encoded)
        return encoded
    }

    /// About how many bytes a field takes beside a third more than its value's, for a path of ordinary length.
    func fieldByteCount(_ encryptor: JWEEncryptor) -> Int {
        encryptor.encryptedByteCount(0) + Base64.encodedCount(beginning.count + end.count + 64)
    }
}

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
            throw KMError(.protectionRequired, "\(Self.place(match)) is not a string: it is not encrypted")
        }
        do {
            if match.hasEscapes {
                let text = JSONString.unescaped(body.span, match.range)
                (parts, header) = try decryptor.parse(text.span, keyID: keyID?.text)
            } else {
                let content = match.range.lowerBound + 1..<match.range.upperBound - 1
                (parts, header) = try decryptor.parse(body.span.extracting(content), keyID: keyID?.text)
            }
        } catch let error as KMError {
            throw KMError(error.code, "\(Self.place(match)): \(error.detail)")
        }
        guard header.contentType == FieldHeaders.contentType else {
            throw KMError(.fieldMismatch, "\(place): cty is not json")
        }
        guard let bound = header.privateParameter(FieldHeaders.path), bound.utf8.elementsEqual(match.path) else {
            throw KMError(.fieldMismatch, "\(place): it is bound to another place, or to none")
        }
        if let correlationID, header.privateParameter(FieldHeaders.correlationID) != correlationID.text {
            throw KMError(.fieldMismatch, "\(place): it is bound to another message, or to none")
        }
    }

    /// The place, for a message.
    var place: String { Self.place(match) }

    /// The fields of a message are under one content key, so that none was put in from elsewhere, and one RSA operation
    /// opens them all.
    func checkSharesKey(with first: EncryptedField?) throws {
        guard let first else { return }
        guard parts.encryptedKey == first.parts.encryptedKey, header.encryption == first.header.encryption,
            header.algorithm == first.header.algorithm
        else {
            throw KMError(.fieldMismatch, "\(place) is under another content key than \(first.place)")
        }
    }

    private static func place(_ match: FieldMatch) -> String {
        String(decoding: match.path, as: UTF8.self)
    }
}

extension KMError.Code {
    /// A field that is bound to another place or message, or that is under another content key than the rest.
    public static let fieldMismatch = Self("fieldMismatch")
}
