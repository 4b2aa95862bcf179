package import KMJOSE

/// Message level: the whole parameters as one JWE.
extension ParameterCipher {
    func encrypt(_ parameters: [UInt8], with sealer: PreparedKey.Sealer) throws -> [UInt8] {
        // The limit is on the body, which is a third larger than the parameters.
        try limits.check(
            byteCount: EncryptedBody.byteCount(messageByteCount: sealer.encryptor.encryptedByteCount(parameters.count))
        )
        try limits.checkJSON(parameters, "the parameters")
        let (key, givenIVs) = try contentKey(sealer, ivCount: 1, byteCount: parameters.count)
        let header = sealer.encryptor.encodedHeader
        let byteCount = key.sealedByteCount(parameters.count, headerCount: header.count)
        var body: [UInt8] = []
        body.append(zeros: EncryptedBody.byteCount(messageByteCount: byteCount))
        var text = body.mutableSpan
        EncryptedBody.prefix.span.write(to: &text, at: 0)
        let end = try key.seal(
            parameters.span,
            header: header.span,
            into: &text,
            at: EncryptedBody.prefix.count,
            givenIV: givenIVs?[...]
        )
        EncryptedBody.suffix.span.write(to: &text, at: end)
        return body
    }

    /// Parses a body and makes all checks that need no private key.
    func examineMessage(_ body: [UInt8], under id: CryptoKeyID) throws -> KeyUse {
        let opener = try key(id).opener()
        if let place = EncryptedBody.usualPlace(in: body),
            let parts = try? JWECompact(parsing: body, in: place, policy: opener.policy),
            let encryption = opener.usualEncryption(of: parts)
        {
            return KeyUse(opener: opener, parts: parts, algorithm: .rsaOAEP256, encryption: encryption)
        }
        let (parts, header) = try Self.parseMessage(body, opener.policy, id)
        return KeyUse(opener: opener, parts: parts, algorithm: header.algorithm, encryption: header.encryption)
    }

    /// Parses the JWE of a body and makes all checks that need no key.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - policy: The accepted algorithms and sizes.
    ///   - id: The id that a `kid` must equal; nil accepts any.
    /// - Returns: The parts and the header of the JWE.
    /// - Throws: ``KMError`` as ``open(_:_:under:correlationID:)``, except for the codes about keys.
    package static func parseMessage(
        _ body: [UInt8],
        _ policy: JWEPolicy,
        _ id: CryptoKeyID?
    ) throws -> (parts: JWECompact, header: JWEHeader) {
        let message = try EncryptedBody.message(of: body)
        let (parts, header) = try policy.parse(message.span, keyID: id?.text)
        // Without this check, a field of another message would be accepted as a whole message.
        guard header.privateParameter(FieldHeader.path) == nil else {
            throw KMError(
                .fieldMismatch,
                "the value of encData is bound to a path: it is a field of another message, not a whole message"
            )
        }
        return (parts, header)
    }

    /// Decrypts an examined message.
    func open(_ message: KeyUse, under key: JWEContentKey) throws -> [UInt8] {
        let parameters = try key.open(message.parts)
        try limits.checkJSON(parameters, "the decrypted parameters")
        return parameters
    }
}
