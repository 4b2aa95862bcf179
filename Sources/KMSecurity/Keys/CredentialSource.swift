public import Foundation

/// Who sends a request, as far as its headers say.
public enum Caller: Sendable, Hashable {
    /// A service provider, by its access key.
    case accessKey(AccessKey)
    /// The platform, calling a service provider back: such calls have no access key, and are known by the ASP id.
    case callback(AspID)
}

/// A secret key, and the ASP id and crypto keys that belong to it.
public struct Credential: Sendable {
    /// The crypto keys that the requests of a credential may name.
    ///
    /// An array literal is a list of keys: `cryptoKeyIDs: [keyID]`.
    public enum CryptoKeyIDs: Sendable, Hashable, ExpressibleByArrayLiteral {
        /// The keys of these ids.
        case only(Set<CryptoKeyID>)
        /// Every key of the server's keyring, the keys of other callers included.
        ///
        /// The token does not cover X-KM-Crypto-Key-Id, and anyone can encrypt to a public key. A provider that captured
        /// another provider's encrypted message can send it under its own name, and the server decrypts it.
        case insecureAny

        /// The keys of the ids in an array literal.
        public init(arrayLiteral elements: CryptoKeyID...) {
            self = .only(Set(elements))
        }

        func contains(_ id: CryptoKeyID) -> Bool {
            switch self {
            case .only(let ids): ids.contains(id)
            case .insecureAny: true
            }
        }
    }

    /// The most credentials that one caller can have: 4, which do for two secrets of two ASP ids.
    ///
    /// A rejected request costs as many MACs whatever number a caller has, so that its time does not show the number.
    public static let maximumCountPerCaller = 4

    /// The name in logs and in ``OpenedRequest/credentialName``; not secret.
    public let name: String
    /// The secret.
    public let secretKey: SecretKey
    /// The ASP id that requests must carry; nil for any.
    public let aspID: AspID?
    /// The crypto keys that requests may name.
    public let cryptoKeyIDs: CryptoKeyIDs
    /// The period in which the credential may be used, both ends included; nil for always.
    public let validity: ClosedRange<Date>?

    /// Creates a credential for one ASP id.
    ///
    /// - Parameters:
    ///   - name: The name in logs and in ``OpenedRequest/credentialName``.
    ///   - secretKey: The secret.
    ///   - aspID: The ASP id that requests must carry. For two ASP ids that share a secret, create two credentials.
    ///   - cryptoKeyIDs: The crypto keys that requests may name. During a rotation, list the old and the new one.
    ///   - validity: The period in which the credential may be used; nil for always.
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
    /// The token does not cover X-KM-User-AspId: with this credential, a provider can name another provider's ASP id.
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

/// Where a server finds the secrets of a caller.
public protocol CredentialSource: Sendable {
    /// The credentials of `caller`: none for an unknown one, several while one is replaced, and at most
    /// ``Credential/maximumCountPerCaller``. With more, the server rejects the caller's requests with `configurationInvalid`.
    ///
    /// A look-up that takes longer for unknown callers than for known ones tells which access keys exist; cache both.
    func credentials(for caller: Caller) async throws -> [Credential]
}

/// Credentials that do not change while the process runs.
public struct StaticCredentials: CredentialSource {
    private let byCaller: [Caller: [Credential]]

    var callerCount: Int { byCaller.count }

    /// The given credentials by their callers.
    public init(_ credentials: [Caller: [Credential]]) {
        byCaller = credentials
    }

    /// Creates credentials without bounds from secret keys by their access keys: for any ASP id, any crypto key of the
    /// server's keyring, and any time.
    ///
    /// Use it in tests, or on a server that has one provider for good. With several providers, each could name the others'
    /// ASP ids and crypto keys.
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

    /// The credentials of a caller.
    public func credentials(for caller: Caller) -> [Credential] {
        byCaller[caller] ?? []
    }
}
