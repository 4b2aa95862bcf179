public import Foundation

/// Who sends a request, as far as its headers say.
public enum Caller: Sendable, Hashable {
    /// A service provider, by its access key.
    case accessKey(AccessKey)
    /// The platform, calling a service provider back: such calls have no access key, and are known by the ASP id.
    case callback(AspID)
}

/// A secret key, and what it is good for.
public struct Credential: Sendable {
    /// What it is called in logs and in ``OpenedCall/credentialName``; not secret.
    public let name: String
    /// The secret.
    public let secretKey: SecretKey
    /// The ASP id that its requests must carry; nil for any.
    ///
    /// The token does not cover the header, so that a provider could else name another.
    public let aspID: AspID?
    /// The crypto keys that its requests may name; nil for any.
    ///
    /// The token does not cover X-KM-Crypto-Key-Id, and anyone can encrypt to a public key: without this, a provider could
    /// send on under its own name what it captured of another's.
    public let cryptoKeyIDs: Set<CryptoKeyID>?
    /// When it may be used, both ends included; nil for always.
    public let validity: ClosedRange<Date>?

    /// A credential of the given parts.
    public init(
        name: String = "",
        secretKey: SecretKey,
        aspID: AspID? = nil,
        cryptoKeyIDs: Set<CryptoKeyID>? = nil,
        validity: ClosedRange<Date>? = nil
    ) {
        self.name = name
        self.secretKey = secretKey
        self.aspID = aspID
        self.cryptoKeyIDs = cryptoKeyIDs
        self.validity = validity
    }
}

/// Where a server finds the secrets of a caller.
public protocol CredentialSource: Sendable {
    /// The credentials of `caller`: none for an unknown one, several while one is replaced.
    ///
    /// A look-up that takes longer for unknown callers than for known ones tells which access keys exist; cache both.
    func credentials(for caller: Caller) async throws -> [Credential]
}

/// Credentials that do not change while the process runs.
public struct StaticCredentials: CredentialSource {
    private let byCaller: [Caller: [Credential]]

    /// The given credentials by their callers.
    public init(_ credentials: [Caller: [Credential]]) {
        byCaller = credentials
    }

    /// The given secret keys by their access keys: for any ASP id and crypto key, and for always.
    ///
    /// For a server of one provider. Where there are several, make a ``Credential`` of each, with what is its own.
    public init(_ secretKeys: [AccessKey: [SecretKey]]) {
        byCaller = Dictionary(
            uniqueKeysWithValues: secretKeys.map { accessKey, keys in
                (.accessKey(accessKey), keys.enumerated().map { Credential(name: "\($0 + 1)", secretKey: $1) })
            }
        )
    }

    /// The credentials of a caller.
    public func credentials(for caller: Caller) -> [Credential] {
        byCaller[caller] ?? []
    }
}
