package import KMPrimitives
internal import Synchronization

/// A device with an HMAC key, which counts what it is asked, and can be made to fail.
package final class MACDevice: MessageAuthenticator {
    package struct Outage: Error {
        package init() {}
    }

    package enum Behaviour: Sendable {
        case answering
        /// Throws an ``Outage``.
        case down
        /// Returns 31 bytes.
        case short
        /// Throws an error whose code would be the peer's fault.
        case misleading
        /// Does something before it answers.
        case slow(@Sendable () -> Void)
    }

    private let hmac: HMACSHA256
    private let state: Mutex<(behaviour: Behaviour, count: Int)>

    package init(_ secret: SecretBytes, _ behaviour: Behaviour = .answering) throws {
        hmac = try HMACSHA256(key: secret)
        state = Mutex((behaviour, 0))
    }

    /// The number of MACs that the device was asked for.
    package var count: Int { state.withLock { $0.count } }

    package func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

    package func authenticate(_ message: SecretBytes) async throws -> [UInt8] {
        let behaviour = state.withLock { state in
            state.count += 1
            return state.behaviour
        }
        await Task.yield()
        let mac = try message.withBytes { try hmac.authenticate($0) }.withBytes { [UInt8](copying: $0) }
        switch behaviour {
        case .answering: return mac
        case .down: throw Outage()
        case .short: return Array(mac.dropLast())
        case .misleading: throw KMError(.limitExceeded)
        case .slow(let act):
            act()
            return mac
        }
    }
}
