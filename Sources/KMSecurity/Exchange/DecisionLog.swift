internal import HTTPTypes
internal import KMPrimitives
internal import Logging

/// What is logged of a decision: the ids, the credential's name, the code and the time it took; never a value that is
/// secret, never a parameter.
///
/// GettingStartedOperator has the table of the keys.
struct DecisionLog: Sendable {
    /// What is decided.
    enum Decision: Logger.Message {
        /// Whether a request is honoured.
        case request
        /// Whether a response is taken.
        case response
        /// What a request that was honoured is answered.
        case answer
    }

    /// What a decision comes to know on its way, to be told however it ends.
    struct Known {
        /// Who the request says it is from, which nothing proves.
        var candidates: [Credential] = []
        /// Whose secret made the token.
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

    /// As the asynchronous one, where nothing comes to be known.
    func decision<Result>(
        _ decision: Decision,
        _ fields: HTTPFields,
        _ decide: () throws -> Result
    ) throws -> Result {
        guard logger != nil else { return try decide() }
        let start = ContinuousClock.now
        do {
            let result = try decide()
            log(decision, fields, Known(), nil, start)
            return result
        } catch {
            log(decision, fields, Known(), error, start)
            throw error
        }
    }

    /// Success at debug level, and an answer that refuses; a refusal at notice; what is no fault of the peer at error.
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
        if let result = error as? PlatformResult, decision == .answer, result.isRefusal {
            code = MessageMasking.apply(to: result.code)
        } else if let error = error as? KMError {
            let isOurs =
                decision == .answer
                ? error.code != .parametersInvalid : !error.isPeerFault
            (level, code, detail) = (isOurs ? .error : .notice, error.code.description, error.detail)
        } else if let error {
            // A foreign error, of a credential source or a guard, may quote what it was given: its type alone is told.
            (level, code) = (.error, "\(type(of: error))")
        }
        let elapsed = start.duration(to: .now).components
        var metadata: Logger.Metadata = [
            "km.code": "\(code)",
            "km.us": "\(elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000)",
        ]
        if !detail.isEmpty { metadata["km.detail"] = "\(detail)" }
        // Only what has the form of these ids is written to a log. An ASP id is not among them: a card number of fifteen
        // digits has its form.
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
