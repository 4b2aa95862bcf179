import Foundation
import Synchronization

/// A clock that shows a fixed time until it is set.
final class SettableClock: Sendable {
    private let date: Mutex<Date>

    init(_ date: Date) {
        self.date = Mutex(date)
    }

    @Sendable func now() -> Date { date.withLock { $0 } }

    func set(_ date: Date) {
        self.date.withLock { $0 = date }
    }
}
