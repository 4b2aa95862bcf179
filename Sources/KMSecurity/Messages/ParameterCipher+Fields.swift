public import Foundation
internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// Field level: each selected value as a JWE in its place.
extension ParameterCipher {
    /// `parameters`, one JSON text, with each selected value encrypted under the key `id`, and all other bytes as they are.
    ///
    /// The fields share one content key and one RSA operation; each has an initialization vector of its own, and is bound
    /// to its place and, where one is given, to the correlation id.
    ///
    /// - Parameters:
    ///   - parameters: one JSON text.
    ///   - selection: which values.
    ///   - id: the key's name.
    ///   - date: when, for the validity of the key's certificate.
    ///   - correlationID: the message's.
    /// - Returns: the body's bytes.
    /// - Throws: ``KMError`` as ``seal(_:_:under:at:correlationID:)``.
    public func encrypt(
        _ parameters: [UInt8],
        fields selection: FieldSelection,
        under id: CryptoKeyID,
        at date: Date,
        correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        try encrypt(parameters, fields: selection, with: key(id).sealer(at: date, answering: false), correlationID)
    }

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
        let (key, ivs) = try contentKey(sealer, ivCount: matches.count, byteCount: byteCount)
        let header = sealer.fieldHeader
        let end = FieldHeader.end(correlationID)
        var writer = try key.writer()
        var headerText: [UInt8] = []
        var body: [UInt8] = []
        body.reserveCapacity(parameters.count + byteCount / 3 + matches.count * header.fieldByteCount(sealer.encryptor))
        var copied = 0
        for (number, match) in matches.enumerated() {
            body.append(contentsOf: parameters[copied..<match.range.lowerBound])
            body.append(UInt8(ascii: "\""))
            try writer.write(
                parameters.span.extracting(match.range),
                iv: ivs.span.extracting(number * AESGCM.ivByteCount..<(number + 1) * AESGCM.ivByteCount),
                to: &body
            ) { try header.append(path: match.path, end: end, using: &headerText, to: &$0) }
            body.append(UInt8(ascii: "\""))
            copied = match.range.upperBound
        }
        body.append(contentsOf: parameters[copied...])
        // A receiver of these limits takes bodies of this size.
        try limits.check(body)
        return body
    }

    /// The parameters of a body whose selected values are encrypted, all of them opened with the key `id`, and all other
    /// bytes as they are.
    ///
    /// - Parameters:
    ///   - body: the bytes as received.
    ///   - selection: which values; each must be a JWE, bound to its place.
    ///   - id: the key's name.
    ///   - correlationID: what the fields must be bound to; nil for whatever they are bound to.
    /// - Returns: the parameters, byte for byte as they were sealed.
    /// - Throws: ``KMError`` as ``open(_:_:under:correlationID:)``.
    public func decrypt(
        _ body: [UInt8],
        fields selection: FieldSelection,
        under id: CryptoKeyID,
        correlationID: CorrelationID? = nil
    ) throws -> [UInt8] {
        try decrypt(body, fields: selection, under: id, correlationID: correlationID, checksKeyID: true)
    }

    /// As the public one; without `checksKeyID`, fields may name any key, for tools that have a private key and no id.
    package func decrypt(
        _ body: [UInt8],
        fields selection: FieldSelection,
        under id: CryptoKeyID,
        correlationID: CorrelationID?,
        checksKeyID: Bool
    ) throws -> [UInt8] {
        try decrypt(
            examine(body, fields: selection, under: id, correlationID: correlationID, checksKeyID: checksKeyID)
        )
    }

    /// A body of field level, its fields taken apart.
    struct ExaminedFields {
        fileprivate let opener: PreparedKey.Opener
        fileprivate let body: [UInt8]
        let fields: [EncryptedField]
    }

    /// Checks all of a body's fields that shows without the private key, before the key is used for one of them.
    func examine(
        _ body: [UInt8],
        fields selection: FieldSelection,
        under id: CryptoKeyID,
        correlationID: CorrelationID?,
        checksKeyID: Bool
    ) throws -> ExaminedFields {
        try limits.check(body)
        let opener = try key(id).opener()
        let matches = try FieldMatcher.matches(selection, in: body.span, limits: limits.matcherLimits)
        var fields: [EncryptedField] = []
        fields.reserveCapacity(matches.count)
        for match in matches {
            let field = try EncryptedField(
                match,
                body,
                opener.decryptor,
                keyID: checksKeyID ? id : nil,
                correlationID: correlationID
            )
            try field.checkSharesKey(with: fields.first)
            fields.append(field)
        }
        return ExaminedFields(opener: opener, body: body, fields: fields)
    }

    /// The parameters of a body that was examined.
    func decrypt(_ examined: ExaminedFields) throws -> [UInt8] {
        let fields = examined.fields
        guard let first = fields.first else { return examined.body }
        let byteCount = fields.reduce(0) { $0 + $1.parts.ciphertext.count }
        return try withContentKey(
            examined.opener,
            of: first.parts,
            first.header,
            messageCount: fields.count,
            byteCount: byteCount
        ) { try open(fields, of: examined.body, under: $0) }
    }

    private func open(_ fields: [EncryptedField], of body: [UInt8], under key: JWEContentKey) throws -> [UInt8] {
        let reader = try key.reader()
        var parameters: [UInt8] = []
        parameters.reserveCapacity(body.count)
        var copied = 0
        for field in fields {
            let value = try reader.read(field.parts)
            try checkIsValue(value, of: field)
            parameters.append(contentsOf: body[copied..<field.match.range.lowerBound])
            parameters.append(contentsOf: value)
            copied = field.match.range.upperBound
        }
        parameters.append(contentsOf: body[copied...])
        return parameters
    }

    /// Refuses a plaintext that is anything but one JSON value without white space around it: put in place, it would
    /// make another document of the rest.
    ///
    /// Together with what is around it, it nests no deeper than is taken.
    private func checkIsValue(_ value: [UInt8], of field: EncryptedField) throws {
        let text = value.span
        var scanner = JSONScanner(maximumDepth: limits.maximumDepth - field.match.depth)
        do {
            let token = try scanner.next(in: text)
            try scanner.skipValue(in: text, startedBy: token)
            guard scanner.range == 0..<value.count else {
                throw KMError(.malformedJSON, "white space or more than one value")
            }
        } catch let error as KMError {
            throw KMError(error.code, "the decrypted value of \(field.match.place): \(error.detail)")
        }
    }
}
