package import KMJOSE
package import KMJSON
internal import KMPrimitives

/// Field level: a JWE replaces each selected value.
extension ParameterCipher {
    /// Encrypts each selected value; all other bytes stay as they are.
    ///
    /// The fields share one content encryption key and one RSA operation. Each has its own IV, and is bound to its path
    /// and to the correlation id, if there is one.
    func encrypt(
        _ parameters: [UInt8],
        fields selection: FieldSelection,
        with sealer: PreparedKey.Sealer,
        _ correlationID: CorrelationID?
    ) throws -> [UInt8] {
        try limits.check(parameters)
        let matches = try FieldMatcher.matches(selection, in: parameters.span, limits: limits.matcherLimits)
        guard !matches.isEmpty else { return parameters }
        let byteCount = matches.reduce(0) { $0 + $1.range.count }
        let (key, givenIVs) = try contentKey(sealer, ivCount: matches.count, byteCount: byteCount)
        let headers = try FieldHeaders(matches, sealer.fieldHeader, correlationID)
        let room = matches.indices.reduce(parameters.count - byteCount) { room, number in
            room + key.sealedByteCount(matches[number].range.count, headerCount: headers.places[number].count) + 2
        }
        try limits.check(byteCount: room)
        var body: [UInt8] = []
        body.append(zeros: room)
        var text = body.mutableSpan
        var (copied, place) = (0, 0)
        for (number, match) in matches.enumerated() {
            parameters.span.extracting(copied..<match.range.lowerBound).write(to: &text, at: place)
            place += match.range.lowerBound - copied
            text[place] = UInt8(ascii: "\"")
            place = try key.seal(
                parameters.span.extracting(match.range),
                header: headers.text.span.extracting(headers.places[number]),
                into: &text,
                at: place + 1,
                givenIV: givenIVs?[number * AESGCM.ivByteCount..<(number + 1) * AESGCM.ivByteCount]
            )
            text[place] = UInt8(ascii: "\"")
            place += 1
            copied = match.range.upperBound
        }
        parameters.span.extracting(copied...).write(to: &text, at: place)
        return body
    }

    /// The headers of the fields of a message, in base64url.
    private struct FieldHeaders {
        var text: [UInt8] = []
        var places: [Range<Int>] = []

        init(_ matches: [FieldMatch], _ header: FieldHeader, _ correlationID: CorrelationID?) throws {
            let end = FieldHeader.end(correlationID)
            var rest: [UInt8] = []
            places.reserveCapacity(matches.count)
            for match in matches {
                let start = text.count
                try header.append(path: match.path, end: end, using: &rest, to: &text)
                places.append(start..<text.count)
            }
        }
    }

    /// A body of field level with its fields parsed.
    package struct ExaminedFields {
        let body: [UInt8]
        let fields: [EncryptedField]
        /// The use of the key; nil if the body has no fields.
        let use: KeyUse?
    }

    /// Parses the fields of a body and makes all checks that need no private key.
    ///
    /// - Parameters:
    ///   - body: The bytes as received.
    ///   - matches: The selected values.
    ///   - id: The id of the key.
    ///   - correlationID: The correlation id that the fields must be bound to; nil accepts any.
    ///   - checksKeyID: Whether fields must name the key; false for tools that have a private key and no id.
    /// - Returns: The fields, all under one content encryption key.
    /// - Throws: ``KMError`` as ``open(_:_:under:correlationID:)``.
    func examineFields(
        _ body: [UInt8],
        _ matches: [FieldMatch],
        under id: CryptoKeyID,
        correlationID: CorrelationID?,
        checksKeyID: Bool = true
    ) throws -> ExaminedFields {
        let opener = try key(id).opener()
        let fields = try Self.parseFields(
            body,
            matches,
            opener.policy,
            checksKeyID ? id : nil,
            correlationID,
            usualHeaders: opener.usualFieldHeaders
        )
        let use = fields.first.map { first in
            KeyUse(
                opener: opener,
                parts: first.parts,
                algorithm: first.header.algorithm,
                encryption: first.header.encryption,
                messageCount: fields.count,
                byteCount: fields.reduce(0) { $0 + $1.parts.plaintextByteCount }
            )
        }
        return ExaminedFields(body: body, fields: fields, use: use)
    }

