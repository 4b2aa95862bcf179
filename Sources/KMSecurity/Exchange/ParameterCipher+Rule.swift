internal import HTTPTypes
internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// What a receiver makes of a body under a policy's rule.
extension ParameterCipher {
    func open(
        _ body: [UInt8],
        _ rule: EndpointPolicy.Rule,
        _ id: CryptoKeyID?,
        correlationID: CorrelationID
    ) throws -> [UInt8] {
        if rule.protection == .none { return body }
        if !rule.isRequired, try isPlain(body, rule.protection) { return body }
        guard let id else { throw HTTPFields.missing(.kmCryptoKeyID) }
        return try open(body, rule.protection, under: id, correlationID: correlationID)
    }

    /// Whether nothing in a body is protected.
    ///
    /// One field that is makes it a protected one, all of whose fields must be.
    private func isPlain(_ body: [UInt8], _ protection: Protection) throws -> Bool {
        try limits.check(body)
        switch protection {
        case .none:
            return true
        case .message:
            do {
                _ = try EncryptedBody.message(of: body)
                return false
            } catch let error as KMError where error.code == .protectionRequired {
                return true
            }
        case .fields(let selection):
            return try FieldMatcher.matches(selection, in: body.span, limits: limits).allSatisfy { match in
                guard match.isString else { return true }
                let text = JSONString.unescaped(body.span, match.range)
                return (try? JWECompact(parsing: text.span)) == nil
            }
        }
    }
}
