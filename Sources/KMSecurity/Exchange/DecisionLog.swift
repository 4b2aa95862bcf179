internal import HTTPTypes
internal import KMPrimitives
internal import Logging

/// Logs each decision: the ids, the name of the credential, the code and the elapsed time, and no secret or parameter.
///
/// The article GettingStartedOperator has a table of the metadata keys.
struct DecisionLog: Sendable {
    /// The kind of a decision.
    enum Decision: Logger.Message {
        /// A request was accepted or rejected.
        case request
        /// A response was accepted or rejected.
        case response
        /// An accepted request was answered.
        case answer
    }

    /// What the checks find out about the caller, which is logged for every decision.
    struct Known {
        /// The credentials of the caller that the request names; unproven.
        var candidates: [Credential] = []
        /// The name of the credential whose secret key made the token.
        var credentialName: String?
    }

    let logger: Logger?

    /// Runs `decide`, and logs how it ended.
    func decision<Result>(
        _ decision: Decision,
        _ fields: HTTPFields,
        isolation: isolated (any Actor)? = #isolation,
        _ decide: (inout Known) async throws -> Result
    ) async throws -> Result {
        var known = Known()
        guard logger != nil else { return try await decide(&known) }
        let start = ContinuousClock.now
        do {
            let result = try await decide(&known)
            log(decision, fields, known, nil, start)
            return result
        } catch {
            log(decision, fields, known, error, start)
            throw error
        }
    }

    /// Logs success and error replies of the handler at debug level, rejections at notice, and own faults at error.
    private func log(
        _ decision: Decision,
        _ fields: HTTPFields,
        _ known: Known,
        _ error: (any Error)?,
        _ start: ContinuousClock.Instant
    ) {
        var level = Logger.Level.debug
        var code = "done"
        var detail = ""
        if let error = error as? PlatformError, decision == .answer {
            code = MessageMasking.apply(to: error.result.code)
        } else if let error = error as? KMError {
            let isOurs =
                decision == .answer
                ? error.code != .parametersInvalid : !error.isPeerFault
            (level, code, detail) = (isOurs ? .error : .notice, error.code.description, error.detail)
        } else if let error {
            // An error of a credential source or a replay guard may quote its input: only its type is logged.
            (level, code) = (.error, "\(type(of: error))")
        }
        let elapsed = start.duration(to: .now).components
        var metadata: Logger.Metadata = [
            "km.code": "\(code)",
            "km.us": "\(elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000)",
        ]
        if !detail.isEmpty { metadata["km.detail"] = "\(detail)" }
        // Only well-formed ids are logged. The ASP id is not: a card number of fifteen digits has the same form.
        if let id = try? fields.optional(CorrelationID.self) { metadata["km.correlation-id"] = "\(id)" }
        if let id = try? fields.optional(CryptoKeyID.self) { metadata["km.key-id"] = "\(id.masked)" }
        if let name = known.credentialName {
            if !name.isEmpty { metadata["km.credential"] = "\(name)" }
        } else {
            let names = known.candidates.map(\.name).filter { !$0.isEmpty }
            if !names.isEmpty { metadata["km.claimed"] = "\(names.joined(separator: ", "))" }
        }
        logger?.log(level: level, decision.rawValue, metadata: metadata)
    }
}
