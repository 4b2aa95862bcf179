/// Credentials that you can replace while the process runs, for example when a secret key changes.
public final class LiveCredentials: CredentialSource {
    private let current: Locked<any CredentialSource>

    /// Creates live credentials from their first source.
    public init(_ credentials: any CredentialSource) {
        current = Locked(credentials)
    }

    /// Replaces the source; the next request uses the new one.
    public func replace(by credentials: any CredentialSource) {
        current.withLock { $0 = credentials }
    }

    /// The current source, for a diagnosis.
    package var source: any CredentialSource { current.withLock { $0 } }

    /// Returns the credentials of a caller from the current source.
    ///
    /// - Throws: The error of the source.
    public func credentials(for caller: Caller) async throws -> [Credential] {
        try await current.withLock { $0 }.credentials(for: caller)
    }
}
