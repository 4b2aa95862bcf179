package import Foundation
internal import Synchronization

/// A clock that shows a fixed time until it is set.
package final class SettableClock: Sendable {
    private let date: Mutex<Date>

    package init(_ date: Date) {
        self.date = Mutex(date)
    }

    @Sendable package func now() -> Date { date.withLock { $0 } }

    package func set(_ date: Date) {
        self.date.withLock { $0 = date }
    }
}
