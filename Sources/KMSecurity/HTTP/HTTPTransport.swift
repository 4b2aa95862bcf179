public import HTTPTypes
internal import KMPrimitives

/// Sends HTTP requests for an ``APIClient``.
///
/// `KMAsyncHTTPClient` and `KMURLSession` have implementations. Write your own for another HTTP client:
///
/// - Send exactly the bytes of the body.
/// - Do not follow redirects: the headers must not reach another host.
/// - Stop reading a response that is larger than the limit.
public protocol HTTPTransport: Sendable {
    /// Sends one request, and reads the response.
    ///
    /// - Parameters:
    ///   - request: The head of the request, with scheme, authority and path.
    ///   - body: The body; empty for a request without one.
    ///   - byteCount: The largest body of a response, in bytes.
    ///   - deadline: The instant at which the exchange must have ended.
    /// - Returns: The head and the body of the response, with any status.
    /// - Throws: ``HTTPTransportError`` if there is no response; ``KMError`` `limitExceeded` if it is too large.
    func send(
        _ request: HTTPRequest,
        _ body: [UInt8],
        limit byteCount: Int,
        deadline: ContinuousClock.Instant
    ) async throws -> (HTTPResponse, [UInt8])
}

/// A request that got no response.
public struct HTTPTransportError: Error, Sendable {
    /// Why a request got no response.
    public enum Reason: Sendable, Hashable {
        /// There was no connection, so the server has not received the request.
        case notSent
        /// The connection failed after at least a part of the request was sent. The server may have received it.
        case connectionFailed
        /// The deadline passed. The server may have received the request.
        case deadlineExceeded
    }

    /// Why the request got no response.
    public let reason: Reason
    /// A text for developers, without a secret.
    public let detail: String

    /// Creates an error.
    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