    /// Parses the fields of a body and makes all checks that need no key.
    ///
    /// - Parameters:
    ///   - body: The bytes as received.
    ///   - matches: The selected values.
    ///   - policy: The accepted algorithms and sizes.
    ///   - id: The id that a `kid` must equal; nil accepts any.
    ///   - correlationID: The correlation id that the fields must be bound to; nil accepts any.
    ///   - usualHeaders: The headers that need not be parsed.
    /// - Returns: The fields, all under one content encryption key.
    /// - Throws: ``KMError`` as ``open(_:_:under:correlationID:)``, except for the codes about keys.
    package static func parseFields(
        _ body: [UInt8],
        _ matches: [FieldMatch],
        _ policy: JWEPolicy,
        _ id: CryptoKeyID?,
        _ correlationID: CorrelationID?,
        usualHeaders: [FieldHeader] = []
    ) throws -> [EncryptedField] {
        var fields: [EncryptedField] = []
        fields.reserveCapacity(matches.count)
        for match in matches {
            let field = try EncryptedField(
                match,
                body,
                policy,
                keyID: id,
                correlationID: correlationID,
                usualHeaders: usualHeaders
            )
            try field.checkSharesKey(with: fields.first)
            fields.append(field)
        }
        return fields
    }

    /// Finds the selected values of a body.
    func matches(_ selection: FieldSelection, in body: [UInt8]) throws -> [FieldMatch] {
        try FieldMatcher.matches(selection, in: body.span, limits: limits.matcherLimits)
    }

    /// Decrypts the selected values of a body, wherever the private key is, for tools.
    ///
    /// - Parameters:
    ///   - body: The bytes as received.
    ///   - selection: The paths of the values.
    ///   - id: The id of the key in the keyring.
    ///   - checksKeyID: Whether the values must name that key; otherwise they can name any.
    ///   - correlationID: The correlation id that the fields must be bound to; nil accepts any.
    /// - Returns: The body with the decrypted values.
    /// - Throws: As ``open(_:_:under:correlationID:)``; the errors of the private key's unwrapper.
    nonisolated(nonsending) package func openFields(
        _ body: [UInt8],
        _ selection: FieldSelection,
        under id: CryptoKeyID,
        checksKeyID: Bool,
        correlationID: CorrelationID?
    ) async throws -> [UInt8] {
        try limits.check(body)
        _ = try key(id).opener()
        let matches = try matches(selection, in: body)
        let examined = try examineFields(
            body,
            matches,
            under: id,
            correlationID: correlationID,
            checksKeyID: checksKeyID
        )
        return try await DeviceFailure.unpacking { try await open(.fields(examined)) }
    }

    /// Decrypts the fields of an examined body.
    func open(_ examined: ExaminedFields, under key: JWEContentKey) throws -> [UInt8] {
        let (fields, body) = (examined.fields, examined.body)
        var parameters: [UInt8] = []
        parameters.reserveCapacity(body.count)
        var copied = 0
        for field in fields {
            var value = try key.open(field.parts)
            defer {
                var span = value.mutableSpan
                cleanse(&span)
            }
            try checkIsValue(value, of: field)
            parameters.append(body, copied..<field.match.range.lowerBound)
            parameters.append(contentsOf: value)
            copied = field.match.range.upperBound
        }
        parameters.append(body, copied..<body.count)
        return parameters
    }

    /// Checks that a plaintext is one JSON value without white space around it.
    ///
    /// A plaintext such as `1,"amount":2` would otherwise add a member to the document. The value, together with the
    /// objects and arrays around it, must not be nested more deeply than the limit.
    private func checkIsValue(_ value: [UInt8], of field: EncryptedField) throws {
        let text = value.span
        var scanner = JSONScanner(maximumDepth: limits.maximumDepth - field.match.depth)
        do {
            let token = try scanner.next(in: text)
            try scanner.skipValue(in: text, startedBy: token)
            guard scanner.range == 0..<value.count else {
                throw KMError(.malformedJSON, "expected one JSON value without white space around it")
            }
        } catch let error as KMError {
            throw KMError(error.code, "the decrypted value of \(field.match.place): \(error.detail)")
        }
    }
}
