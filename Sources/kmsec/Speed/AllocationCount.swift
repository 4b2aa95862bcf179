import KMSecurity

#if canImport(Glibc)
import Glibc
#endif

/// The number of memory allocations that a call of an operation and of its reference make, those of OpenSSL included.
struct AllocationCount: Encodable {
    let operation: String
    let perCall: Double
    let reference: SpeedOperations.Yardstick
    let perReferenceCall: Double

    /// Counts the allocations of an operation.
    ///
    /// - Throws: ``KMError`` `allocationsNotCounted`; the errors of the operation.
    init(_ operation: SpeedOperations.Operation) throws {
        self.operation = operation.name
        reference = operation.yardstick
        perCall = try Self.count(operation.library)
        perReferenceCall = try Self.count(operation.reference)
    }

    private static func count(_ call: SpeedMeasurement.Rounds) throws -> Double {
        let rounds = 1000
        // The first rounds fill caches, and allocate what stays.
        _ = try call(SpeedOperations.warmUpRounds)
        let before = try allocations()
        _ = try call(rounds)
        return Double(try allocations() - before) / Double(rounds)
    }

    /// Returns the number of allocations of this thread so far.
    private static func allocations() throws -> Int64 {
        #if canImport(Glibc)
        if let symbol = unsafe dlsym(nil, "km_allocation_count") {
            return unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int64).self)()
        }
        #endif
        throw KMError(.allocationsNotCounted, "nothing counts the allocations of this process")
    }
}

extension KMError.Code {
    /// The memory allocations cannot be counted in this build.
    static let allocationsNotCounted = Self("allocationsNotCounted")
}
