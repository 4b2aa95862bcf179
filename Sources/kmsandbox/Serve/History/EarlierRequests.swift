#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Remembers when equal requests were accepted first, so that a judge can say of which one a request is a copy.
final class EarlierRequests: Sendable {
    private struct State {
        var dates: [[UInt8]: Date] = [:]
        /// The digests in the order in which they arrived, as a ring.
        var order: [[UInt8]] = []
        var next = 0
    }

    private let capacity: Int
    private let state = Locked(State())

    /// Creates a memory of the last `capacity` requests.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// The date at which an equal request was accepted first; nil if none was.
    func date(of request: ReceivedRequest, _ endpoint: Endpoint?) -> Date? {
        guard let digest = Self.digest(request, endpoint) else { return nil }
        return state.withLock { $0.dates[digest] }
    }

    /// Remembers an accepted request.
    func add(_ request: ReceivedRequest, _ endpoint: Endpoint) {
        guard let digest = Self.digest(request, endpoint) else { return }
        state.withLock { state in
            guard state.dates[digest] == nil else { return }
            state.dates[digest] = request.date
            if state.order.count < capacity {
                state.order.append(digest)
            } else {
                state.dates[state.order[state.next]] = nil
                state.order[state.next] = digest
                state.next = (state.next + 1) % capacity
            }
        }
    }

    /// The identity of a request; nil if it has no endpoint or no body.
    ///
    /// No two genuine requests have the same encrypted body. Plain bodies can be equal, and then the tokens differ.
    private static func digest(_ request: ReceivedRequest, _ endpoint: Endpoint?) -> [UInt8]? {
        guard let endpoint, !request.body.isEmpty else { return nil }
        let isPlain = RecordedCall.Level(endpoint.request.protection) == .plain
        let token = isPlain ? Array((request.headers[.kmTranToken] ?? "").utf8) : []
        return try? SHA256.digest(request.body + token)
    }
}
#endif
