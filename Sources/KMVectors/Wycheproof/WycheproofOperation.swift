internal import KMPrimitives

/// An algorithm of Wycheproof's that this package has, and how its tests reach the API.
protocol WycheproofOperation {
    /// What a group has besides its tests, type and source.
    associatedtype Group: MemberSet
    /// What a test has besides its number, comment, flags and result.
    associatedtype Test: MemberSet

    /// The algorithm's name in files.
    static var algorithm: String { get }
    /// The type of the groups that are meant.
    static var groupType: String { get }

    /// Prepares a group's keys.
    init(_ group: Group) throws

    /// What is to be done with a test.
    func treatment(of test: Test, isValid: Bool) -> WycheproofTreatment
}

/// The algorithms that are read.
var wycheproofOperations: [any WycheproofOperation.Type] {
    [WycheproofAESGCM.self, WycheproofHMAC.self, WycheproofOAEP.self]
}

/// What is to be done with a test of Wycheproof's.
enum WycheproofTreatment {
    /// It is for this package: its calls accept it where it is valid, and fail to authenticate it where it is not.
    case run([EntryPoint])
    /// It asks for what this package's API does not take, for the reason given. It is listed as a skip once each call was
    /// seen to refuse it, and is a failure otherwise.
    case outside(reason: String, [EntryPoint], KMError.Code)
    /// There is no call to make for it.
    case skip(reason: String)
}
