/// A value that only one task at a time can access.
///
/// It is a ``Sharded`` value with a single copy.
package final class Locked<Value>: Sendable {
    private let copies: Sharded<Value>

    package init(_ value: Value) {
        copies = Sharded(count: 1) { value }
    }

    /// Calls `body` with the value under the mutex.
    ///
    /// If `body` keeps a part of the value, that part must not be shared with other tasks.
    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try copies.withCopy(0, body)
    }
}
