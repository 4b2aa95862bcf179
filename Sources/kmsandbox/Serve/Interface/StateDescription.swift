#if Sandbox
import Foundation
import KMCommandLine
import KMPrimitives
import KMSecurity

/// The state of the sandbox as the control interface describes it.
struct StateDescription: Encodable {
    struct Key: Encodable {
        let id: String
        let state: String
        let isPrimary: Bool
        let isOther: Bool
        let certificateNotAfter: String
    }

    let mode = "sandbox"
    let version: String
    let baseURL: String
    let startedAt: String
    let seed: UInt64?
    let clockSkewSeconds: Int
    let fault: SandboxSettings.Fault
    let delayMilliseconds: Int
    let keys: [Key]
    let aspId: String
    let accessKey: String
    let timeZone: String
    let callbackURL: String?
    let testData: [TestData.Case]
    let callCount: Int
    let acceptedCount: Int
    let rejectedCount: Int
    let keptCount: Int
    let warnings: [String]

    /// Describes a sandbox.
    ///
    /// - Parameters:
    ///   - sandbox: The sandbox.
    ///   - baseURL: The URL that the endpoints are below.
    ///   - callbackURL: The URL for callbacks; nil if none was given.
    ///   - warnings: The warnings of the start, which those that a user can take back follow.
    init(_ sandbox: Sandbox, baseURL: String, callbackURL: String?, warnings: [String]) {
        version = Version.number
        self.baseURL = baseURL
        startedAt = sandbox.startedAt.withMilliseconds
        seed = sandbox.seed
        let settings = sandbox.currentSettings
        clockSkewSeconds = settings.clockSkewSeconds
        fault = settings.fault
        delayMilliseconds = settings.delayMilliseconds
        let keys = sandbox.parties.currentKeys
        self.keys = keys.all.map { key in
            Key(
                id: key.pair.id.text,
                state: key.state.rawValue,
                isPrimary: key.pair.id == keys.primaryID,
                isOther: key.pair.id == keys.otherID,
                certificateNotAfter: key.pair.serverCertificate.validity.upperBound.formatted(.iso8601)
            )
        }
        aspId = sandbox.parties.aspID.text
        accessKey = sandbox.parties.accessKey.text
        timeZone = sandbox.parties.timeZone.text
        self.callbackURL = callbackURL
        testData = TestData.cases
        let (counts, kept) = sandbox.history.counts
        callCount = counts.all
        acceptedCount = counts.accepted
        rejectedCount = counts.rejected
        keptCount = kept
        self.warnings = warnings + sandbox.standingWarnings.map(\.text)
    }
}
#endif
