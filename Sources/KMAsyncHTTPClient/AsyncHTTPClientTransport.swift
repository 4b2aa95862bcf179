#if AsyncHTTPClient
public import AsyncHTTPClient
internal import Foundation
public import HTTPTypes
public import KMSecurity
public import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Sends the requests of an `APIClient` with AsyncHTTPClient, over HTTP/1.1 or HTTP/2.
///
/// It has an `HTTPClient` of its own, which does not follow redirects: the headers must not reach another host. Its
/// connections are closed when it is released, or when you call ``shutdown()``.
public final class AsyncHTTPClientTransport: HTTPTransport {
    private let client: HTTPClient
    private let watch = DeadlineWatch()

    /// Creates a transport.
    ///
    /// - Parameters:
    ///   - configuration: The configuration of the HTTP client, for example its TLS settings and the size of its
    ///     connection pool. Redirects, decompression and its own attempts to connect again are turned off.
    ///   - eventLoopGroup: The event loops; nil for those that the process shares.
    public init(
        configuration: HTTPClient.Configuration = .singletonConfiguration,
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        var configuration = configuration
        configuration.redirectConfiguration = .disallow
        // The API does not compress.
        configuration.decompression = .disabled
        // A call is sent again as its own configuration says.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(
            eventLoopGroupProvider: .shared(eventLoopGroup ?? HTTPClient.defaultEventLoopGroup),
            configuration: configuration
        )
    }

    deinit {
        // AsyncHTTPClient stops the process if a client is released that was not shut down.
        Task { [client] in try? await client.shutdown() }
    }

    /// Closes all connections, and waits until they are closed.
    ///
    /// - Throws: The error of AsyncHTTPClient, if the transport was shut down before.
    public func shutdown() async throws { try await client.shutdown() }

    /// Sends one request, and reads the response.
    public func send(
        _ request: HTTPRequest,
        _ body: [UInt8],
        limit byteCount: Int,
        deadline: ContinuousClock.Instant
    ) async throws -> (HTTPResponse, [UInt8]) {
        var message = HTTPClientRequest(
            url: "\(request.scheme ?? "https")://\(request.authority ?? "")\(request.path ?? "")"
        )
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        for field in request.headerFields { message.headers.add(name: field.name.rawName, value: field.value) }
        if !body.isEmpty { message.body = .bytes(body, length: .known(Int64(body.count))) }
        // The deadline of AsyncHTTPClient is for the head of the response only, so a task that can be canceled reads both.
        let task = Task { [client, message] in
            try await Self.exchange(message, client, limit: byteCount, deadline)
        }
        let entry = watch.start(deadline) { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        let isOverdue = watch.end(entry)
        if isOverdue, case .failure = result, !Task.isCancelled {
            throw HTTPTransportError(.deadlineExceeded, "the deadline has passed")
        }
        return try result.get()
    }

    private static func exchange(
        _ message: HTTPClientRequest,
        _ client: HTTPClient,
        limit byteCount: Int,
        _ deadline: ContinuousClock.Instant
    ) async throws -> (HTTPResponse, [UInt8]) {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw HTTPTransportError(.deadlineExceeded, "the deadline has passed") }
        do {
            let response = try await client.execute(message, deadline: .now() + TimeAmount(left))
            return (try head(response), try await body(response, limit: byteCount))
        } catch let error as KMError {
            throw error
        } catch let error as HTTPTransportError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw failure(error)
        }
    }

    private static func head(_ response: HTTPClientResponse) throws -> HTTPResponse {
        // HTTPResponse stops the process for any other number, which a server can send over HTTP/2.
        guard (100...999).contains(response.status.code) else {
            throw HTTPTransportError(.connectionFailed, "the status is not a number from 100 to 999")
        }
        var fields = HTTPFields()
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return HTTPResponse(status: .init(code: Int(response.status.code)), headerFields: fields)
    }

    private static func body(_ response: HTTPClientResponse, limit byteCount: Int) async throws -> [UInt8] {
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= byteCount else {
                throw KMError(.limitExceeded, "the response must have at most \(byteCount) bytes")
            }
            body.append(contentsOf: part.readableBytesView)
        }
        return body
    }

    /// Returns whether a failed request was sent, and why it failed.
    ///
    /// AsyncHTTPClient reports these errors only before it writes the request.
    private static func failure(_ error: any Error) -> HTTPTransportError {
        guard let error = error as? HTTPClientError else {
            var isUnsent = error is NIOConnectionError || error is NIOSSLExtraError
            if case NIOSSLError.handshakeFailed = error { isUnsent = true }
            if (error as? IOError)?.errnoCode == ECONNREFUSED { isUnsent = true }
            return HTTPTransportError(isUnsent ? .notSent : .connectionFailed, "\(type(of: error)).\(error)")
        }
        let unsent: [HTTPClientError] = [
            .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout, .invalidURL, .emptyHost,
            .emptyScheme, .alreadyShutdown,
        ]
        let reason: HTTPTransportError.Reason =
            if unsent.contains(error) { .notSent } else if error == .deadlineExceeded { .deadlineExceeded } else {
                .connectionFailed
            }
        return HTTPTransportError(reason, error.shortDescription)
    }
}
#endif
