#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A value that only one task at a time can access.
///
/// It uses the system's mutex, which the thread sanitizer knows. `Synchronization.Mutex` waits on a bare futex, which
/// the thread sanitizer reports as a race. Foundation's `NSLock` would link all of Foundation, of which this module
/// otherwise needs only FoundationEssentials.
///
/// `@unchecked Sendable`: the value is accessed only under the mutex.
@safe package final class Locked<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        // No input can make one of these calls fail: without resources for a mutex, nothing can go on.
        let result = unsafe pthread_mutex_init(mutex, nil)
        precondition(result == 0, "the system must have resources for a mutex")
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Calls `body` with the value under the mutex.
    ///
    /// If `body` keeps a part of the value, that part must not be shared with other tasks.
    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        let result = unsafe pthread_mutex_lock(mutex)
        precondition(result == 0, "a mutex that exists can be locked")
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
