internal import KMPrimitives

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Copies of a value for different threads, which therefore rarely wait for each other.
///
/// There are several copies for each processor, each with its own mutex and in cache lines of its own. A thread always
/// works with the same copy.
///
/// It uses the system's mutex, which the thread sanitizer knows. `Synchronization.Mutex` waits on a bare futex, which
/// the thread sanitizer reports as a race. Foundation's `NSLock` would link all of Foundation, of which this module
/// otherwise needs only FoundationEssentials.
///
/// `@unchecked Sendable`: a value is accessed only under its mutex.
@safe package final class Sharded<Value>: @unchecked Sendable {
    /// A value and its mutex.
    @safe private struct Shard {
        var mutex = unsafe pthread_mutex_t()
        var value: Value
    }

    private let memory: UnsafeMutableRawPointer
    /// The distance from one copy to the next in bytes: whole pairs of cache lines, which processors fetch together.
    private let stride: Int
    private let count: Int

    /// Creates the copies.
    ///
    /// - Parameters:
    ///   - count: The number of copies, at least 1.
    ///   - value: The value of a new copy; it is called once for each.
    package init(count: Int = CurrentThread.slotCount, _ value: () -> Value) {
        self.count = count
        stride = (MemoryLayout<Shard>.stride + 127) / 128 * 128
        unsafe memory = .allocate(byteCount: stride * count, alignment: 128)
        for number in 0..<count {
            unsafe place(number).initialize(to: Shard(value: value()))
            // No input can make this call fail: without resources for a mutex, nothing can go on.
            let result = unsafe pthread_mutex_init(mutex(number), nil)
            precondition(result == 0, "the system must have resources for a mutex")
        }
    }

    deinit {
        for number in 0..<count {
            unsafe pthread_mutex_destroy(mutex(number))
            unsafe place(number).deinitialize(count: 1)
        }
        unsafe memory.deallocate()
    }

    /// Calls `body` with the copy of the calling thread under its mutex.
    package func withOwn<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try withCopy(CurrentThread.number % count, body)
    }

    /// Calls `body` with one copy after another, each under its mutex.
    package func forEach(_ body: (inout Value) throws -> Void) rethrows {
        for number in 0..<count { try withCopy(number, body) }
    }

    /// Calls `body` with the copy of this number under its mutex.
    func withCopy<Result>(_ number: Int, _ body: (inout Value) throws -> Result) rethrows -> Result {
        let result = unsafe pthread_mutex_lock(mutex(number))
        precondition(result == 0, "a mutex that exists can be locked")
        defer { unsafe pthread_mutex_unlock(mutex(number)) }
        return try unsafe body(&place(number).pointee.value)
    }

    private func place(_ number: Int) -> UnsafeMutablePointer<Shard> {
        unsafe (memory + number * stride).assumingMemoryBound(to: Shard.self)
    }

    private func mutex(_ number: Int) -> UnsafeMutablePointer<pthread_mutex_t> {
        unsafe UnsafeMutableRawPointer(place(number)).assumingMemoryBound(to: pthread_mutex_t.self)
    }
}
