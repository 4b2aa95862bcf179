internal import Foundation
public import HTTPTypes
public import KMSecurity

#if canImport(FoundationNetworking)
public import FoundationNetworking
#endif

/// Sends the requests of an `APIClient` with Foundation's `URLSession`.
///
/// It does not follow redirects, and it reads at most the limit of a response's body. `URLSession` does not say whether
/// a broken connection had received the request, so only a failed look-up or connection counts as not sent. It can send a
/// request again by itself if an idle connection turns out to be closed; the server then rejects the copy.
public final class URLSessionTransport: HTTPTransport {
    private let session: URLSession
    private let delegate = SessionDelegate()

    /// Creates a transport.
    ///
    /// - Parameter configuration: The configuration of the session. Caching and cookies are turned off.
    public init(configuration: URLSessionConfiguration = .ephemeral) {
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.urlCredentialStorage = nil
        session = URLSession(configuration: configuration, delegate: delegate, delegateQueue: nil)
    }

    deinit { session.finishTasksAndInvalidate() }

    /// Sends one request, and reads the response.
    public func send(
        _ request: HTTPRequest,
        _ body: [UInt8],
        limit byteCount: Int,
        deadline: ContinuousClock.Instant
    ) async throws -> (HTTPResponse, [UInt8]) {
        let urlRequest = try Self.urlRequest(request, body, deadline)
        let exchange = Exchange(byteCount)
        let task = session.dataTask(with: urlRequest)
        delegate.add(exchange, for: task)
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            exchange.end(.failure(HTTPTransportError(.deadlineExceeded, "the deadline has passed")))
            task.cancel()
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                exchange.begin(continuation)
                task.resume()
            }
        } onCancel: {
            exchange.end(.failure(CancellationError()))
            task.cancel()
        }
    }

    private static func urlRequest(
        _ request: HTTPRequest,
        _ body: [UInt8],
        _ deadline: ContinuousClock.Instant
    ) throws -> URLRequest {
        guard let scheme = request.scheme, let authority = request.authority, let path = request.path,
            let url = URL(string: "\(scheme)://\(authority)\(path)")
        else { throw HTTPTransportError(.notSent, "the request has no valid URL") }
        let seconds = ContinuousClock.now.duration(to: deadline) / .seconds(1)
        guard seconds > 0 else { throw HTTPTransportError(.deadlineExceeded, "the deadline has passed") }
        var urlRequest = URLRequest(url: url, timeoutInterval: seconds)
        urlRequest.httpMethod = request.method.rawValue
        for field in request.headerFields {
            urlRequest.addValue(field.value, forHTTPHeaderField: field.name.rawName)
        }
        if !body.isEmpty { urlRequest.httpBody = Data(body) }
        return urlRequest
    }
}
