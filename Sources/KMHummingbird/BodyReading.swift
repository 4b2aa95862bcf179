#if Hummingbird
internal import HTTPTypes
package import Hummingbird
internal import KMSecurity
internal import NIOCore
internal import Synchronization

/// The limits for reading bodies, so that slow and large ones cannot take the server's memory.
///
/// A peer that sends a head and then nothing holds a connection and no memory. `HTTP1Channel.Configuration.km()` closes it.
public struct BodyReading: Sendable {
    /// The time in which the rest of a body must arrive, after its first part.
    public var timeout: Duration
    /// The memory for the bodies that are being received, all requests together, in bytes.
    ///
    /// A body that comes in one part is not counted, so large and slow bodies do not keep out small ones.
    public var maximumByteCountInProgress: Int

    /// Creates options.
    public init(timeout: Duration = .seconds(10), maximumByteCountInProgress: Int = 64 << 20) {
        self.timeout = timeout
        self.maximumByteCountInProgress = maximumByteCountInProgress
    }
}

/// The parts of a body, which only one task at a time reads.
///
/// `@unchecked Sendable`: a body has one iterator, and the reader hands it from its own task to one child task.
private final class BodyParts: @unchecked Sendable {
    private var iterator: RequestBody.AsyncIterator

    init(_ body: RequestBody) { iterator = body.makeAsyncIterator() }

    func next() async throws -> ByteBuffer? { try await iterator.next() }
}

/// Reads the bodies of requests within the limits of ``BodyReading``.
package final class BodyReader: Sendable {
    private let options: BodyReading
    private let limit: Int
    /// The number of bytes of bodies that are being received.
    private let byteCount = Atomic<Int>(0)

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - options: The limits of time and memory.
    ///   - limit: The largest body in bytes.
    package init(_ options: BodyReading, limit: Int) {
        (self.options, self.limit) = (options, limit)
    }

    /// Reads a body.
    ///
    /// - Throws: ``KMError`` `limitExceeded`, `bodyTimedOut`, `serverBusy`; the error of a broken connection.
    package func read(_ request: Request) async throws -> [UInt8] {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if let length, length > limit { throw tooLarge }
        let parts = BodyParts(request.body)
        guard let first = try await parts.next() else { return [] }
        guard first.readableBytes <= limit else { throw tooLarge }
        var body = Array(first.readableBytesView)
        if body.count == length { return body }
        body += try await rest(parts, after: body.count)
        return body
    }

    private var tooLarge: KMError {
        KMError(.limitExceeded, "the body must have at most \(limit) bytes")
    }

    /// Reads what follows the first part, until the timeout.
    private func rest(_ parts: BodyParts, after count: Int) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await self.collect(parts, after: count) }
            group.addTask {
                try await Task.sleep(for: self.options.timeout)
                throw KMError(.bodyTimedOut, "the body must arrive within \(self.options.timeout)")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private func collect(_ parts: BodyParts, after count: Int) async throws -> [UInt8] {
        var reservedCount = 0
        defer { byteCount.subtract(reservedCount, ordering: .relaxed) }
        var rest: [UInt8] = []
        try reserve(count, &reservedCount)
        while let part = try await parts.next() {
            guard count + rest.count + part.readableBytes <= limit else { throw tooLarge }
            try reserve(part.readableBytes, &reservedCount)
            rest.append(contentsOf: part.readableBytesView)
        }
        return rest
    }

    private func reserve(_ count: Int, _ reservedCount: inout Int) throws {
        reservedCount += count
        let sum = byteCount.add(count, ordering: .relaxed).newValue
        guard sum <= options.maximumByteCountInProgress else {
            throw KMError(
                .serverBusy,
                "the bodies that are being received must have at most \(options.maximumByteCountInProgress) bytes "
                    + "together; look for a flood of large requests, or raise maximumByteCountInProgress"
            )
        }
    }
}
#endif
