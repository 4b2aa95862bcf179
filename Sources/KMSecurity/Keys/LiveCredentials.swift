/// Credentials that you replace while the process runs, as after a change of secret keys.
public final class LiveCredentials: CredentialSource {
    private let current: Locked<any CredentialSource>

    /// Creates a source that asks another one.
    public init(_ credentials: any CredentialSource) {
        current = Locked(credentials)
    }

    /// Replaces the source that is asked.
    public func replace(by credentials: any CredentialSource) {
        current.withLock { $0 = credentials }
    }

    /// The credentials of a caller.
    public func credentials(for caller: Caller) async throws -> [Credential] {
        try await current.withLock { $0 }.credentials(for: caller)
    }
}
