internal import KMJOSE
internal import KMJSON
internal import KMPrimitives
internal import KMSecurity

/// A check of a field-level body, whichever code wrote the body.
struct SealedFields {
    let encryption: ContentEncryptionAlgorithm
    let keyID: CryptoKeyID
    let privateKey: RSAPrivateKey
    let correlationID: CorrelationID?

    /// The encrypted keys and IVs of a body's fields, without duplicates.
    ///
    /// All fields of a body share one encrypted key, and each field has its own IV.
    struct Parts {
        var encryptedKeys: Set<[UInt8]> = []
        var ivs: Set<[UInt8]> = []
    }

    /// Throws ``Mismatch`` unless `body` is `document` with a JWE in place of each value of `selection`.
    ///
    /// Every other byte must be unchanged. Each JWE must decrypt with a plain JWE decryptor and be bound to its path.
    /// All JWEs must share one content encryption key, and each must have its own IV.
    @discardableResult
    func check(_ body: [UInt8], of document: [UInt8], _ selection: FieldSelection) throws -> Parts {
        let matches = try FieldMatcher.matches(
            selection,
            in: document.span,
            limits: ParameterLimits.standard.matcherLimits
        )
        let decryptor = JWEDecryptor(with: privateKey)
        var parts = Parts()
        var rest = body[...]
        var copied = 0
        for match in matches {
            let between = document[copied..<match.range.lowerBound]
            try expect(rest.starts(with: between), "text before a field")
            rest = rest.dropFirst(between.count)
            let message = try Self.string(from: &rest)
            let field = try JWECompact(parsing: message.span)
            try expect(field.headerJSON == header(match.path), "header of a field")
            let value = try decryptor.decrypt(message, keyID: keyID.text).plaintext
            try expect(value.elementsEqual(document[match.range]), "value of a field")
            parts.encryptedKeys.insert(field.encryptedKey)
            parts.ivs.insert(field.iv)
            copied = match.range.upperBound
        }
        try expect(rest.elementsEqual(document[copied...]), "text after the fields")
        try expect(parts.encryptedKeys.count == min(1, matches.count), "number of content encryption keys")
        try expect(parts.ivs.count == matches.count, "number of IVs")
        return parts
    }

    private func header(_ path: [UInt8]) -> [UInt8] {
        var bound = [JWEHeader.PrivateParameter(name: "path", value: String(decoding: path, as: UTF8.self))]
        if let correlationID { bound.append(JWEHeader.PrivateParameter(name: "cid", value: correlationID.text)) }
        return JWEHeader(encryption: encryption, keyID: keyID.text, contentType: "json", privateParameters: bound).json
    }

    /// Returns the text of the string at the start of `rest`, which has no escapes, and removes the string from `rest`.
    private static func string(from rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard rest.first == quote, let end = rest.dropFirst().firstIndex(of: quote) else {
            throw Mismatch(what: "a field that is not a JSON string")
        }
        defer { rest = rest[(end + 1)...] }
        return Array(rest[..<end].dropFirst())
    }
}
