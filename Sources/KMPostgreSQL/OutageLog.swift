#if PostgreSQL
internal import KMSecurity
internal import Logging

/// Logs the start and the end of an outage of a store, once each.
final class OutageLog: Sendable {
    /// The kind of an outage, which says what ends it.
    enum Kind: Sendable {
        /// No connection is open. A new one ends the outage.
        case disconnection
        /// The server rejects statements. A statement that succeeds ends the outage.
        case rejection
    }

    private let name: String
    private let logger: Logger?
    private let outage = Locked<Kind?>(nil)

    init(name: String, logger: Logger?) { (self.name, self.logger) = (name, logger) }

    /// Begins an outage, unless there is one.
    func begin(_ kind: Kind, _ detail: String) {
        let isNew = outage.withLock { outage in
            defer { if outage == nil { outage = kind } }
            return outage == nil
        }
        if isNew {
            logger?.error("the \(name) is unavailable and rejects requests", metadata: ["km.detail": "\(detail)"])
        }
    }

    /// Ends an outage of this kind.
    func end(_ kind: Kind) {
        let hasEnded = outage.withLock { outage in
            defer { if outage == kind { outage = nil } }
            return outage == kind
        }
        if hasEnded { logger?.notice("the \(name) is available again") }
    }
}
#endif
