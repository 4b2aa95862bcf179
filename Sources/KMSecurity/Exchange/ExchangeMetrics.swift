internal import CoreMetrics
internal import KMPrimitives

/// The metrics of the exchange, with OpenTelemetry's naming and units.
///
/// The values of their dimensions come from the program and not from a message, so hostile requests create no new
/// series: the kind of the message, the result, and the code of the error or the name of its type.
struct ExchangeMetrics: Sendable {
    private struct Series: Hashable {
        let label: String
        let message: String
        let errorType: String?
    }

    private let factory: any MetricsFactory
    private let openedRequests: Timer
    private let openedResponses: Timer
    private let answers: Timer
    private let sealedRequests: Timer
    private let sealedAnswers: Timer
    private let acceptedRequests: Counter
    private let acceptedResponses: Counter
    private let claims: Timer
    /// The series of errors, made when the first one occurs.
    private let failures = Locked<(timers: [Series: Timer], counters: [Series: Counter])>(([:], [:]))

    /// Creates the series of successes; nil if no metrics backend is installed.
    init?(_ factory: any MetricsFactory = MetricsSystem.factory) {
        guard !(factory is NOOPMetricsHandler) else { return nil }
        self.factory = factory
        openedRequests = Self.timer("km.open.duration", "request", nil, factory)
        openedResponses = Self.timer("km.open.duration", "response", nil, factory)
        answers = Self.timer("km.answer.duration", "answer", nil, factory)
        sealedRequests = Self.timer("km.seal.duration", "request", nil, factory)
        sealedAnswers = Self.timer("km.seal.duration", "answer", nil, factory)
        acceptedRequests = Self.counter("request", nil, factory)
        acceptedResponses = Self.counter("response", nil, factory)
        claims = Timer(label: "km.replay.duration", dimensions: [], factory: factory)
    }

    /// Records a decision and the time that it took.
    func record(_ decision: DecisionObserver.Decision, _ error: (any Error)?, _ elapsed: Duration) {
        if let error {
            let (label, message) =
                decision == .answer ? ("km.answer.duration", "answer") : ("km.open.duration", decision.message)
            let series = Series(label: label, message: message, errorType: Self.errorType(error))
            failedTimer(series).recordNanoseconds(elapsed.nanoseconds)
            if decision != .answer { failedCounter(series).increment() }
            return
        }
        switch decision {
        case .request:
            openedRequests.recordNanoseconds(elapsed.nanoseconds)
            acceptedRequests.increment()
        case .response:
            openedResponses.recordNanoseconds(elapsed.nanoseconds)
            acceptedResponses.increment()
        case .answer: answers.recordNanoseconds(elapsed.nanoseconds)
        }
    }

    /// Records that a request or an answer was sealed.
    func recordSealing(_ message: DecisionObserver.Decision, _ error: (any Error)?, _ elapsed: Duration) {
        let timer =
            if let error {
                failedTimer(
                    Series(label: "km.seal.duration", message: message.message, errorType: Self.errorType(error))
                )
            } else {
                message == .answer ? sealedAnswers : sealedRequests
            }
        timer.recordNanoseconds(elapsed.nanoseconds)
    }

    /// Measures the claim of a request at the replay guard.
    func claiming<Result>(_ claim: () async throws -> Result) async rethrows -> Result {
        let start = ContinuousClock.now
        defer { claims.recordNanoseconds(start.duration(to: .now).nanoseconds) }
        return try await claim()
    }

    /// The code of a ``KMError``, also of a device's, or the name of another error's type.
    static func errorType(_ error: any Error) -> String {
        let error = (error as? DeviceFailure)?.underlying ?? error
        return (error as? KMError)?.code.description ?? "\(type(of: error))"
    }

    private func failedTimer(_ series: Series) -> Timer {
        failures.withLock { failures in
            if let timer = failures.timers[series] { return timer }
            let timer = Self.timer(series.label, series.message, series.errorType, factory)
            failures.timers[series] = timer
            return timer
        }
    }

    private func failedCounter(_ series: Series) -> Counter {
        failures.withLock { failures in
            if let counter = failures.counters[series] { return counter }
            let counter = Self.counter(series.message, series.errorType, factory)
            failures.counters[series] = counter
            return counter
        }
    }

    private static func timer(
        _ label: String,
        _ message: String,
        _ errorType: String?,
        _ factory: any MetricsFactory
    ) -> Timer {
        let dimensions = [("km.message", message)] + (errorType.map { [("error.type", $0)] } ?? [])
        return Timer(label: label, dimensions: dimensions, factory: factory)
    }

    private static func counter(_ message: String, _ errorType: String?, _ factory: any MetricsFactory) -> Counter {
        let dimensions =
            [("km.message", message), ("km.result", errorType == nil ? "accepted" : "rejected")]
            + (errorType.map { [("error.type", $0)] } ?? [])
        return Counter(label: "km.verify", dimensions: dimensions, factory: factory)
    }
}

extension DecisionObserver.Decision {
    /// The value of `km.message`.
    fileprivate var message: String {
        switch self {
        case .request: "request"
        case .response: "response"
        case .answer: "answer"
        }
    }
}

extension Duration {
    /// The whole nanoseconds, at most `Int64.max`.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, isOverflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isOverflow ? .max : product + attoseconds / 1_000_000_000
    }
}
