public import Foundation
public import KMPrimitives
public import KMWire

/// The crypto keys of one party, as a keyring file holds them.
///
/// The file knows more than a ``CryptoKeyring``: states after NIST SP 800-57 part 1 section 7, the time of each change,
/// and the nodes of the fleet. Its operations are the steps of a rotation. Each returns a new value with the next
/// generation, or throws `rotationBlocked` with what blocks it.
public struct KeyringFile: Sendable {
    /// The party that the file belongs to.
    public enum Role: String, Sendable, CaseIterable {
        /// A service provider, which encrypts requests under its primary key.
        case provider
        /// The platform, which answers under the key that a request names and has no primary key.
        case platform
    }

    /// The state of a key (NIST SP 800-57 part 1 section 7).
    public enum State: String, Sendable, CaseIterable {
        /// The key was added. It opens and answers what the peer sends under it, and begins no message.
        case preActivation = "pre-activation"
        /// The key is in full use.
        case active
        /// The key begins no message for a while, and opens and answers what the peer sends under it.
        case suspended
        /// The key is being retired. It begins no message, and opens and answers what is still in transit.
        ///
        /// It never becomes active again, because the peer may have been told that this party stopped using it.
        case deactivated
        /// Somebody else may know the private key. The key does nothing.
        case compromised
        /// The private key and the certificate are erased. The id stays reserved. This is final.
        case destroyed

        /// The state on the platform, which knows three.
        public var platformState: CryptoKey.State {
            switch self {
            case .active: .active
            case .preActivation, .suspended, .deactivated: .inactive
            case .compromised, .destroyed: .discarded
            }
        }

        /// Whether the key opens messages.
        ///
        /// At most two keys of a file are usable at a time.
        public var isUsable: Bool { platformState != .discarded }
    }

    /// What the peer has said about a key, which its own fleet has done.
    public enum PeerState: String, Sendable, CaseIterable {
        /// Every node of the peer can open messages under the key.
        case holds
        /// No node of the peer begins a message under the key any more.
        case stopped
        /// The peer has erased the key.
        case destroyed
    }

    /// Where the private key of a key is.
    package enum PrivateKey: Sendable {
        /// In the sealed part of the keyring file.
        case sealed(RSAPrivateKey)
        /// In an unencrypted PEM or DER file; the path can be relative to the keyring file.
        case file(String)
        /// In an HSM or a key service, where this URI names it.
        case uri(String)
    }

    /// The kinds of places where a private key can be, for reports.
    package enum PrivateKeyLocation: String, Sendable, CaseIterable {
        /// In the sealed part of the keyring file.
        case sealed
        /// In an unencrypted file of its own.
        case file
        /// In an HSM or a key service, where a URI names it.
        case uri
        /// The file has no private key for the key.
        case none
    }

    /// A key of the file.
    public struct Key: Sendable {
        /// The id.
        public let id: CryptoKeyID
        /// The state.
        public internal(set) var state: State
        /// The time at which the platform issued the key.
        public let issuedAt: Date
        /// The time at which the state changed last.
        public internal(set) var changedAt: Date
        /// The generation of the file in which the state changed last.
        public internal(set) var changedIn: Int
        /// What the peer said last about the key, and when that was recorded; nil if it said nothing yet.
        public internal(set) var peer: (state: PeerState, recordedAt: Date)?
        /// The peer's certificate; nil if the party only receives, or the key is destroyed.
        public internal(set) var certificate: Certificate?
        /// The own private key; nil if the party only sends, or the key is destroyed.
        package internal(set) var privateKey: PrivateKey?

        /// Where the own private key is.
        package var privateKeyLocation: PrivateKeyLocation {
            switch privateKey {
            case .sealed: .sealed
            case .file: .file
            case .uri: .uri
            case nil: .none
            }
        }
    }

    /// The largest number of usable keys: the platform has at most two ids for a project at a time.
    public static let maximumUsableCount = 2
    /// The largest number of keys, destroyed ones included.
    static let maximumCount = 1000

