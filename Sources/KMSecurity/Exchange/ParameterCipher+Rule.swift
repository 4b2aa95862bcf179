internal import HTTPTypes
internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// A body that was held against a policy's rule, as far as that goes without the private key.
enum ExaminedBody {
    /// Nothing in it is protected, and nothing has to be.
    case plain([UInt8])
    /// One JWE, to be opened under the key of that id.
    case message(ParameterCipher.ExaminedMessage)
    /// At least one field's JWE, to be opened in its place.
    case fields(ParameterCipher.ExaminedFields)

    /// The kind of the body for the replay check: two genuine encrypted bodies are never equal, since each is under a fresh
    /// key or initialization vector.
    var replayKind: ReplayShare.Kind {
        if case .plain = self { return .plain }
        return .encrypted
    }
}

/// What a receiver makes of a body under a policy's rule.
extension ParameterCipher {
    /// Checks what shows without the private key: that the body is protected as it must be, the key is there and may
    /// decrypt, every JWE is well formed and, at field level, in its place.
    func examine(
        _ body: [UInt8],
        _ rule: Endpoint.Rule,
        _ id: CryptoKeyID?,
        correlationID: CorrelationID
    ) throws -> ExaminedBody {
        if rule.protection == .none { return .plain(body) }
        if rule.acceptsPlain, try isPlain(body, rule.protection) { return .plain(body) }
        guard let id else { throw HTTPFields.missing(.kmCryptoKeyID) }
        switch rule.protection {
        case .none: return .plain(body)
        case .message: return .message(try examine(body, under: id))
        case .fields(let selection):
            let fields = try examine(
                body,
                fields: selection,
                under: id,
                correlationID: correlationID,
                checksKeyID: true
            )
            return fields.fields.isEmpty ? .plain(body) : .fields(fields)
        }
    }

    /// The parameters of a body that was examined.
    func open(_ body: ExaminedBody) throws -> [UInt8] {
        switch body {
        case .plain(let parameters): parameters
        case .message(let message): try decrypt(message)
        case .fields(let fields): try decrypt(fields)
        }
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
            return try FieldMatcher.matches(selection, in: body.span, limits: limits.matcherLimits).allSatisfy {
                match in
                guard match.isString else { return true }
                let text = JSONString.unescaped(body.span, match.range)
                return (try? JWECompact(parsing: text.span)) == nil
            }
        }
    }
}
