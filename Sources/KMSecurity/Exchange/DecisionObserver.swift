internal import CoreMetrics
internal import HTTPTypes
internal import KMPrimitives
internal import Logging
internal import Tracing

/// Observes each decision: logs it, measures it and puts it into a span, without a secret or a parameter.
///
/// A log message has the ids, the name of the credential, the code and the elapsed time. The article
/// GettingStartedOperator has a table of the metadata keys.
struct DecisionObserver: Sendable {
    /// The kind of a decision.
    enum Decision: Logger.Message {
        /// A request was accepted or rejected.
        case request
        /// A response was accepted or rejected.
        case response
        /// An accepted request was answered.
        case answer

        /// The name of the decision's span.
        var spanName: String {
            switch self {
            case .request: "km.open request"
            case .response: "km.open response"
            case .answer: "km.answer"
            }
        }
    }

    /// What the checks find out about the caller, which is logged for every decision.
    struct Known {
        /// The credentials of the caller that the request names; unproven.
        var candidates: [Credential] = []
        /// The name of the credential whose secret key made the token.
        var credentialName: String?
    }

    private let logger: Logger?
    let metrics: ExchangeMetrics?
    /// Nil if no tracer is installed.
    private let tracer: (any Tracer)?

    /// Creates an observer with the metrics factory and the tracer that are installed now.
    init(logger: Logger?) {
        self.logger = logger
        metrics = ExchangeMetrics()
        let tracer = InstrumentationSystem.tracer
        self.tracer = tracer is NoOpTracer ? nil : tracer
    }

    /// Runs `decide`, and observes how it ended.
    func decision<Result>(
        _ decision: Decision,
        _ fields: HTTPFields,
        isolation: isolated (any Actor)? = #isolation,
        _ decide: (inout Known) async throws -> Result
    ) async throws -> Result {
        guard let tracer else { return try await measured(decision, fields, decide) }
        // The tracer records an error that leaves the closure with its text, which may quote an input.
        let result: Swift.Result<Result, any Error> = await tracer.withAnySpan(
            decision.spanName,
            at: DefaultTracerClock.now,
            context: .current ?? .topLevel,
            ofKind: .internal,
            isolation: isolation,
            function: #function,
            file: #fileID,
            line: #line
        ) { span in
            if let id = try? fields.optional(CorrelationID.self) { span.attributes["km.correlation-id"] = "\(id)" }
            do {
                return .success(try await measured(decision, fields, decide))
            } catch {
                span.attributes["error.type"] = ExchangeMetrics.errorType(error)
                span.setStatus(SpanStatus(code: .error))
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func measured<Result>(
        _ decision: Decision,
        _ fields: HTTPFields,
        isolation: isolated (any Actor)? = #isolation,
        _ decide: (inout Known) async throws -> Result
    ) async throws -> Result {
        var known = Known()
        guard logger != nil || metrics != nil else { return try await decide(&known) }
        let start = ContinuousClock.now
        do {
            let result = try await decide(&known)
            observe(decision, fields, known, nil, start)
            return result
        } catch {
            observe(decision, fields, known, error, start)
            throw error
        }
    }

    private func observe(
        _ decision: Decision,
        _ fields: HTTPFields,
        _ known: Known,
        _ error: (any Error)?,
        _ start: ContinuousClock.Instant
    ) {
        let elapsed = start.duration(to: .now)
        metrics?.record(decision, error, elapsed)
        log(decision, fields, known, error, elapsed)
    }

    /// Measures the sealing of an answer.
    func sealing<Result>(_ message: Decision, _ seal: () throws -> Result) rethrows -> Result {
        guard let metrics else { return try seal() }
        let start = ContinuousClock.now
        do {
            let result = try seal()
            metrics.recordSealing(message, nil, start.duration(to: .now))
            return result
        } catch {
            metrics.recordSealing(message, error, start.duration(to: .now))
            throw error
        }
    }

    /// Measures the sealing of a request, which can wait for a device that signs.
    nonisolated(nonsending) func sealing<Result>(
        _ message: Decision,
        _ seal: nonisolated(nonsending) () async throws -> Result
    ) async rethrows -> Result {
        guard let metrics else { return try await seal() }
        let start = ContinuousClock.now
        do {
            let result = try await seal()
            metrics.recordSealing(message, nil, start.duration(to: .now))
            return result
        } catch {
            metrics.recordSealing(message, error, start.duration(to: .now))
            throw error
        }
    }

    /// Logs success and error replies of the handler at debug level, rejections at notice, and own faults at error.
    private func log(
        _ decision: Decision,
        _ fields: HTTPFields,
        _ known: Known,
        _ error: (any Error)?,
        _ elapsed: Duration
    ) {
        guard let logger else { return }
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
        } else if let failure = error as? DeviceFailure {
            (level, code, detail) = (.error, failure.underlying.code.description, failure.underlying.detail)
        } else if let error {
            // An error of a credential source or a replay guard may quote its input: only its type is logged.
            (level, code) = (.error, "\(type(of: error))")
        }
        let elapsed = elapsed.components
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
        logger.log(level: level, decision.rawValue, metadata: metadata)
    }
}
