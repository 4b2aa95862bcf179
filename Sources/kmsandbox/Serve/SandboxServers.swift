#if Sandbox
import Foundation
import KMDiagnosis
import KMSecurity

/// The servers of both profiles, which share their keys, credentials and replay guard.
///
/// New ones are made when the clock is changed, because a replay guard does not accept a clock that goes back.
struct SandboxServers: Sendable {
    private let documented: ServerSecurity
    private let gateway: ServerSecurity
    let clock: WallClock

    /// Creates servers.
    ///
    /// - Parameters:
    ///   - parties: The keys and credentials.
    ///   - clockSkewSeconds: The seconds by which the servers' clock is ahead of the machine's.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    init(_ parties: SandboxParties, clockSkewSeconds: Int) throws {
        let clock: WallClock = { Date().addingTimeInterval(TimeInterval(clockSkewSeconds)) }
        let replayGuard = InMemoryReplayGuard.inMemory(capacity: 1_000_000)
        func server(_ profile: WireProfile) throws -> ServerSecurity {
            try ServerSecurity(
                credentials: parties.credentials,
                keyring: parties.serverKeyring,
                replayGuard: replayGuard,
                configuration: .init(replayRetention: .seconds(3600), profile: profile),
                clock: clock
            )
        }
        documented = try server(.documented)
        gateway = try server(.gateway)
        self.clock = clock
    }

    /// The server that answers in a profile.
    func server(_ profile: WireProfile) -> ServerSecurity { profile == .gateway ? gateway : documented }
}
#endif