    /// The party that the file belongs to.
    public let role: Role
    /// The number of the file's version, from 1.
    ///
    /// It grows by one with every change.
    public internal(set) var generation: Int
    /// The keys in the order in which they were added.
    public internal(set) var keys: [Key]
    /// The id of the key that encrypts requests; nil on a platform, or before the first key is promoted.
    public internal(set) var primaryID: CryptoKeyID?
    /// The names of the processes that use the file, 1 to 64 letters, digits, `.`, `_` and `-` each.
    public internal(set) var nodes: [String]
    /// The time for which a key must be unused before it can be discarded, in seconds.
    ///
    /// It must be longer than the life of a message: the time in transit, the tolerance of the clocks, and the longest
    /// pause of a process that has not been restarted.
    public internal(set) var soakSeconds: Int

    /// The soak time of a new file: a day, in seconds.
    package static let standardSoakSeconds = 86_400
    /// The accepted soak times, in seconds: up to a year.
    package static let soakRange = 1...31_536_000

    /// Creates the first generation, without keys.
    ///
    /// - Throws: ``KMError`` `keyringFileInvalid` if a node's name is malformed or appears twice, or the soak time is
    ///   outside ``soakRange``.
    package init(role: Role, nodes: [String], soakSeconds: Int = standardSoakSeconds) throws {
        self.init(role: role, generation: 1, keys: [], primaryID: nil, nodes: nodes, soakSeconds: soakSeconds)
        try check()
    }

    init(role: Role, generation: Int, keys: [Key], primaryID: CryptoKeyID?, nodes: [String], soakSeconds: Int) {
        self.role = role
        self.generation = generation
        self.keys = keys
        self.primaryID = primaryID
        self.nodes = nodes
        self.soakSeconds = soakSeconds
    }

    /// The active key that was issued first, which callbacks use; nil if no key is active.
    public var firstIssuedID: CryptoKeyID? {
        keys.filter { $0.state == .active }.min { ($0.issuedAt, $0.id.text) < ($1.issuedAt, $1.id.text) }?.id
    }

    /// Checks what must be true of every file.
    func check() throws {
        guard generation >= 1 else { throw Self.invalid("generation must be 1 or more") }
        guard keys.count <= Self.maximumCount else {
            throw Self.invalid("there are more than \(Self.maximumCount) keys")
        }
        guard Set(keys.map(\.id)).count == keys.count else { throw Self.invalid("a key id appears twice") }
        guard keys.count(where: \.state.isUsable) <= Self.maximumUsableCount else {
            throw Self.invalid("more than \(Self.maximumUsableCount) keys are usable")
        }
        for key in keys {
            guard (1...generation).contains(key.changedIn) else {
                throw Self.invalid("key \(key.id) changed in a generation that does not exist")
            }
            for time in [key.issuedAt, key.changedAt, key.peer?.recordedAt ?? key.changedAt]
            where !(0...253_402_300_799).contains(time.timeIntervalSince1970) {
                throw Self.invalid("the times of key \(key.id) must lie within the years 1970 to 9999")
            }
            if case .uri(let uri) = key.privateKey { try Self.checkURI(uri, of: key.id) }
            let isEmpty = key.certificate == nil && key.privateKey == nil
            guard isEmpty == (key.state == .destroyed) else {
                throw Self.invalid("key \(key.id) must have a certificate or a private key unless it is destroyed")
            }
        }
        if let primaryID {
            let primary = keys.first { $0.id == primaryID }
            guard role == .provider, let primary, primary.state == .active, primary.certificate != nil else {
                throw Self.invalid("the primary key must be active and have a certificate, and a platform has none")
            }
        }
        guard Self.soakRange.contains(soakSeconds) else {
            throw Self.invalid("the soak time must be \(Self.soakRange.lowerBound) s to a year; got \(soakSeconds) s")
        }
        guard nodes.allSatisfy(Self.isNodeName), Set(nodes).count == nodes.count else {
            throw Self.invalid(
                "each node needs a name of its own, of 1 to 64 letters, digits, '.', '_' and '-' after a "
                    + "letter or digit"
            )
        }
    }

