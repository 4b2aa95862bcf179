internal import KMPrimitives

/// A Wycheproof algorithm that this package implements, with the calls that run its tests.
protocol WycheproofOperation {
    /// The members of a group other than its tests, type and source.
    associatedtype Group: MemberSet
    /// The members of a test other than its id, comment, flags and result.
    associatedtype Test: MemberSet

    /// The name of the algorithm in files.
    static var algorithm: String { get }
    /// The group type that this operation runs.
    static var groupType: String { get }

    /// Prepares the keys of a group.
    init(_ group: Group) throws

    /// Returns how to run a test, or why to skip it.
    func treatment(of test: Test, isValid: Bool) -> WycheproofTreatment
}

/// The Wycheproof algorithms that this package implements.
var wycheproofOperations: [any WycheproofOperation.Type] {
    [WycheproofAESGCM.self, WycheproofHMAC.self, WycheproofOAEP.self]
}

/// How a Wycheproof test is run or skipped.
enum WycheproofTreatment {
    /// Make the calls: each must accept a valid test, and reject an invalid test with `authenticationFailed`.
    case run([EntryPoint])
    /// Make the calls and expect each to reject the input, which this package's API does not support.
    ///
    /// If all calls reject it with the given code, the test is skipped with the reason. Otherwise it fails.
    case outside(reason: String, [EntryPoint], KMError.Code)
    /// Skip the test without a call.
    case skip(reason: String)
}
