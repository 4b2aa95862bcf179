internal import HTTPTypes
internal import KMPrimitives
internal import Logging

/// What is logged of a decision: the correlation id, the key id, the code and the time it took; never a value that is
/// secret, never a parameter.
struct DecisionLog: Sendable {
    let logger: Logger?

    /// Runs `decide`, and logs how it ended: success at debug level, a refusal at notice, a guard that is full at error.
    func decision<Result>(
        _ name: Logger.Message,
        _ fields: HTTPFields,
        isolation: isolated (any Actor)? = #isolation,
        _ decide: () async throws -> Result
    ) async throws -> Result {
        guard logger != nil else { return try await decide() }
        let start = ContinuousClock.now
        do {
            let result = try await decide()
            log(name, fields, nil, start)
            return result
        } catch {
            log(name, fields, error, start)
            throw error
        }
    }

    /// As the asynchronous one.
    func decision<Result>(
        _ name: Logger.Message,
        _ fields: HTTPFields,
        _ decide: () throws -> Result
    ) throws -> Result {
        guard logger != nil else { return try decide() }
        let start = ContinuousClock.now
        do {
            let result = try decide()
            log(name, fields, nil, start)
            return result
        } catch {
            log(name, fields, error, start)
            throw error
        }
    }

    private func log(
        _ name: Logger.Message,
        _ fields: HTTPFields,
        _ error: (any Error)?,
        _ start: ContinuousClock.Instant
    ) {
        guard let error else {
            logger?.debug(name, metadata: metadata(fields, "done", start))
            return
        }
        // A foreign error, of a credential source or a guard, may quote what it was given: its type alone is told.
        let known = error as? KMError
        var metadata = metadata(fields, known?.code.description ?? "\(type(of: error))", start)
        if let detail = known?.detail, !detail.isEmpty { metadata["km.detail"] = "\(detail)" }
        let isOurFault = known.map { ServerSecurity.ownFaults.contains($0.code) } ?? true
        logger?.log(level: isOurFault ? .error : .notice, name, metadata: metadata)
    }

    private func metadata(_ fields: HTTPFields, _ code: String, _ start: ContinuousClock.Instant) -> Logger.Metadata {
        let elapsed = start.duration(to: .now).components
        var metadata: Logger.Metadata = [
            "km.code": "\(code)",
            "km.us": "\(elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000)",
        ]
        // Only what has the form of these ids is written to a log.
        if let id = try? fields.optional(CorrelationID.self) { metadata["km.correlation-id"] = "\(id)" }
        if let id = try? fields.optional(CryptoKeyID.self) { metadata["km.key-id"] = "\(id.masked)" }
        return metadata
    }
}