    /// The largest accepted size of the URI of a private key, in bytes.
    private static let maximumURIByteCount = 4096

    /// Checks that a URI has a scheme, printable ASCII characters only, and no PIN.
    private static func checkURI(_ uri: String, of id: CryptoKeyID) throws {
        guard uri.utf8.count <= maximumURIByteCount, uri.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            uri.prefixMatch(of: /[a-z][a-z0-9+.-]*:/) != nil
        else { throw invalid("the private key of \(id) must be named by a URI, such as pkcs11:token=…;object=…") }
        // The file is not secret where it names keys.
        guard !uri.contains(/pin-value/) else {
            throw invalid("the URI of the private key of \(id) must not contain a PIN; name its file with pin-source")
        }
    }

    /// Whether a text is 1 to 64 letters, digits, `.`, `_` and `-`, and begins with a letter or digit.
    static func isNodeName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.first?.isAlphanumeric == true
            && name.utf8.allSatisfy { $0.isAlphanumeric || Array("._-".utf8).contains($0) }
    }

    static func invalid(_ detail: String) -> KMError { KMError(.keyringFileInvalid, detail) }

    /// Returns the keyring that a client or server uses.
    ///
    /// - Parameters:
    ///   - source: Finds the private keys that URIs name.
    ///   - load: Returns the private key in a file of its own.
    /// - Returns: The keys with the platform's states.
    /// - Throws: The errors of `load` and `source`; ``KMError`` `privateKeyElsewhere` if there is no source for a URI.
    func keyring(
        from source: (any PrivateKeySource)? = nil,
        _ load: (String) throws -> RSAPrivateKey
    ) throws -> CryptoKeyring {
        let keys = try keys.map { key in
            let privateKey: (any ContentKeyUnwrapper)? =
                switch key.privateKey {
                case .sealed(let key): key
                case .file(let path) where key.state.isUsable: try load(path)
                case .uri(let uri) where key.state.isUsable: try Self.find(uri, of: key.id, in: source)
                default: nil
                }
            let state = key.state.platformState
            guard state != .discarded else { return CryptoKey(discarded: key.id, issuedAt: key.issuedAt) }
            guard let certificate = key.certificate else {
                return try CryptoKey(id: key.id, decryptionKey: privateKey, state: state, issuedAt: key.issuedAt)
            }
            return CryptoKey(
                id: key.id,
                certificate: certificate,
                decryptionKey: privateKey,
                state: state,
                issuedAt: key.issuedAt
            )
        }
        return try CryptoKeyring(keys, primary: primaryID)
    }
}

extension KeyringFile {
    private static func find(
        _ uri: String,
        of id: CryptoKeyID,
        in source: (any PrivateKeySource)?
    ) throws -> any ContentKeyUnwrapper {
        guard let source else {
            throw KMError(
                .privateKeyElsewhere,
                "the private key of \(id) is not in the file, but named by a URI; give a source of private keys, such as "
                    + "PKCS11PrivateKeys of KMPKCS11"
            )
        }
        return try source.privateKey(at: uri)
    }
}

extension KeyringFile: CustomStringConvertible, CustomReflectable {
    /// The role, the generation, and the ids and states.
    public var description: String {
        let items = keys.map { "\($0.id) \($0.state.rawValue)\($0.id == primaryID ? " primary" : "")" }
        return "KeyringFile(\(role.rawValue), generation \(generation): \(items.joined(separator: ", ")))"
    }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KeyringFile.Key: CustomStringConvertible, CustomReflectable {
    /// The id and the state.
    public var description: String { "\(id) \(state.rawValue)" }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KMError.Code {
    /// A keyring file is malformed, or contradicts itself.
    public static let keyringFileInvalid = Self("keyringFileInvalid")
    /// A step of a key rotation is not safe yet.
    public static let rotationBlocked = Self("rotationBlocked")
}
