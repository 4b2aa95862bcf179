public import Foundation

/// The sender that the headers of a request name.
public enum Caller: Sendable, Hashable {
    /// A service provider, identified by its access key.
    case accessKey(AccessKey)
    /// The platform, which calls a service provider back.
    ///
    /// Callbacks have no access key. They are identified by the ASP id.
    case callback(AspID)
}

/// A caller's secret key, and the ASP id and crypto keys that its requests may name.
public struct Credential: Sendable {
    /// The crypto keys that requests under a credential may name.
    ///
    /// You can write an array literal: `cryptoKeyIDs: [keyID]`.
    public enum CryptoKeyIDs: Sendable, Hashable, ExpressibleByArrayLiteral {
        /// The keys with these ids.
        case only(Set<CryptoKeyID>)
        /// Every key of the server's keyring, including the keys of other callers.
        ///
        /// This is insecure: the token does not cover X-KM-Crypto-Key-Id. A provider that captured another provider's
        /// encrypted message can send it under its own name, and the server decrypts it.
        case insecureAny

        /// Creates a set of ids from an array literal.
        public init(arrayLiteral elements: CryptoKeyID...) {
            self = .only(Set(elements))
        }

        package func contains(_ id: CryptoKeyID) -> Bool {
            switch self {
            case .only(let ids): ids.contains(id)
            case .insecureAny: true
            }
        }
    }

    /// The largest number of credentials that one caller can have: 4.
    ///
    /// This is enough for two ASP ids, each with an old and a new secret key. Rejecting a token always costs this many
    /// MACs, so that the time does not reveal how many credentials a caller has.
    public static let maximumCountPerCaller = 4

    /// The name in logs and in ``OpenedRequest/credentialName``, which is not secret.
    public let name: String
    /// The secret key.
    public let secretKey: SecretKey
    /// The ASP id that requests must carry; nil for any.
    public let aspID: AspID?
    /// The crypto keys that requests may name.
    public let cryptoKeyIDs: CryptoKeyIDs
    /// The period in which the credential is valid, including both ends; nil for always.
    public let validity: ClosedRange<Date>?

    /// Creates a credential for one ASP id.
    ///
    /// - Parameters:
    ///   - name: The name in logs and in ``OpenedRequest/credentialName``.
    ///   - secretKey: The secret key.
    ///   - aspID: The ASP id that requests must carry. For two ASP ids that share a secret key, create two credentials.
    ///   - cryptoKeyIDs: The crypto keys that requests may name. During a rotation, list the old and the new one.
    ///   - validity: The period in which the credential is valid, including both ends; nil for always.
    public init(
        name: String = "",
        secretKey: SecretKey,
        aspID: AspID,
        cryptoKeyIDs: CryptoKeyIDs,
        validity: ClosedRange<Date>? = nil
    ) {
        self.init(name, secretKey, aspID, cryptoKeyIDs, validity)
    }

    /// Creates a credential for any ASP id.
    ///
    /// This is insecure: the token does not cover X-KM-User-AspId. With this credential, a provider can name another
    /// provider's ASP id.
    public init(
        name: String = "",
        insecureForAnyAspID secretKey: SecretKey,
        cryptoKeyIDs: CryptoKeyIDs,
        validity: ClosedRange<Date>? = nil
    ) {
        self.init(name, secretKey, nil, cryptoKeyIDs, validity)
    }

    private init(
        _ name: String,
        _ secretKey: SecretKey,
        _ aspID: AspID?,
        _ cryptoKeyIDs: CryptoKeyIDs,
        _ validity: ClosedRange<Date>?
    ) {
        self.name = name
        self.secretKey = secretKey
        self.aspID = aspID
        self.cryptoKeyIDs = cryptoKeyIDs
        self.validity = validity
    }
}

/// A source of the credentials of callers, which a server asks for each request.
///
/// Use ``StaticCredentials`` if the credentials do not change, or ``LiveCredentials`` to replace them while the process
/// runs. Implement this protocol to look credentials up elsewhere.
public protocol CredentialSource: Sendable {
    /// Returns the credentials of a caller.
    ///
    /// Cache the results for known and for unknown callers. A look-up that takes longer for unknown callers reveals
    /// which access keys exist.
    ///
    /// - Parameter caller: The caller that a request names.
    /// - Returns: The credentials; none for an unknown caller, and several while a secret key is being replaced. If
    ///   there are more than ``Credential/maximumCountPerCaller``, the server rejects the caller's requests with
    ///   `configurationInvalid`.
    /// - Throws: Any error that keeps the source from answering. The server then answers HTTP 500.
    func credentials(for caller: Caller) async throws -> [Credential]
}

/// Credentials that do not change while the process runs.
public struct StaticCredentials: CredentialSource {
    private let byCaller: [Caller: [Credential]]

    var callerCount: Int { byCaller.count }

    /// All callers, for a diagnosis.
    package var callers: [Caller] { Array(byCaller.keys) }

    /// Creates a source from credentials by caller.
    public init(_ credentials: [Caller: [Credential]]) {
        byCaller = credentials
    }

    /// Creates a source from secret keys by access key, for any ASP id, any crypto key of the server's keyring, and any
    /// time.
    ///
    /// Use it in tests, or on a server that never has more than one provider. With several providers, each could name
    /// the ASP ids and crypto keys of the others.
    public init(insecureForAnyAspIDAndCryptoKey secretKeys: [AccessKey: [SecretKey]]) {
        byCaller = Dictionary(
            uniqueKeysWithValues: secretKeys.map { accessKey, keys in
                let credentials = keys.enumerated().map { index, key in
                    Credential(name: "\(index + 1)", insecureForAnyAspID: key, cryptoKeyIDs: .insecureAny)
                }
                return (.accessKey(accessKey), credentials)
            }
        )
    }

    /// Returns the credentials of a caller.
    public func credentials(for caller: Caller) -> [Credential] {
        byCaller[caller] ?? []
    }
}
