internal import Foundation
internal import HTTPTypes
internal import KMSecurity

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// One request and its response: collects the body up to a limit.
final class Exchange: Sendable {
    typealias Outcome = Result<(HTTPResponse, [UInt8]), any Error>

    private struct State {
        var continuation: CheckedContinuation<(HTTPResponse, [UInt8]), any Error>?
        var outcome: Outcome?
        var head: HTTPResponse?
        var body: [UInt8] = []
    }

    private let byteCount: Int
    private let state = Locked(State())

    init(_ byteCount: Int) { self.byteCount = byteCount }

    /// Waits for the outcome, which may be there already.
    func begin(_ continuation: CheckedContinuation<(HTTPResponse, [UInt8]), any Error>) {
        let outcome = state.withLock { state -> Outcome? in
            if state.outcome == nil { state.continuation = continuation }
            return state.outcome
        }
        if let outcome { continuation.resume(with: outcome) }
    }

    /// Sets the outcome; only the first one counts.
    func end(_ outcome: Outcome) {
        let continuation = state.withLock { state -> CheckedContinuation<(HTTPResponse, [UInt8]), any Error>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: outcome)
    }

    func receive(_ response: URLResponse) {
        // HTTPResponse stops the process for any other status.
        guard let response = response as? HTTPURLResponse, (100...999).contains(response.statusCode) else { return }
        state.withLock { state in state.head = Self.head(response) }
    }

    /// Receives a part of the body.
    ///
    /// - Returns: Whether the body is within the limit.
    func receive(_ data: Data) -> Bool {
        let isTooLarge = state.withLock { state in
            guard state.body.count + data.count <= byteCount else { return true }
            state.body += data
            return false
        }
        if isTooLarge { end(.failure(KMError(.limitExceeded, "the response must have at most \(byteCount) bytes"))) }
        return !isTooLarge
    }

    func complete(_ error: (any Error)?) {
        if let error {
            end(.failure(Self.failure(error)))
        } else if let (head, body) = state.withLock({ state in state.head.map { ($0, state.body) } }) {
            end(.success((head, body)))
        } else {
            end(.failure(HTTPTransportError(.connectionFailed, "the response is not HTTP")))
        }
    }

    private static func head(_ response: HTTPURLResponse) -> HTTPResponse {
        var fields = HTTPFields()
        for (name, value) in response.allHeaderFields {
            if let name = HTTPField.Name("\(name)") { fields.append(HTTPField(name: name, value: "\(value)")) }
        }
        return HTTPResponse(status: .init(code: response.statusCode), headerFields: fields)
    }

    private static func failure(_ error: any Error) -> HTTPTransportError {
        guard let error = error as? URLError else {
            return HTTPTransportError(.connectionFailed, "\(type(of: error))")
        }
        let reason: HTTPTransportError.Reason =
            switch error.code {
            case .cannotFindHost, .cannotConnectToHost, .dnsLookupFailed, .serverCertificateUntrusted,
                .serverCertificateHasBadDate, .serverCertificateNotYetValid,
                .serverCertificateHasUnknownRoot, .unsupportedURL, .badURL:
                .notSent
            case .timedOut: .deadlineExceeded
            default: .connectionFailed
            }
        return HTTPTransportError(reason, "URLError \(error.code.rawValue)")
    }
}
