import CKMFloor
import KMSecurity

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
        let before = km_floor_allocations()
        guard before >= 0 else {
            throw KMError(
                .allocationsNotCounted,
                "this build does not count allocations; use a build with glibc and without a sanitizer"
            )
        }
        _ = try call(rounds)

        return Double((km_floor_allocations() - before)) / Double(rounds)
    }
}

extension KMError.Code {
    /// The memory allocations cannot be counted in this build.
    static let allocationsNotCounted = Self("allocationsNotCounted")
}
