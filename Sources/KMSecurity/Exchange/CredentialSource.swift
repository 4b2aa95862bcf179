/// Where a server finds the secret key that an access key names.
public protocol CredentialSource: Sendable {
    /// The secret keys that are valid under `accessKey`: none for an unknown one, several while one is replaced.
    func secretKeys(for accessKey: AccessKey) async throws -> [SecretKey]
}

/// Credentials that do not change while the process runs.
public struct StaticCredentials: CredentialSource {
    private let secretKeys: [AccessKey: [SecretKey]]

    /// The given secret keys by their access keys.
    public init(_ secretKeys: [AccessKey: [SecretKey]]) {
        self.secretKeys = secretKeys
    }

    /// The secret keys of an access key.
    public func secretKeys(for accessKey: AccessKey) -> [SecretKey] {
        secretKeys[accessKey] ?? []
    }
}
