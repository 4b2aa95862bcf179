internal import Foundation

/// A value that only one task at a time can access.
///
/// It uses the system's lock, which the thread sanitizer knows. `Synchronization.Mutex` waits on a bare futex, which
/// the thread sanitizer reports as a race.
///
/// `@unchecked Sendable`: the value is accessed only under the lock.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Calls `body` with the value under the lock.
    ///
    /// If `body` keeps a part of the value, that part must not be shared with other tasks.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
