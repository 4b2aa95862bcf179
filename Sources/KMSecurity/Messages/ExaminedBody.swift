internal import HTTPTypes
internal import KMJOSE
package import KMJSON
internal import KMPrimitives

/// A body that was checked against an endpoint's rule, as far as that is possible without the private key.
package enum ExaminedBody {
    /// The body is not encrypted, and need not be.
    case plain([UInt8])
    /// The body is one JWE.
    case message(ParameterCipher.KeyUse)
    /// At least one field is a JWE.
    case fields(ParameterCipher.ExaminedFields)

    /// The kind of the body for the replay check: two genuine encrypted bodies are never equal, because each has its
    /// own key or IV.
    var replayKind: ReplayShare.Kind {
        if case .plain = self { return .plain }
        return .encrypted
    }
}

/// The two steps of opening a body: examine it without the private key, then decrypt it.
extension ParameterCipher {
    /// Checks that the body is protected as the rule requires, that the key may decrypt, and that every JWE is well
    /// formed and, at field level, bound to its own path.
    ///
    /// The caller has checked the size of the body.
    package func examine(
        _ body: [UInt8],
        _ rule: Endpoint.Rule,
        _ id: CryptoKeyID?,
        correlationID: CorrelationID?
    ) throws -> ExaminedBody {
        switch rule.protection {
        case .none:
            return .plain(body)
        case .message:
            if rule.acceptsPlain, try !EncryptedBody.isEncrypted(body) { return .plain(body) }
            return .message(try examineMessage(body, under: try named(id)))
        case .fields(let selection):
            if !rule.acceptsPlain { _ = try key(named(id)).opener() }
            let matches = try matches(selection, in: body)
            if rule.acceptsPlain, !matches.contains(where: { Self.isEncrypted($0, in: body) }) { return .plain(body) }
            let fields = try examineFields(body, matches, under: named(id), correlationID: correlationID)
            return fields.fields.isEmpty ? .plain(body) : .fields(fields)
        }
    }

    private func named(_ id: CryptoKeyID?) throws -> CryptoKeyID {
        guard let id else { throw HTTPFields.missing(.kmCryptoKeyID) }
        return id
    }

    /// Whether a field is a JWE.
    ///
    /// One such field makes the whole body an encrypted one, whose other fields must be JWEs too.
    package static func isEncrypted(_ match: FieldMatch, in body: [UInt8]) -> Bool {
        guard match.isString else { return false }
        let text = JSONString.unescaped(body.span, match.range)
        return (try? JWECompact(parsing: text.span)) != nil
    }

    /// Decrypts an examined body with a private key in memory.
    func openLocally(_ body: ExaminedBody) throws -> [UInt8] {
        switch body {
        case .plain(let parameters): return parameters
        case .message(let use): return try withLocalContentKey(use) { try open(use, under: $0) }
        case .fields(let fields):
            guard let use = fields.use else { return fields.body }
            return try withLocalContentKey(use) { try open(fields, under: $0) }
        }
    }

    /// Decrypts an examined body, wherever the private key is.
    nonisolated(nonsending) package func open(_ body: ExaminedBody) async throws -> [UInt8] {
        switch body {
        case .plain(let parameters): return parameters
        case .message(let use): return try await withContentKey(use) { try open(use, under: $0) }
        case .fields(let fields):
            guard let use = fields.use else { return fields.body }
            return try await withContentKey(use) { try open(fields, under: $0) }
        }
    }
}
