internal import Foundation

/// A value that one task at a time reaches.
///
/// Over the system's lock, which the thread sanitizer knows, so that a run under it proves something:
/// `Synchronization.Mutex` waits on a bare futex, which it takes for a race.
///
/// `@unchecked Sendable`: the value is reached under the lock alone.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Calls `body` with the value; what it keeps of it must not be shared.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
